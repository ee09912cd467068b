//! The cycles themselves, in order of arrival: in memory, or in the file of a recording.

use super::{
    Places,
    bodies::{Apart, Bodies},
    decode,
    matches::BYTES_A_CYCLE,
    runs::RunKey,
};
use crate::recording::Reader;
use bytes::Bytes;
use onionskin::{
    codec::Tables,
    wire::{Cycle, CycleSummary},
};
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

    /// The format's number in recordings, and the bytes.
    pub(crate) fn parts(&self) -> (i64, &[u8]) {
        match self {
            Self::Frame(bytes) => (0, bytes),
            Self::Json(bytes) => (1, bytes),
        }
    }

    /// The other way.
    pub(crate) fn of_parts(format: i64, bytes: Vec<u8>) -> Option<Self> {
        match format {
            0 => Some(Self::Frame(bytes.into())),
            1 => Some(Self::Json(bytes.into())),
            _ => None,
        }
    }
}

/// Where a record is.
#[derive(Debug)]
pub(crate) enum Kept {
    /// Here.
    Here(Record),
    /// Here, and its bodies among those of all cycles.
    Apart(Apart),
    /// In the file of a recording, at this position.
    Filed(Arc<Reader>, u64),
}

impl Kept {
    fn of(record: Record) -> Self {
        match &record {
            Record::Frame(frame) => Apart::of(frame).map_or(Self::Here(record), Self::Apart),
            Record::Json(_) => Self::Here(record),
        }
    }

    /// The record; none if the file is damaged there.
    pub(crate) fn load(&self) -> Option<Record> {
        match self {
            Self::Here(record) => Some(record.clone()),
            Self::Apart(frame) => Some(Record::Frame(frame.whole())),
            Self::Filed(reader, position) => reader.record(*position),
        }
    }

    /// The cycle. One that is here was decoded when it came in; the tables only grow.
    pub(crate) fn decode(&self, tables: &Tables) -> Option<Cycle> {
        match self {
            Self::Here(record) => decode(record, tables),
            Self::Apart(..) | Self::Filed(..) => decode(&self.load()?, tables),
        }
    }

    /// Bytes that it takes in memory, bodies that may be others' as well not counted.
    fn len(&self) -> usize {
        match self {
            Self::Here(record) => record.len(),
            Self::Apart(frame) => frame.len(),
            Self::Filed(..) => 0,
        }
    }
}

/// A cycle that came: what is kept of it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(super) summary: CycleSummary,
    pub(super) places: Places,
    pub(super) record: Kept,
}

impl Arrival {
    /// What is kept of a cycle that came as `record`.
    pub(crate) fn new(cycle: &Cycle, record: Record) -> Self {
        Self {
            summary: cycle.summary(),
            places: Places::of(cycle),
            record: Kept::of(record),
        }
    }
}

/// A kept cycle.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) run: RunKey,
    pub(crate) summary: CycleSummary,
    pub(crate) places: Places,
    pub(crate) record: Kept,
}

impl Entry {
    /// A cycle that is in no store.
    pub(crate) fn alone(arrival: Arrival) -> Self {
        Self {
            run: 0,
            summary: arrival.summary,
            places: arrival.places,
            record: arrival.record,
        }
    }

    /// Bytes that it takes if no other cycle has a body of it.
    pub(super) fn cost_alone(&self) -> u64 {
        match &self.record {
            Kept::Apart(frame) => self.cost() + frame.bodies_cost(),
            _ => self.cost(),
        }
    }

    /// Bytes that it takes, its bodies not counted where they are among those of all: itself, its places in the queue and in
    /// the index (which may have twice the room they need), and what the allocator rounds up for its eight or so texts.
    /// Measured: with 262,000 small cycles in 256 MiB the process took 274 MiB.
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
pub(super) enum Log {
    Memory(Memory),
    File(File),
}

/// Entries with their positions, oldest first.
type Positioned = Vec<(u64, Arc<Entry>)>;

impl Log {
    pub(super) fn new(cap: u64) -> Self {
        Self::Memory(Memory {
            entries: VecDeque::new(),
            first: 1,
            by_number: HashMap::new(),
            bytes: 0,
            bodies: Bodies::default(),
            cap,
        })
    }

