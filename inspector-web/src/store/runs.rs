//! App runs: who they are, where their links stand, what became of their cycles.

use crate::model::{App, Run};
use onionskin::{
    codec::Tables,
    link::protocol::{AppCounters, Hello},
    wire::Counters,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Runs that are remembered though they are gone and none of their cycles is kept.
const EMPTY_RUNS_KEPT: usize = 256;

/// A run in this store, in order of first arrival.
pub(super) type RunKey = u64;

/// Bytes of JSON in which the tables of a run came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TableBytes {
    /// Its sites, and its names of types.
    pub(crate) names: u64,
    /// Its map.
    pub(crate) stack: u64,
}

impl TableBytes {
    pub(crate) fn total(self) -> u64 {
        self.names + self.stack
    }
}

/// One app run.
#[derive(Debug)]
pub(super) struct RunState {
    pub(super) hello: Hello,
    /// Which run of its app, from 1.
    pub(super) ordinal: u32,
    /// The link that speaks for it; none when it is down.
    pub(super) link: Option<u64>,
    /// How many links it has had.
    links: u64,
    /// Number of the cycle that comes next over the link: all before it are stored, evicted or lost here.
    pub(super) next: u64,
    /// Its own figures, as it said last.
    pub(super) app: AppCounters,
    pub(super) stored: u64,
    pub(super) evicted: u64,
    /// Lost on the way or here, by reason.
    pub(super) lost: BTreeMap<&'static str, u64>,
    pub(super) tables: Arc<Tables>,
    pub(super) table_bytes: TableBytes,
    /// When it last came, went or sent its map, on the clock of [`Runs::version`].
    pub(super) changed: u64,
}

impl RunState {
    /// What became of its cycles: `seen = open + stored + evicted + dropped + filtered`, always.
    ///
    /// The app's figures and its cycles come one after the other. Cycles that it counted and that are not here yet are on
    /// their way, so they are open; cycles that are here before it counted them are not open any more.
    pub(super) fn counters(&self) -> Counters {
        let on_their_way = self.app.recorded.saturating_sub(self.next);
        let ahead = self.next.saturating_sub(self.app.recorded);
        let open = self.app.open.saturating_sub(ahead) + on_their_way;
        let mut counters = Counters {
            seen: 0,
            open,
            stored: self.stored,
            evicted: self.evicted,
            dropped: self.app.dropped.clone(),
            filtered: self.app.filtered,
        };
        for (reason, n) in &self.lost {
            *counters.dropped.entry((*reason).into()).or_default() += n;
        }
        if self.link.is_none() && open > 0 {
            counters.open = 0;
            *counters.dropped.entry("app_gone".into()).or_default() += open;
        }
        counters.seen = counters.open
            + counters.stored
            + counters.evicted
            + counters.dropped_total()
            + counters.filtered;
        counters
    }

    /// A number for its next link.
    pub(super) fn link_number(&mut self) -> u64 {
        self.links += 1;
        self.links
    }

    /// Counts cycles that came next and are not here.
    pub(super) fn lose(&mut self, reason: &'static str, n: u64) {
        self.next += n;
        *self.lost.entry(reason).or_default() += n;
    }

    fn to_model(&self) -> Run {
        Run {
            run: self.hello.run.clone(),
            ordinal: self.ordinal,
            pid: self.hello.pid,
            command: self.hello.command.clone(),
            cwd: self.hello.cwd.clone(),
            started_unix_us: self.hello.started_unix_us,
            connected: self.link.is_some(),
            counters: self.counters(),
            has_stack: self.tables.stack.is_some(),
        }
    }
}

/// All runs.
#[derive(Debug, Default)]
pub(super) struct Runs {
    by_key: BTreeMap<RunKey, RunState>,
    by_id: HashMap<String, RunKey>,
    ordinals: HashMap<String, u32>,
    next_key: RunKey,
    /// Figures of the runs that were forgotten.
    forgotten: Counters,
    table_bytes: u64,
    /// Counts the changes that live clients are told of.
    version: u64,
}

impl Runs {
    /// The run of a hello, made if it is new.
    pub(super) fn enter(&mut self, hello: &Hello) -> RunKey {
        if let Some(key) = self.by_id.get(&hello.run) {
            return *key;
        }
        self.forget_empty();
        let ordinal = self.ordinals.get(&hello.app).map_or(1, |last| last + 1);
        let key = self.next_key;
        self.enter_as(key, hello, ordinal);
        key
    }

