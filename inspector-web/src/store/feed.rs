//! What a live client has not seen yet.
//!
//! Nothing is queued for a client: it asks with a cursor whenever the store has changed. However slow it is, it costs
//! nothing here.

use super::Store;
use crate::model::{Memory, Run};
use onionskin::wire::{Counters, CycleSummary};
use std::sync::Arc;
use tokio::sync::watch;

/// Most cycles in one answer.
const BATCH: u64 = 256;

/// An answer ends behind the cycle with which its texts get longer than this.
const BATCH_BYTES: usize = 256 << 10;

/// A client's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Position of the newest cycle that it has.
    pub(crate) after: u64,
    /// Version of the runs that it has.
    pub(crate) runs: u64,
}

/// What is new to a client.
#[derive(Debug)]
pub(crate) struct Since {
    /// Cycles that it can't have any more, or that it is too far behind to get.
    pub(crate) missed: u64,
    /// Cycles by position, oldest first.
    pub(crate) cycles: Vec<(u64, Arc<CycleSummary>)>,
    /// Whether there are more.
    pub(crate) more: bool,
    /// Runs that came, went or sent their map.
    pub(crate) runs: Vec<Run>,
    /// What became of all cycles.
    pub(crate) counters: Counters,
    /// The use of memory.
    pub(crate) memory: Memory,
}

impl Store {
    /// Where a client starts that has the cycles up to `last`, or that wants only what comes from now on.
    pub(crate) fn cursor(&self, last: Option<u64>) -> Cursor {
        let newest = self.lock().log.newest();
        let after = match last {
            // A position that was never given out is of another inspector, before this one: all here is new to it.
            Some(last) if last > newest => 0,
            Some(last) => last,
            None => newest,
        };
        Cursor { after, runs: 0 }
    }

    /// Wakes on every change from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// What is new since `cursor`, which goes on to behind it. A client further behind than `backlog` skips to the
    /// newest few.
    pub(crate) fn since(&self, cursor: &mut Cursor, backlog: u64) -> Since {
        let state = self.lock();
        let newest = state.log.newest();
        let mut from = (cursor.after + 1).max(state.log.first());
        if newest + 1 - from > backlog {
            from = newest + 1 - BATCH.min(backlog);
        }
        let missed = from - (cursor.after + 1);
        let mut to = from;
        let mut bytes = 0;
        let mut cycles = Vec::new();
        for (position, entry) in state.log.range(from, from + BATCH) {
            cycles.push((position, entry.summary.clone()));
            to = position + 1;
            bytes += entry.summary.target.len();
            if bytes > BATCH_BYTES {
                break;
            }
        }
        let since = Since {
            missed,
            cycles,
            more: to <= newest,
            runs: state.runs.changed_since(cursor.runs),
            counters: state.runs.counters(),
            memory: state.memory(),
        };
        *cursor = Cursor {
            after: to - 1,
            runs: state.runs.version(),
        };
        since
    }
}