    /// Bytes in memory; of a file, its own.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.bytes + memory.bodies.bytes(),
            Self::File(file) => file.reader.bytes(),
        }
    }

    /// Bytes that there may be.
    pub(super) fn cap(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.cap,
            Self::File(_) => u64::MAX,
        }
    }

    /// Position of the oldest cycle kept, or of the next one to come.
    pub(super) fn first(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.first,
            Self::File(file) => file.first,
        }
    }

    /// Position of the newest cycle that ever came; 0 before there was one.
    pub(super) fn newest(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.newest(),
            Self::File(file) => file.newest,
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        match self {
            Self::Memory(memory) => memory.push(entry),
            Self::File(_) => unreachable!("nothing comes to a file that is read"),
        }
    }

    /// Lets the oldest go.
    pub(super) fn evict(&mut self) -> Option<Arc<Entry>> {
        match self {
            Self::Memory(memory) => memory.evict(),
            Self::File(_) => None,
        }
    }

    pub(super) fn position(&self, run: RunKey, number: u64) -> Option<u64> {
        match self {
            Self::Memory(memory) => memory.by_number.get(&(run, number)).copied(),
            Self::File(file) => file.reader.position(run, number),
        }
    }

    pub(super) fn by_number(&self, run: RunKey, number: u64) -> Option<Arc<Entry>> {
        self.at(self.position(run, number)?)
    }

    /// The cycles with positions in `from..to`, oldest first.
    pub(super) fn range(&self, from: u64, to: u64) -> Positioned {
        let to = to.clamp(self.first(), self.newest() + 1);
        let from = from.clamp(self.first(), to);
        match self {
            Self::Memory(memory) => memory.range(from, to),
            Self::File(file) => file.range(from, to),
        }
    }

    pub(super) fn at(&self, position: u64) -> Option<Arc<Entry>> {
        match self {
            Self::Memory(memory) => memory.at(position),
            Self::File(_) => self
                .range(position, position.checked_add(1)?)
                .pop()
                .map(|(_, entry)| entry),
        }
    }
}

/// Cycles in memory.
#[derive(Debug)]
pub(super) struct Memory {
    entries: VecDeque<Arc<Entry>>,
    /// Position of the oldest entry.
    first: u64,
    by_number: HashMap<(RunKey, u64), u64>,
    /// What the entries take, beside their bodies.
    bytes: u64,
    bodies: Bodies,
    cap: u64,
}

impl Memory {
    fn newest(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }

    fn push(&mut self, mut entry: Entry) {
        if let Kept::Apart(frame) = &mut entry.record {
            self.bodies.take(frame);
        }
        self.bytes += entry.cost();
        let position = self.newest() + 1;
        self.by_number
            .insert((entry.run, entry.summary.number), position);
        self.entries.push_back(Arc::new(entry));
    }

    fn evict(&mut self) -> Option<Arc<Entry>> {
        let entry = self.entries.pop_front()?;
        let key = (entry.run, entry.summary.number);
        if self.by_number.get(&key) == Some(&self.first) {
            self.by_number.remove(&key);
        }
        self.first += 1;
        self.bytes -= entry.cost();
        if let Kept::Apart(frame) = &entry.record {
            self.bodies.let_go(frame);
        }
        Some(entry)
    }

    fn range(&self, from: u64, to: u64) -> Positioned {
        // Both are at most the number of entries away from `first`.
        let index = |position: u64| (position - self.first) as usize;
        let entries = self.entries.range(index(from)..index(to)).cloned();
        (from..).zip(entries).collect()
    }

    fn at(&self, position: u64) -> Option<Arc<Entry>> {
        let index = position.checked_sub(self.first)?;
        self.entries.get(usize::try_from(index).ok()?).cloned()
    }
}

/// Cycles in the file of a recording. What is asked for is read then, and not kept: the system keeps what it has room for.
#[derive(Debug)]
pub(super) struct File {
    pub(super) reader: Arc<Reader>,
    pub(super) first: u64,
    pub(super) newest: u64,
}

impl File {
    /// Cycles that can't be read, because the file is damaged there, are left out.
    fn range(&self, from: u64, to: u64) -> Positioned {
        let lines = self.reader.lines(from, to).into_iter();
        lines
            .map(|line| {
                let entry = Entry {
                    run: line.run,
                    summary: line.summary,
                    places: line.places,
                    record: Kept::Filed(self.reader.clone(), line.position),
                };
                (line.position, Arc::new(entry))
            })
            .collect()
    }
}