    /// The run of a hello, with its key and its number among the runs of its app.
    pub(super) fn enter_as(&mut self, key: RunKey, hello: &Hello, ordinal: u32) {
        self.next_key = self.next_key.max(key.saturating_add(1));
        self.ordinals.insert(hello.app.clone(), ordinal);
        let tables = Tables {
            app: hello.app.clone(),
            run: hello.run.clone(),
            ..Tables::default()
        };
        let run = RunState {
            hello: hello.clone(),
            ordinal,
            link: None,
            links: 0,
            next: 0,
            app: AppCounters::default(),
            stored: 0,
            evicted: 0,
            lost: BTreeMap::new(),
            tables: Arc::new(tables),
            table_bytes: TableBytes::default(),
            changed: 0,
        };
        self.by_key.insert(key, run);
        self.by_id.insert(hello.run.clone(), key);
    }

    /// Forgets the oldest runs that are gone and have nothing left here; their figures stay in the sum.
    fn forget_empty(&mut self) {
        let empty = |run: &RunState| run.link.is_none() && run.stored == 0;
        let count = self.by_key.values().filter(|run| empty(run)).count();
        let excess = count.saturating_sub(EMPTY_RUNS_KEPT - 1);
        let runs = self.by_key.iter().filter(|(_, run)| empty(run));
        let keys: Vec<RunKey> = runs.map(|(key, _)| *key).take(excess).collect();
        for key in keys {
            if let Some(run) = self.by_key.remove(&key) {
                self.forgotten.add(&run.counters());
                self.table_bytes -= run.table_bytes.total();
                self.by_id.remove(&run.hello.run);
            }
        }
        // An app whose runs are all gone starts anew at 1, so that names can't pile up.
        let runs = &self.by_key;
        self.ordinals
            .retain(|app, _| runs.values().any(|run| run.hello.app == *app));
    }

    /// A run that has a link or a stored cycle: such runs are never forgotten.
    pub(super) fn get_mut(&mut self, key: RunKey) -> &mut RunState {
        self.by_key
            .get_mut(&key)
            .expect("a run with a link or a cycle is kept")
    }

    /// The run, if this link still speaks for it.
    pub(super) fn linked(&mut self, key: RunKey, link: u64) -> Option<&mut RunState> {
        let run = self.by_key.get_mut(&key)?;
        (run.link == Some(link)).then_some(run)
    }

    pub(super) fn get(&self, key: RunKey) -> Option<&RunState> {
        self.by_key.get(&key)
    }

    /// Runs by id: which of its app it is, and whether it is the app's newest.
    pub(super) fn newest_of_apps(&self) -> HashMap<String, (u32, bool)> {
        let mut newest: HashMap<&str, u32> = HashMap::new();
        for run in self.by_key.values() {
            let ordinal = newest.entry(&run.hello.app).or_default();
            *ordinal = run.ordinal.max(*ordinal);
        }
        let runs = self.by_key.values().map(|run| {
            let is_newest = newest[&*run.hello.app] == run.ordinal;
            (run.hello.run.clone(), (run.ordinal, is_newest))
        });
        runs.collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<(RunKey, &RunState)> {
        let key = *self.by_id.get(id)?;
        Some((key, self.by_key.get(&key)?))
    }

    /// Notes that a run came, went or sent its map.
    pub(super) fn touch(&mut self, key: RunKey) {
        self.version += 1;
        let version = self.version;
        self.get_mut(key).changed = version;
    }

    pub(super) fn set_tables(&mut self, key: RunKey, tables: Arc<Tables>, bytes: TableBytes) {
        let run = self.get_mut(key);
        let before = run.table_bytes;
        run.tables = tables;
        run.table_bytes = bytes;
        self.table_bytes = self.table_bytes - before.total() + bytes.total();
    }

    pub(super) fn table_bytes(&self) -> u64 {
        self.table_bytes
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn connected(&self) -> usize {
        self.by_key.values().filter(|r| r.link.is_some()).count()
    }

    pub(super) fn counters(&self) -> Counters {
        let mut sum = self.forgotten.clone();
        for run in self.by_key.values() {
            sum.add(&run.counters());
        }
        sum
    }

    /// The runs that changed after `version`, oldest change first.
    pub(super) fn changed_since(&self, version: u64) -> Vec<Run> {
        let mut runs: Vec<_> = self.by_key.values().collect();
        runs.retain(|run| run.changed > version);
        runs.sort_by_key(|run| run.changed);
        runs.into_iter().map(RunState::to_model).collect()
    }

    /// Apps by name, each with its runs, oldest first.
    pub(super) fn apps(&self) -> Vec<App> {
        let mut apps: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
        for run in self.by_key.values() {
            apps.entry(&run.hello.app).or_default().push(run.to_model());
        }
        let app = |(name, runs): (&str, _)| App {
            name: name.into(),
            runs,
        };
        apps.into_iter().map(app).collect()
    }
}
