//! Questions to the store.

use super::{Record, Store, runs::RunKey};
use crate::model::{App, CyclePage, ListedCycle};
use onionskin::{
    codec::{self, Tables},
    link::protocol::Message,
    wire::{Counters, Cycle, Stack},
};
use std::sync::Arc;

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
        let tables = {
            let state = self.lock();
            state.runs.find(run)?.1.tables.clone()
        };
        tables.stack.clone()
    }

    /// Up to `limit` cycles, newest first: those before a position, and of one run, if wanted. A run that is not known
    /// has no cycles.
    pub fn page(&self, limit: usize, before: Option<u64>, run: Option<&str>) -> CyclePage {
        let state = self.lock();
        let until = state.log.newest();
        let run: Option<Option<RunKey>> = run.map(|id| state.runs.find(id).map(|(key, _)| key));
        let entries = state.log.range(0, before.unwrap_or(u64::MAX)).rev();
        let mut found: Vec<_> = entries
            .filter(|(_, entry)| run.is_none_or(|run| run == Some(entry.run)))
            .take(limit.saturating_add(1))
            .map(|(position, entry)| (position, entry.summary.clone()))
            .collect();
        let kept = state.log.range(0, u64::MAX);
        let matched = match run {
            None => kept.count(),
            Some(run) => kept.filter(|(_, e)| run == Some(e.run)).count(),
        };
        let (counters, memory) = (state.runs.counters(), state.memory());
        drop(state);

        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(position, _)| *position);
        let listed =
            |(position, summary)| ListedCycle::new(position, Arc::unwrap_or_clone(summary));
        CyclePage {
            cycles: found.into_iter().map(listed).collect(),
            next,
            matched: matched as u64,
            until,
            counters,
            memory,
        }
    }

    /// A cycle, whole; none if it is not kept (any more). `id` is as in [`Cycle::id`].
    pub fn cycle(&self, id: &str) -> Option<Cycle> {
        let (record, tables) = self.record(id)?;
        // It was decoded when it came in; the tables only grow.
        decode(&record, &tables)
    }

    /// What became of the cycles of one run; none if there is no such run.
    pub fn run_counters(&self, run: &str) -> Option<Counters> {
        let state = self.lock();
        Some(state.runs.find(run)?.1.counters())
    }

    fn record(&self, id: &str) -> Option<(Record, Arc<Tables>)> {
        let (run, number) = id.rsplit_once('-')?;
        let number: u64 = number.parse().ok()?;
        let state = self.lock();
        let (key, run) = state.runs.find(run)?;
        let entry = state.log.by_number(key, number)?;
        Some((entry.record.clone(), run.tables.clone()))
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
