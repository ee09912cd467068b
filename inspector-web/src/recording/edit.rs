//! Recordings joined, cut and anonymised: cycles of some files into a new one.

use super::{
    FiledSpans, OpenedFile, RecordingError, plain,
    schema::beside,
    writer::{Line, Writer},
};
use crate::{
    export::{Wanted, redact::Redactor},
    otlp::Kept,
    store::{Entry, Store, ToldRun, arrival},
};
use onionskin::spans::{TraceId, trace_of};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};
use tempfile::TempPath;

/// Cycles in one transaction, and taken out of a file at once.
const BATCH: usize = 256;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Cycles that are in the new file.
    pub cycles: u64,
    /// Cycles that were there twice, or could not be read.
    pub left_out: u64,
    /// Spans of other services, at least, that could not be read.
    pub spans_left_out: u64,
    /// What the files that were read say of themselves.
    pub notes: Vec<String>,
}

/// Copies the cycles that match from some files into a new one, in the order in which they ended, with the spans of other
/// services in their traces. With `redact`, e-mail and
/// IP addresses are masked in it. `progress` hears how many are done, of how many.
///
/// The new file appears when it is whole.
///
/// # Errors
/// If a file can't be read or is something else, if no cycle matches, if `to` is there already, or can't be written to: then
/// there is none.
pub fn copy(
    from: &[PathBuf],
    to: &Path,
    wanted: &Wanted,
    redact: bool,
    mut progress: impl FnMut(u64, u64),
) -> Result<Copied, RecordingError> {
    if to.exists() {
        return Err(RecordingError::Exists { file: to.into() });
    }
    let mut copied = Copied::default();
    let mut sources = Vec::new();
    for file in from {
        let opened = OpenedFile::open(file)?;
        copied.notes.extend(
            opened
                .notes()
                .iter()
                .map(|note| format!("{}: {note}", file.display())),
        );
        sources.push(Source::new(opened.store, wanted));
    }
    let all: u64 = sources
        .iter()
        .map(|source| source.positions.len() as u64)
        .sum();
    let unfinished = Unfinished::new(to)?;
    let failed = |error| unfinished.named(error, to);
    let mut writer = Writer::open(&unfinished.0).map_err(failed)?;
    let redactor = redact.then(Redactor::new);
    let mut done = 0;
    loop {
        let batch: Vec<_> = std::iter::from_fn(|| next(&mut sources, redactor.as_ref()))
            .take(BATCH)
            .collect();
        if batch.is_empty() {
            copied.left_out = all - copied.cycles;
            copied.spans_left_out = sources.iter().map(|source| source.damaged_spans).sum();
            if copied.cycles == 0 {
                return Err(RecordingError::Nothing { file: to.into() });
            }
            writer.finish().map_err(failed)?;
            unfinished.put(to)?;
            return Ok(copied);
        }
        let lines = batch
            .iter()
            .map(|Next { entry, run, .. }| Line { entry, run });
        copied.cycles += writer.add(&lines.collect::<Vec<_>>()).map_err(failed)?;
        let traces: Vec<_> = batch.iter().filter_map(|next| next.trace).collect();
        let spans: Vec<_> = batch.iter().flat_map(|next| next.spans.clone()).collect();
        writer.add_spans(&traces, &spans).map_err(failed)?;
        done += batch.len() as u64;
        progress(done, all);
    }
}

/// A file beside the one that it is to become. Unless it does, it goes.
struct Unfinished(TempPath);

impl Unfinished {
    fn new(to: &Path) -> Result<Self, RecordingError> {
        let directory = to.parent().filter(|dir| !dir.as_os_str().is_empty());
        let file = tempfile::Builder::new()
            .prefix(".onionskin-")
            .tempfile_in(directory.unwrap_or(Path::new(".")));
        let file = file.map_err(|source| RecordingError::Make {
            file: to.into(),
            source: plain(source),
        });
        Ok(Self(file?.into_temp_path()))
    }

    /// Gives it its name.
    fn put(self, to: &Path) -> Result<(), RecordingError> {
        let put = self.0.persist_noclobber(to);
        put.map_err(|error| match error.error {
            error if error.kind() == io::ErrorKind::AlreadyExists => {
                RecordingError::Exists { file: to.into() }
            }
            source => RecordingError::Make {
                file: to.into(),
                source,
            },
        })
    }

