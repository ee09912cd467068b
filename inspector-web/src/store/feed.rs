//! What a live client has not seen yet.
//!
//! Nothing is queued for a client: it asks with a cursor whenever the store has changed. However slow it is, it costs
//! nothing here.

use super::{Entry, Matches, Store};
use crate::model::{Memory, Run};
use onionskin::wire::Counters;
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
    pub(crate) cycles: Vec<(u64, Arc<Entry>)>,
    /// Whether there are more.
    pub(crate) more: bool,
    /// Runs that came, went or sent their map.
    pub(crate) runs: Vec<Run>,
    /// What became of all cycles.
    pub(crate) counters: Counters,
    /// The use of memory.
    pub(crate) memory: Memory,
    /// How many kept cycles match, where there is a filter.
    pub(crate) matched: Option<u64>,
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
    /// newest few. With a filter: what matches, of the cycles that were asked.
    pub(crate) fn since(
        &self,
        cursor: &mut Cursor,
        backlog: u64,
        filter: Option<&Matches>,
    ) -> Since {
        match filter {
            None => self.all_since(cursor, backlog),
            Some(matches) => self.matches_since(cursor, backlog, matches),
        }
    }

    fn matches_since(&self, cursor: &mut Cursor, backlog: u64, matches: &Matches) -> Since {
        let (mut positions, asked) = matches.after(cursor.after);
        let state = self.lock();
        let first = state.log.first();
        // What was evicted before it could be told may have matched, or not.
        let mut missed = first.saturating_sub(cursor.after + 1);
        positions.retain(|position| *position >= first);
        if positions.len() as u64 > backlog {
            let newest = BATCH.min(backlog) as usize;
            let skipped = positions.len() - newest;
            positions.drain(..skipped);
            missed += skipped as u64;
        }
        let entry = |position: &u64| Some((*position, state.log.at(*position)?));
        let cycles = batch(positions.iter().filter_map(entry));
        let more = cycles.len() < positions.len();
        let after = match cycles.last() {
            Some((last, _)) if more => *last,
            _ => asked.max(first - 1),
        };
        let since = Since {
            missed,
            cycles,
            more,
            runs: state.runs.changed_since(cursor.runs),
            counters: state.runs.counters(),
            memory: state.memory(),
            matched: None,
        };
        *cursor = Cursor {
            after: after.max(cursor.after),
            runs: state.runs.version(),
        };
        drop(state);
        Since {
            matched: Some(matches.count()),
            ..since
        }
    }

    fn all_since(&self, cursor: &mut Cursor, backlog: u64) -> Since {
        let state = self.lock();
        let newest = state.log.newest();
        let mut from = (cursor.after + 1).max(state.log.first());
        if newest + 1 - from > backlog {
            from = newest + 1 - BATCH.min(backlog);
        }
        let missed = from - (cursor.after + 1);
        let cycles = batch(state.log.range(from, from + BATCH));
        // In a file there may be none where it is damaged.
        let none = (from + BATCH).min(newest + 1);
        let to = cycles.last().map_or(none, |(last, _)| last + 1);
        let since = Since {
            missed,
            cycles,
            more: to <= newest,
            runs: state.runs.changed_since(cursor.runs),
            counters: state.runs.counters(),
            memory: state.memory(),
            matched: None,
        };
        *cursor = Cursor {
            after: to - 1,
            runs: state.runs.version(),
        };
        since
    }
}

/// As many as one answer takes.
fn batch(entries: impl IntoIterator<Item = (u64, Arc<Entry>)>) -> Vec<(u64, Arc<Entry>)> {
    let mut bytes = 0;
    let room = |(_, entry): &(u64, Arc<Entry>)| {
        let fits = bytes <= BATCH_BYTES;
        bytes += entry.summary.target.len();
        fits
    };
    let entries = entries.into_iter().take(BATCH as usize);
    entries.take_while(room).collect()
}
