//! A store of what a file holds, and what of a store goes into one.

use super::{
    Arrival, Entry, Intake, Item, Places, Record, State, Store,
    log::{File, Kept, Log},
    matches::Filters,
    runs::{RunKey, RunState, Runs, TableBytes},
};
use crate::recording::{Contents, FiledRun, FiledSpans, Reader, RecordingError};
use onionskin::{
    codec::Tables,
    link::protocol::{Format, Hello, Message},
    spans::TraceId,
    text,
    wire::{Cycle, WIRE_VERSION},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};
use tokio::sync::watch;

/// How often a file that is still recorded is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// A run, as a recording keeps it.
#[derive(Clone, Debug)]
pub(crate) struct ToldRun {
    pub(crate) hello: Hello,
    pub(crate) ordinal: u32,
    pub(crate) tables: Arc<Tables>,
}

/// Cycles that a recorder has not seen yet.
#[derive(Debug)]
pub(crate) struct ToRecord {
    /// Cycles before these that are gone.
    pub(crate) missed: u64,
    /// With their positions, oldest first.
    pub(crate) entries: Vec<(u64, Arc<Entry>)>,
    pub(crate) runs: HashMap<RunKey, ToldRun>,
}

impl Store {
    /// The cycles of a recording. They stay in the file until they are asked for.
    pub(crate) fn of_file(reader: Reader) -> Result<Self, RecordingError> {
        let contents = reader.contents()?;
        let is_recorded = reader.is_recorded();
        let reader = Arc::new(reader);
        let log = Log::File(File {
            reader: reader.clone(),
            first: 1,
            newest: 0,
        });
        let store = Self::of(log, Runs::default());
        store.lock().take_in(contents);
        if is_recorded {
            let followed = Arc::downgrade(&store.0);
            std::thread::Builder::new()
                .name("onionskin-follow".into())
                .spawn(move || follow(&reader, &followed))
                .map_err(RecordingError::Thread)?;
        }
        Ok(store)
    }

    /// Cycles that were read from elsewhere, in their order; what is left out is told in `notes`.
    pub(crate) fn of_cycles(
        mut cycles: Vec<Cycle>,
        command: &str,
        notes: &mut Vec<String>,
    ) -> Self {
        let store = Self::new(u64::MAX);
        let (all, mut ids) = (cycles.len(), HashSet::new());
        cycles.retain(|cycle| ids.insert(cycle.id.clone()));
        let repeated = all - cycles.len();
        let mut of_two_apps = 0;
        for same_run in cycles.chunk_by(|a, b| a.run == b.run && a.app == b.app) {
            let hello = Hello {
                onionskin: "link".into(),
                wire: WIRE_VERSION,
                format: Format::Json,
                app: same_run[0].app.clone(),
                run: same_run[0].run.clone(),
                pid: 0,
                started_unix_us: same_run[0].started_unix_us,
                command: command.into(),
                cwd: None,
            };
            let Ok(session) = store.connect(&hello) else {
                of_two_apps += same_run.len();
                continue;
            };
            let mut tables = (*session.tables).clone();
            for site in same_run.iter().flat_map(|cycle| &cycle.sites) {
                tables.sites.entry(site.id).or_insert_with(|| site.clone());
            }
            let items = same_run
                .iter()
                .map(|cycle| Item::Cycle(Box::new(arrival(cycle.clone()))));
            let kept = session.commit(Intake {
                tables: Some((Arc::new(tables), TableBytes::default())),
                items: items.collect(),
                ..Intake::default()
            });
            debug_assert!(kept, "no other link speaks for the run");
        }
        let whys = [
            (repeated, "one with the same id comes before"),
            (of_two_apps, "the same run of another app comes before"),
        ];
        notes.extend(
            whys.iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, why)| {
                    format!("{} left out: {why}", text::counted(*count as u64, "cycle"))
                }),
        );
        store
    }

    pub(super) fn of(log: Log, runs: Runs) -> Self {
        Self(Arc::new(super::Shared {
            state: Mutex::new(State {
                log,
                runs,
                refused_links: 0,
            }),
            filters: Mutex::new(Filters::default()),
            changed: watch::Sender::new(()),
        }))
    }

    /// Up to `count` cycles behind the position `after`.
    pub(crate) fn to_record(&self, after: u64, count: u64) -> ToRecord {
        let state = self.lock();
        let from = (after + 1).max(state.log.first());
        let entries = state.log.range(from, from.saturating_add(count));
        let mut runs = HashMap::new();
        for (_, entry) in &entries {
            if let Some(run) = state.runs.get(entry.run) {
                runs.entry(entry.run).or_insert_with(|| told(run));
            }
        }
        ToRecord {
            missed: from - (after + 1),
            entries,
            runs,
        }
    }

    /// A run, as a recording keeps it.
    pub(crate) fn told(&self, run: &str) -> Option<ToldRun> {
        let state = self.lock();
        let (_, run) = state.runs.find(run)?;
        Some(told(run))
    }

    /// The spans of a trace that came from other services, where they are in a recording.
    pub(crate) fn filed_spans(&self, trace: TraceId) -> FiledSpans {
        let reader = self.reader();
        reader.map_or_else(FiledSpans::default, |reader| reader.spans(trace))
    }

    /// Whether it is a recording that has spans of other services.
    pub(crate) fn has_filed_spans(&self) -> bool {
        self.reader().is_some_and(|reader| reader.newest_span() > 0)
    }

    fn reader(&self) -> Option<Arc<Reader>> {
        match &self.lock().log {
            Log::File(file) => Some(file.reader.clone()),
            Log::Memory(_) => None,
        }
    }

    /// Position of the newest cycle that ever came.
    pub(crate) fn newest_position(&self) -> u64 {
        self.lock().log.newest()
    }

    /// Position of the oldest cycle that is kept, or of the next one to come.
    pub(crate) fn first_position(&self) -> u64 {
        self.lock().log.first()
    }
}

