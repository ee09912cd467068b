//! Cycles of all app runs, in memory, bounded in bytes.
//!
//! A cycle is kept as it came, compact or JSON, with the line that lists show, and is decoded when somebody asks for it.
//! The oldest make room for the newest. Every cycle that an app saw begin is in exactly one of the [`Counters`], at any
//! time.
//!
//! One mutex guards it all; it is held for a batch of a link, for one question or for a slice of the log, never over an
//! await and never while something is decoded or a filter is asked.

mod bodies;
mod feed;
mod file;
mod log;
mod matches;
mod places;
mod query;
mod runs;
mod session;

pub(crate) use feed::{Cursor, Since};
pub(crate) use file::{ToldRun, arrival};
pub use log::Record;
pub(crate) use log::{Arrival, Entry, Kept};
pub(crate) use matches::Matches;
pub(crate) use places::{Passed, Places};
pub(crate) use query::{Question, decode};
pub(crate) use runs::TableBytes;
pub(crate) use session::{Intake, Item, Session};

use crate::model::Memory;
use log::Log;
use matches::Filters;
use onionskin::wire::Counters;
use runs::Runs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Cycles of all app runs. Clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Locked on its own, and never together with `state`.
    filters: Mutex<Filters>,
    /// Told of every change; live clients wait for it.
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    log: Log,
    runs: Runs,
    refused_links: u64,
}

impl Store {
    /// An empty store that holds up to `cap` bytes.
    pub fn new(cap: u64) -> Self {
        Self::of(Log::new(cap), Runs::default())
    }

    /// What became of the cycles of all app runs.
    pub fn counters(&self) -> Counters {
        self.lock().runs.counters()
    }

    /// The use of memory.
    pub fn memory(&self) -> Memory {
        self.lock().memory()
    }

    /// Links that were closed because the peer spoke no language of ours.
    pub fn refused_links(&self) -> u64 {
        self.lock().refused_links
    }

    /// What tells everybody who waits for a change that there is one.
    pub(crate) fn bell(&self) -> watch::Sender<()> {
        self.0.changed.clone()
    }

    /// Counts a link that was closed.
    pub(crate) fn count_refused_link(&self) {
        self.lock().refused_links += 1;
        self.0.changed.send_replace(());
    }

    /// Nothing in here leaves the state half done, so that a panic elsewhere while it was locked is none of ours.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn memory(&self) -> Memory {
        Memory {
            bytes: self.log.bytes() + self.runs.table_bytes(),
            cap: self.log.cap(),
        }
    }

    /// Lets the oldest cycles go until all is within the budget.
    fn make_room(&mut self) {
        while self.log.bytes() + self.runs.table_bytes() > self.log.cap() {
            let Some(gone) = self.log.evict() else { break };
            let run = self.runs.get_mut(gone.run);
            run.stored -= 1;
            run.evicted += 1;
        }
    }
}

#[cfg(test)]
mod tests;
