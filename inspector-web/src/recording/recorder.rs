//! The thread that follows a store into a file.
//!
//! It is a cursor into the store, as a live client is, and no queue: however slow the disk, nothing waits for it. What the
//! store had no room for any more when its turn came is counted, here and in the file.

use super::{
    RecordingError,
    beside::Beside,
    writer::{Line, Writer},
};
use crate::{model::Recording, otlp::Spans, store::Store};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Cycles in one transaction.
const BATCH: u64 = 512;

/// A busy app's cycles are gathered for so long.
const GATHER: Duration = Duration::from_millis(100);

/// The file is looked after this often at least: whether it is there still, whether something is too old.
const LOOK: Duration = Duration::from_secs(1);

/// What is kept in a file. Without bounds: all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Bytes; the oldest cycles make room.
    pub bytes: Option<u64>,
    /// Cycles that began longer ago than this go.
    pub age: Option<Duration>,
}

/// A recording that runs, or has stopped. Dropping it ends it.
#[must_use = "dropping it ends the recording"]
#[derive(Debug)]
pub struct Recorder {
    said: Arc<Mutex<Recording>>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Starts to record what a store gets from now on, and what it has already if `history` is set, into a file: a new one,
    /// or a recording that it adds to. Call it where waiting for the disk is allowed.
    ///
    /// # Errors
    /// If the file can't be written to or is something else.
    pub fn start(
        store: &Store,
        file: &Path,
        keep: Retention,
        history: bool,
    ) -> Result<Self, RecordingError> {
        Self::start_with(store, None, file, keep, history)
    }

    /// The same, with the spans of other services that are received.
    pub(crate) fn start_with(
        store: &Store,
        spans: Option<Spans>,
        file: &Path,
        keep: Retention,
        history: bool,
    ) -> Result<Self, RecordingError> {
        let writer = Writer::open(file)?;
        let said = Arc::new(Mutex::new(Recording {
            file: std::path::absolute(file)
                .unwrap_or_else(|_| file.into())
                .display()
                .to_string(),
            running: true,
            cycles: 0,
            missed: 0,
            expired: 0,
            bytes: writer.used()?,
            stopped_because: None,
        }));
        let (stop, stopped) = watch::channel(false);
        let work = Work {
            after: if history { 0 } else { store.newest_position() },
            store: store.clone(),
            beside: spans.map(Beside::new),
            writer,
            keep,
            said: said.clone(),
            file: file.into(),
        };
        let thread = std::thread::Builder::new().name("onionskin-record".into());
        let thread = thread
            .spawn(move || work.run(stopped))
            .map_err(RecordingError::Thread)?;
        Ok(Self {
            said,
            stop,
            thread: Some(thread),
        })
    }

    /// How it stands.
    pub fn status(&self) -> Recording {
        lock(&self.said).clone()
    }

    /// Writes what has come until now, ends, and says how it stood. It waits for the disk.
    pub fn stop(mut self) -> Recording {
        self.end();
        self.status()
    }

    /// Writes what has come until now and ends; [`Recorder::status`] says how it stands then.
    pub(crate) fn end(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed, and it is over either way.
            let _ = thread.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

fn lock(said: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Work {
    store: Store,
    beside: Option<Beside>,
    writer: Writer,
    keep: Retention,
    said: Arc<Mutex<Recording>>,
    file: PathBuf,
    /// Position of the last cycle that was written.
    after: u64,
}

impl Work {
    fn run(mut self, stop: watch::Receiver<bool>) {
        let ended = self.follow(stop);
        let mut said = lock(&self.said);
        said.running = false;
        if let Err(error) = ended {
            let why = error.to_string();
            // Once: capture goes on, and whoever looks finds it in the status too.
            eprintln!(
                "onionskin: recording into {} stopped: {why}",
                self.file.display()
            );
            said.stopped_because = Some(why);
        }
    }

    /// Follows the store until it is told to stop, and then to what the store has at that moment.
    fn follow(&mut self, mut stop: watch::Receiver<bool>) -> Result<(), RecordingError> {
        // Without one a thread can't wait for two things.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.map_err(RecordingError::Thread)?;
        let mut changed = self.store.watch();
        loop {
            let last = *stop.borrow();
            changed.mark_unchanged();
            while self.batch()? {}
            self.late_spans()?;
            self.look_after()?;
            if last {
                return Ok(());
            }
            runtime.block_on(async {
                tokio::select! {
                    _ = tokio::time::timeout(LOOK, changed.changed()) => {}
                    _ = stop.changed() => return,
                }
                tokio::select! {
                    () = tokio::time::sleep(GATHER) => {}
                    _ = stop.changed() => {}
                }
            });
        }
    }

    /// Writes the next cycles; whether there may be more.
    fn batch(&mut self) -> Result<bool, RecordingError> {
        let next = self.store.to_record(self.after, BATCH);
        if next.missed > 0 {
            self.writer.missed(next.missed)?;
            lock(&self.said).missed += next.missed;
            self.after += next.missed;
        }
        let lines = next.entries.iter().filter_map(|(_, entry)| {
            let run = next.runs.get(&entry.run)?;
            Some(Line { entry, run })
        });
        let lines: Vec<_> = lines.collect();
        let Some((last, _)) = next.entries.last() else {
            return Ok(false);
        };
        let added = self.writer.add(&lines)?;
        if let Some(beside) = &mut self.beside {
            let (traces, spans) = beside.of(&lines);
            self.writer.add_spans(&traces, &spans)?;
        }
        self.after = *last;
        lock(&self.said).cycles += added;
        Ok(next.entries.len() as u64 == BATCH)
    }

    /// Writes what came of other services after the cycle that it belongs to.
    fn late_spans(&mut self) -> Result<(), RecordingError> {
        match &mut self.beside {
            Some(beside) => self.writer.add_spans(&[], &beside.news()),
            None => Ok(()),
        }
    }

    fn look_after(&mut self) -> Result<(), RecordingError> {
        self.writer.is_there()?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let expired = self.writer.retain(&self.keep, now.as_micros() as u64)?;
        let bytes = self.writer.used()?;
        let mut said = lock(&self.said);
        said.expired += expired;
        said.bytes = bytes;
        Ok(())
    }
}