impl State {
    /// What the file of this log holds now.
    fn take_in(&mut self, contents: Contents) {
        for filed in contents.runs {
            if self.runs.get(filed.id).is_none() {
                let FiledRun { id, told, .. } = &filed;
                self.runs.enter_as(*id, &told.hello, told.ordinal);
            }
            self.runs
                .set_tables(filed.id, filed.told.tables, TableBytes::default());
            let run = self.runs.get_mut(filed.id);
            run.stored = filed.stored;
            run.evicted = filed.expired;
            self.runs.touch(filed.id);
        }
        if let Log::File(file) = &mut self.log {
            (file.first, file.newest) = (contents.first, contents.newest);
        }
    }
}

/// Takes in what a recorder writes, until it ends or nobody has the store any more.
fn follow(reader: &Reader, store: &Weak<super::Shared>) {
    let mut had = None;
    loop {
        std::thread::sleep(LOOK);
        let Some(store) = store.upgrade().map(Store) else {
            return;
        };
        // Asked first: what it wrote before its end is read below.
        let goes_on = reader.is_recorded();
        let bounds = reader.bounds();
        let now = bounds.and_then(|bounds| {
            let has = (bounds, reader.newest_span());
            if had.replace(has) != Some(has) {
                let contents = reader.contents()?;
                store.lock().take_in(contents);
                store.0.changed.send_replace(());
            }
            Ok(goes_on)
        });
        match now {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                eprintln!("onionskin: what is recorded from now on is not shown: {error}");
                return;
            }
        }
    }
}

fn told(run: &RunState) -> ToldRun {
    ToldRun {
        hello: run.hello.clone(),
        ordinal: run.ordinal,
        tables: run.tables.clone(),
    }
}

/// A cycle as if it had come over a link as JSON.
pub(crate) fn arrival(cycle: Cycle) -> Arrival {
    let (summary, places) = (cycle.summary(), Places::of(&cycle));
    let message = Message::Cycle {
        cycle: Box::new(cycle),
    };
    let json = serde_json::to_vec(&message).expect("the model has only string keys");
    Arrival {
        summary,
        places,
        record: Kept::Here(Record::Json(json.into())),
    }
}
