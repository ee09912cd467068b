//! A store of what a file holds, and what of a store goes into one.

use super::{
    Arrival, Entry, Intake, Item, Places, Record, State, Store,
    log::{File, Log},
    matches::Filters,
    runs::{RunKey, RunState, Runs, TableBytes},
};
use crate::recording::{Reader, RecordingError};
use onionskin::{
    codec::Tables,
    link::protocol::{Format, Hello, Message},
    wire::{Cycle, WIRE_VERSION},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

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
        let reader = Arc::new(reader);
        let (first, newest) = reader.bounds()?;
        let mut runs = Runs::default();
        for filed in reader.runs()? {
            runs.enter_as(filed.id, &filed.told.hello, filed.told.ordinal);
            runs.set_tables(filed.id, filed.told.tables, TableBytes::default());
            let run = runs.get_mut(filed.id);
            run.stored = filed.stored;
            run.evicted = filed.expired;
        }
        let log = Log::File(File {
            reader,
            first,
            newest,
        });
        Ok(Self::of(log, runs))
    }

    /// Cycles that were read from elsewhere, in their order.
    pub(crate) fn of_cycles(cycles: Vec<Cycle>, command: &str) -> Self {
        let store = Self::new(u64::MAX);
        for same_run in cycles.chunk_by(|a, b| a.run == b.run) {
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
            // A run that says it is of two apps is a file that somebody made up: the rest of it is left out.
            let Ok(session) = store.connect(&hello) else {
                break;
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

    /// Position of the newest cycle that ever came.
    pub(crate) fn newest_position(&self) -> u64 {
        self.lock().log.newest()
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
        record: Record::Json(json.into()),
    }
}
