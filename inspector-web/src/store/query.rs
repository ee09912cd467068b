//! Questions to the store.

use super::{Entry, Record, Store};
use crate::{
    filter::Filter,
    model::{App, CyclePage, ListedCycle},
};
use onionskin::{
    codec::{self, Tables},
    link::protocol::Message,
    wire::{Counters, Cycle, Stack},
};
use std::sync::{Arc, atomic::AtomicBool};

/// What a page of the list is to show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    /// How many cycles.
    pub(crate) limit: usize,
    /// Only those before this position.
    pub(crate) before: Option<u64>,
    /// Only those up to this position.
    pub(crate) until: Option<u64>,
    /// How many of the newest are left out.
    pub(crate) skip: usize,
    /// What lets them pass.
    pub(crate) filter: Filter,
}

impl Store {
    /// App runs that are connected now.
    pub fn connected(&self) -> usize {
        self.lock().runs.connected()
    }

    /// Apps by name, each with its runs, oldest first.
    pub fn apps(&self) -> Vec<App> {
        self.lock().runs.apps()
    }

    /// The map of an app run; none if there is no such run or its map has not come.
    pub fn stack(&self, run: &str) -> Option<Stack> {
        self.tables(run)?.stack.clone()
    }

    /// What an app run told of its sites and its map.
    pub(crate) fn tables(&self, run: &str) -> Option<Arc<Tables>> {
        let state = self.lock();
        Some(state.runs.find(run)?.1.tables.clone())
    }

    /// A page of the list, newest first. It is slow where the filter needs whole cycles that it was not asked about
    /// before; `stop` ends it early, and then the page may lack cycles.
    pub(crate) fn page(&self, question: &Question, stop: &AtomicBool) -> CyclePage {
        let matches = (!question.filter.is_empty()).then(|| self.matches(&question.filter));
        if let Some(matches) = &matches {
            matches.advance(self, stop);
        }
        let state = self.lock();
        let until = question.until.unwrap_or(u64::MAX).min(state.log.newest());
        let before = question.before.unwrap_or(u64::MAX);
        let (counters, memory) = (state.runs.counters(), state.memory());
        drop(state);

        let (matched, positions, more) = match &matches {
            Some(matches) => matches.page(until, before, question.skip, question.limit),
            None => self.all(until, before, question.skip, question.limit),
        };
        CyclePage {
            next: positions.last().copied().filter(|_| more),
            cycles: self.listed(&positions),
            matched,
            until,
            counters,
            memory,
        }
    }

    /// As [`Matches::page`](super::Matches::page), where everything matches.
    fn all(&self, until: u64, before: u64, skip: usize, limit: usize) -> (u64, Vec<u64>, bool) {
        let first = self.lock().log.first();
        let matched = (until + 1).saturating_sub(first);
        let end = (until + 1).min(before).saturating_sub(skip as u64);
        let start = end.saturating_sub(limit as u64).max(first);
        (
            matched,
            (start..end).rev().collect(),
            start > first && start < end,
        )
    }

    /// Lines of the cycles at these positions. One that was evicted a moment ago has none.
    pub(crate) fn listed(&self, positions: &[u64]) -> Vec<ListedCycle> {
        let entries = self.entries(positions);
        let listed = |(position, entry): (u64, Arc<Entry>)| {
            ListedCycle::new(position, entry.summary.clone())
        };
        entries.into_iter().map(listed).collect()
    }

    /// The cycles at these positions that are kept still.
    pub(crate) fn entries(&self, positions: &[u64]) -> Vec<(u64, Arc<Entry>)> {
        let state = self.lock();
        let entry = |position: &u64| Some((*position, state.log.at(*position)?));
        positions.iter().filter_map(entry).collect()
    }

    /// A cycle, whole; none if it is not kept (any more). `id` is as in [`Cycle::id`].
    pub fn cycle(&self, id: &str) -> Option<Cycle> {
        let (entry, tables) = self.record(id)?;
        entry.record.decode(&tables)
    }

    /// The id of the newest cycle that is kept.
    pub fn newest_id(&self) -> Option<String> {
        let state = self.lock();
        let newest = state.log.newest();
        // In a file the newest may be damaged.
        let from = newest.saturating_sub(256);
        let last = state.log.range(from, newest + 1).pop();
        last.map(|(_, entry)| entry.summary.id.clone())
    }

    /// The position of a cycle.
    pub(crate) fn position(&self, id: &str) -> Option<u64> {
        let (run, number) = id.rsplit_once('-')?;
        let state = self.lock();
        let (key, _) = state.runs.find(run)?;
        state.log.position(key, number.parse().ok()?)
    }

    /// What became of the cycles of one run; none if there is no such run.
    pub fn run_counters(&self, run: &str) -> Option<Counters> {
        let state = self.lock();
        Some(state.runs.find(run)?.1.counters())
    }

    fn record(&self, id: &str) -> Option<(Arc<Entry>, Arc<Tables>)> {
        let (run, number) = id.rsplit_once('-')?;
        let number: u64 = number.parse().ok()?;
        let state = self.lock();
        let (key, run) = state.runs.find(run)?;
        let entry = state.log.by_number(key, number)?;
        Some((entry, run.tables.clone()))
    }
}

/// Makes the model of what came over a link. A decoder that panics is a decoder that fails: the link goes on.
pub(crate) fn decode(record: &Record, tables: &Tables) -> Option<Cycle> {
    let decode = || match record {
        Record::Frame(bytes) => codec::decode(bytes, tables).ok(),
        Record::Json(bytes) => match serde_json::from_slice(bytes) {
            Ok(Message::Cycle { cycle }) => Some(*cycle),
            _ => None,
        },
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or_default()
}