    /// An error of it, under the name that it was to have.
    fn named(&self, error: RecordingError, to: &Path) -> RecordingError {
        for ending in ["-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(beside(&self.0, ending));
        }
        match error {
            RecordingError::Sqlite {
                operation, source, ..
            } => RecordingError::Sqlite {
                operation,
                file: to.into(),
                source,
            },
            other => other,
        }
    }
}

/// A cycle to be written, and what goes with it.
struct Next {
    entry: Arc<Entry>,
    run: ToldRun,
    /// Where its file has spans of other services: its trace.
    trace: Option<TraceId>,
    spans: Vec<Arc<Kept>>,
}

/// The cycle that ended first, of those that come next in each file.
fn next(sources: &mut [Source], redactor: Option<&Redactor>) -> Option<Next> {
    let ended = |source: &mut Source| {
        let line = &source.peek()?.summary;
        Some(line.started_unix_us.saturating_add(line.duration_ns / 1000))
    };
    let times: Vec<_> = sources.iter_mut().map(ended).collect();
    let first = (0..times.len())
        .filter(|i| times[*i].is_some())
        .min_by_key(|i| times[*i])?;
    let source = &mut sources[first];
    let entry = source.ahead.pop_front()?;
    let run = source.run(&entry, redactor)?;
    let is_asked = redactor.is_some() || source.has_spans;
    let cycle = is_asked.then(|| entry.record.decode(&run.tables)).flatten();
    let trace = cycle.as_ref().filter(|_| source.has_spans);
    let trace = trace.map(|cycle| trace_of(cycle).0);
    let mut spans = trace.map_or_else(Vec::new, |trace| source.new_spans(trace));
    if let Some(redactor) = redactor {
        let masked = spans.iter().filter_map(|kept| redactor.span(kept));
        spans = masked.map(Arc::new).collect();
    }
    let entry = match (redactor, cycle) {
        (Some(redactor), Some(cycle)) => Arc::new(Entry::alone(arrival(redactor.cycle(&cycle)))),
        // As it is; or it can't be read, and the writer leaves it out.
        _ => entry,
    };
    Some(Next {
        entry,
        run,
        trace,
        spans,
    })
}

/// A file that is read from.
struct Source {
    store: Store,
    has_spans: bool,
    /// Traces whose spans are copied.
    traces: HashSet<TraceId>,
    damaged_spans: u64,
    positions: VecDeque<u64>,
    ahead: VecDeque<Arc<Entry>>,
    runs: HashMap<String, ToldRun>,
}

impl Source {
    fn new(store: Store, wanted: &Wanted) -> Self {
        Self {
            positions: store.positions(wanted, &AtomicBool::new(false)).into(),
            has_spans: store.has_filed_spans(),
            traces: HashSet::new(),
            damaged_spans: 0,
            store,
            ahead: VecDeque::new(),
            runs: HashMap::new(),
        }
    }

    fn peek(&mut self) -> Option<&Entry> {
        if self.ahead.is_empty() {
            let next: Vec<u64> = self
                .positions
                .drain(..self.positions.len().min(BATCH))
                .collect();
            let entries = self.store.entries(&next);
            self.ahead = entries.into_iter().map(|(_, entry)| entry).collect();
        }
        self.ahead.front().map(|entry| &**entry)
    }

    /// The spans of a trace, the first time.
    fn new_spans(&mut self, trace: TraceId) -> Vec<Arc<Kept>> {
        match self.traces.insert(trace) {
            true => {
                let FiledSpans { spans, damaged } = self.store.filed_spans(trace);
                self.damaged_spans += damaged;
                spans
            }
            false => Vec::new(),
        }
    }

    fn run(&mut self, entry: &Entry, redactor: Option<&Redactor>) -> Option<ToldRun> {
        let id = &entry.summary.run;
        if let Some(run) = self.runs.get(id) {
            return Some(run.clone());
        }
        let mut run = self.store.told(id)?;
        if let Some(masked) = redactor.and_then(|r| r.bytes(run.hello.command.as_bytes())) {
            run.hello.command = String::from_utf8_lossy(&masked).into_owned();
        }
        self.runs.insert(id.clone(), run.clone());
        Some(run)
    }
}
