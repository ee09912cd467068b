//! The cycles themselves, in order of arrival.

use super::{Places, matches::BYTES_A_CYCLE, runs::RunKey};
use bytes::Bytes;
use onionskin::wire::{Cycle, CycleSummary};
use std::{
    collections::{HashMap, VecDeque},
    mem::size_of,
    sync::Arc,
};

/// A cycle as it came over the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The compact encoding.
    Frame(Bytes),
    /// A `Message::Cycle` as a line of JSON.
    Json(Bytes),
}

impl Record {
    fn len(&self) -> usize {
        match self {
            Self::Frame(bytes) | Self::Json(bytes) => bytes.len(),
        }
    }
}

/// A cycle that came: what is kept of it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(super) summary: CycleSummary,
    pub(super) places: Places,
    pub(super) record: Record,
}

impl Arrival {
    /// What is kept of a cycle that came as `record`.
    pub(crate) fn new(cycle: &Cycle, record: Record) -> Self {
        Self {
            summary: cycle.summary(),
            places: Places::of(cycle),
            record,
        }
    }
}

/// A kept cycle.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) run: RunKey,
    pub(crate) summary: CycleSummary,
    pub(crate) places: Places,
    pub(super) record: Record,
}

impl Entry {
    /// Bytes that it takes: itself, its places in the queue and in the index (which may have twice the room they need),
    /// and what the allocator rounds up for its eight or so texts. Measured: with 262,000 small cycles in 256 MiB the
    /// process took 274 MiB.
    pub(super) fn cost(&self) -> u64 {
        const INDEXED: usize = size_of::<((RunKey, u64), u64)>() + 8;
        const ROUNDED: usize = 8 * 16 + 16;
        const QUEUED: usize = 2 * size_of::<Arc<Entry>>() + BYTES_A_CYCLE;
        const FIXED: usize = size_of::<Entry>() + QUEUED + 2 * INDEXED + ROUNDED;
        let s = &self.summary;
        let route = s.route.as_ref().map_or(0, String::len);
        let site = s.outcome_site.as_ref().map_or(0, String::len);
        let texts = s.id.len() + s.app.len() + s.run.len() + s.method.len() + s.target.len();
        // What an outcome says in words is in the record too, and no longer than that.
        (FIXED + texts + route + site + self.places.len() + self.record.len()) as u64
    }
}

/// The kept cycles, oldest first. Positions count arrivals from 1, and are never used twice.
#[derive(Debug)]
pub(super) struct Log {
    entries: VecDeque<Arc<Entry>>,
    /// Position of the oldest entry.
    first: u64,
    by_number: HashMap<(RunKey, u64), u64>,
    bytes: u64,
    cap: u64,
}

impl Log {
    pub(super) fn new(cap: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 1,
            by_number: HashMap::new(),
            bytes: 0,
            cap,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn cap(&self) -> u64 {
        self.cap
    }

    /// Position of the oldest cycle kept, or of the next one to come.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Position of the newest cycle that ever came; 0 before there was one.
    pub(super) fn newest(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }

    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.cost();
        let position = self.newest() + 1;
        self.by_number
            .insert((entry.run, entry.summary.number), position);
        self.entries.push_back(entry);
    }

    /// Lets the oldest go.
    pub(super) fn evict(&mut self) -> Option<Arc<Entry>> {
        let entry = self.entries.pop_front()?;
        let key = (entry.run, entry.summary.number);
        if self.by_number.get(&key) == Some(&self.first) {
            self.by_number.remove(&key);
        }
        self.first += 1;
        self.bytes -= entry.cost();
        Some(entry)
    }

    pub(super) fn by_number(&self, run: RunKey, number: u64) -> Option<&Arc<Entry>> {
        self.at(*self.by_number.get(&(run, number))?)
    }

    /// The cycles with positions in `from..to`, oldest first.
    pub(super) fn range(
        &self,
        from: u64,
        to: u64,
    ) -> impl DoubleEndedIterator<Item = (u64, &Arc<Entry>)> {
        let to = to.clamp(self.first, self.newest() + 1);
        let from = from.clamp(self.first, to);
        // Both are at most the number of entries away from `first`.
        let index = |position: u64| (position - self.first) as usize;
        let entries = self.entries.range(index(from)..index(to)).enumerate();
        entries.map(move |(i, entry)| (from + i as u64, entry))
    }

    pub(super) fn at(&self, position: u64) -> Option<&Arc<Entry>> {
        let index = position.checked_sub(self.first)?;
        self.entries.get(usize::try_from(index).ok()?)
    }
}
