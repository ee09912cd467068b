//! What a link tells the store.

use super::{
    Arrival, Entry, Store,
    runs::{RunKey, TableBytes},
};
use onionskin::{
    codec::Tables,
    link::protocol::{AppCounters, Hello},
};
use std::sync::Arc;

/// A link that speaks for a run, until another link does or it ends. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Session {
    store: Store,
    run: RunKey,
    link: u64,
    /// Number of the cycle that is wanted next.
    pub(crate) next: u64,
    /// What earlier links of the run told of its sites.
    pub(crate) tables: Arc<Tables>,
    /// What that takes.
    pub(crate) table_bytes: TableBytes,
}

/// What came over a link, in order.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// The tables, if they changed.
    pub(crate) tables: Option<(Arc<Tables>, TableBytes)>,
    /// Whether the map of the app is new.
    pub(crate) stack: bool,
    /// The rest.
    pub(crate) items: Vec<Item>,
}

/// One thing that came over a link.
#[derive(Debug)]
pub(crate) enum Item {
    /// The next cycle.
    Cycle(Box<Arrival>),
    /// The next cycle came, but can't be kept, for this reason.
    Lost(&'static str),
    /// Cycles before this number were lost on the way.
    Resume(u64),
    /// The app's own figures.
    Counters(AppCounters),
}

impl Store {
    /// Lets a new link speak for the run that its hello names.
    ///
    /// # Errors
    /// If the run belongs to another app.
    pub(crate) fn connect(&self, hello: &Hello) -> Result<Session, String> {
        let mut state = self.lock();
        let runs = &mut state.runs;
        let key = runs.enter(hello);
        let run = runs.get_mut(key);
        if run.hello.app != hello.app {
            return Err(format!(
                "the app run {} belongs to the app {:?}; draw another run at start",
                hello.run, run.hello.app
            ));
        }
        // The newest link wins: an app reconnects because it knows that the one before is dead.
        let link = run.link_number();
        run.link = Some(link);
        let session = Session {
            store: self.clone(),
            run: key,
            link,
            next: run.next,
            tables: run.tables.clone(),
            table_bytes: run.table_bytes,
        };
        runs.touch(key);
        drop(state);
        self.0.changed.send_replace(());
        Ok(session)
    }
}

impl Session {
    /// Hands over what came; false if another link speaks for the run by now.
    #[must_use]
    pub(crate) fn commit(&self, intake: Intake) -> bool {
        let mut state = self.store.lock();
        if state.runs.linked(self.run, self.link).is_none() {
            return false;
        }
        if let Some((tables, bytes)) = intake.tables {
            state.runs.set_tables(self.run, tables, bytes);
        }
        if intake.stack {
            state.runs.touch(self.run);
        }
        for item in intake.items {
            let cap = state.log.cap();
            let run = state.runs.get_mut(self.run);
            match item {
                Item::Cycle(arrival) => {
                    let entry = Entry {
                        run: self.run,
                        summary: arrival.summary,
                        places: arrival.places,
                        record: arrival.record,
                    };
                    if entry.cost_alone() > cap {
                        run.lose("too_large", 1);
                        continue;
                    }
                    run.next += 1;
                    run.stored += 1;
                    state.log.push(entry);
                    state.make_room();
                }
                Item::Lost(reason) => run.lose(reason, 1),
                Item::Resume(next) => {
                    let unsent = next.saturating_sub(run.next);
                    if unsent > 0 {
                        run.lose("unsent", unsent);
                    }
                }
                Item::Counters(counters) => run.app = counters,
            }
        }
        drop(state);
        self.store.0.changed.send_replace(());
        true
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut state = self.store.lock();
        if let Some(run) = state.runs.linked(self.run, self.link) {
            run.link = None;
            state.runs.touch(self.run);
        }
        drop(state);
        self.store.0.changed.send_replace(());
    }
}
