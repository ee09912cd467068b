//! Which of the kept cycles match a filter.
//!
//! Every cycle is asked once for each filter: the positions of those that match are kept, for the few filters that were
//! used last, and only what came since is asked at the next question. Cycles are asked in slices; the store is locked
//! while a slice is taken out of it, and not while it is asked.

use super::{Entry, Store, runs::RunKey};
use crate::filter::{Context, Filter, Plan, Subject};
use onionskin::codec::Tables;
use std::{
    collections::{HashMap, VecDeque},
    num::NonZero,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Filters whose matches are kept.
pub(super) const KEPT: usize = 6;

/// Bytes that one cycle may take in all of them; a queue may have twice the room that it needs.
pub(super) const BYTES_A_CYCLE: usize = KEPT * 2 * size_of::<u64>();

/// Cycles taken out at once, if only their lines are asked, and if they may have to be decoded.
const SLICE: u64 = 4096;
const SLICE_DECODED: u64 = 128;

/// How many threads ask: half of the processors, for the app needs some too, and two where there are few.
fn threads() -> u64 {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    (processors / 2).max(2)
}

/// The matches of one filter. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Matches(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    plan: Plan,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// Positions, oldest first.
    positions: VecDeque<u64>,
    /// The first position that was not asked yet.
    next: u64,
    context: Context,
}

/// The filters that were used last, the newest first.
#[derive(Debug, Default)]
pub(super) struct Filters(Vec<(String, Matches)>);

/// What came of asking some cycles.
struct Asked {
    /// Positions that match, oldest first.
    positions: Vec<u64>,
    /// How many were asked.
    asked: u64,
}

/// A part of the log, taken out of it.
#[derive(Debug)]
pub(crate) struct Slice {
    entries: Vec<(u64, Arc<Entry>)>,
    tables: HashMap<RunKey, Arc<Tables>>,
}

impl Slice {
    /// The cycles, oldest first, with their positions.
    pub(crate) fn subjects(&self) -> impl DoubleEndedIterator<Item = (u64, Subject<'_>)> {
        // Neighbours are mostly of one run.
        let mut last = None;
        self.entries.iter().filter_map(move |(position, entry)| {
            let tables = match last {
                Some((run, tables)) if run == entry.run => tables,
                _ => self.tables.get(&entry.run)?,
            };
            last = Some((entry.run, tables));
            let subject = Subject::new(&entry.summary, &entry.places, &entry.record, tables);
            Some((*position, subject))
        })
    }
}

impl Store {
    /// The matches of a filter: those that were found before, if it was used before.
    pub(crate) fn matches(&self, filter: &Filter) -> Matches {
        let text = filter.to_string();
        let mut filters = self
            .0
            .filters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = filters.0.iter().position(|(known, _)| *known == text);
        let matches = match known {
            Some(at) => filters.0.remove(at).1,
            None => Matches(Arc::new(Shared {
                plan: filter.plan(),
                found: Mutex::default(),
            })),
        };
        filters.0.insert(0, (text, matches.clone()));
        filters.0.truncate(KEPT);
        matches
    }

    /// The newest cycles, up to so many.
    pub(crate) fn newest(&self, count: u64) -> Slice {
        let newest = self.lock().log.newest();
        self.slice((newest + 1).saturating_sub(count), count)
    }

    fn slice(&self, from: u64, count: u64) -> Slice {
        let state = self.lock();
        let from = from.max(state.log.first());
        let entries = state.log.range(from, from.saturating_add(count));
        let mut tables = HashMap::new();
        for (_, entry) in &entries {
            // A run with a kept cycle is never forgotten.
            let known = || state.runs.get(entry.run).map(|run| run.tables.clone());
            if !tables.contains_key(&entry.run)
                && let Some(known) = known()
            {
                tables.insert(entry.run, known);
            }
        }
        Slice { entries, tables }
    }

    /// All cycles that match, oldest first, a slice at a time, with how many they are; it ends early where `stop` says that
    /// nobody waits.
    pub(crate) fn each_match(
        &self,
        filter: &Filter,
        stop: &AtomicBool,
        mut f: impl FnMut(&Entry, u64),
    ) {
        let matches = self.matches(filter);
        matches.advance(self, stop);
        let (positions, _) = matches.after(0);
        let count = positions.len() as u64;
        for positions in positions.chunks(SLICE as usize) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            for (_, entry) in self.entries(positions) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                f(&entry, count);
            }
        }
    }

    fn context(&self) -> Context {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Context {
            now_us: now.unwrap_or_default().as_micros() as u64,
            runs: self.lock().runs.newest_of_apps(),
        }
    }
}

impl Matches {
    /// Asks what has not been asked yet, up to the newest cycle. It is slow where cycles must be decoded: call it where
    /// that is allowed, and set `stop` when nobody waits for it any more.
    pub(crate) fn advance(&self, store: &Store, stop: &AtomicBool) {
        let mut found = self.lock();
        let context = store.context();
        if self.is_stale(&found, &context) {
            *found = Found::default();
        }
        if found.next == 0 || found.context.runs != context.runs {
            // What was found stays as true as it was: the time of the question is that of the first.
            let now_us = match found.next {
                0 => context.now_us,
                _ => found.context.now_us,
            };
            found.context = Context { now_us, ..context };
        }
        let (first, newest) = {
            let state = store.lock();
            (state.log.first(), state.log.newest())
        };
        let gone = found
            .positions
            .partition_point(|position| *position < first);
        found.positions.drain(..gone);
        found.next = found.next.max(first);
        let more = self.ask(store, &found.context, found.next..=newest, stop);
        found.next += more.asked;
        found.positions.extend(more.positions);
    }

    /// Asks the cycles with these positions, the oldest first, on several threads where there are many; what was asked when
    /// `stop` came is told.
    fn ask(
        &self,
        store: &Store,
        context: &Context,
        range: RangeInclusive<u64>,
        stop: &AtomicBool,
    ) -> Asked {
        let plan = &self.0.plan;
        let slice = if plan.is_cheap() {
            SLICE
        } else {
            SLICE_DECODED
        };
        let (first, newest) = (*range.start(), *range.end());
        // The next slice that nobody has begun: all below it are asked when the threads have ended.
        let next = AtomicU64::new(first);
        let work = || {
            let mut found = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let from = next.fetch_add(slice, Ordering::Relaxed);
                if from > newest {
                    break;
                }
                let slice = store.slice(from, slice.min(newest + 1 - from));
                let subjects = slice.subjects();
                let matching = subjects.filter(|(_, subject)| plan.matches(subject, context));
                found.extend(matching.map(|(position, _)| position));
            }
            found
        };
        let slices = (newest + 1).saturating_sub(first).div_ceil(slice);
        let helpers = threads().min(slices).saturating_sub(1);
        let mut positions = std::thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            let mut found = work();
            for helper in helpers {
                match helper.join() {
                    Ok(more) => found.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            found
        });
        positions.sort_unstable();
        let end = next.into_inner().min(newest + 1);
        let asked = end.saturating_sub(first);
        Asked { positions, asked }
    }

    /// How many of the positions up to `until` match, and up to `limit` of those below `before`, the newest `skip` left
    /// out, newest first; and whether there are more.
    pub(crate) fn page(
        &self,
        until: u64,
        before: u64,
        skip: usize,
        limit: usize,
    ) -> (u64, Vec<u64>, bool) {
        let found = self.lock();
        let matched = found
            .positions
            .partition_point(|position| *position <= until);
        let below = found
            .positions
            .partition_point(|position| *position < before);
        let end = matched.min(below).saturating_sub(skip);
        let start = end.saturating_sub(limit);
        let page = found.positions.range(start..end).rev().copied().collect();
        (matched as u64, page, start > 0)
    }

    /// Positions behind `after` that match, oldest first; and the newest that was asked.
    pub(crate) fn after(&self, after: u64) -> (Vec<u64>, u64) {
        let found = self.lock();
        let start = found
            .positions
            .partition_point(|position| *position <= after);
        (
            found.positions.range(start..).copied().collect(),
            found.next.saturating_sub(1),
        )
    }

    /// How many match.
    pub(crate) fn count(&self) -> u64 {
        self.lock().positions.len() as u64
    }

    fn is_stale(&self, found: &Found, now: &Context) -> bool {
        let plan = &self.0.plan;
        let too_old = plan
            .fresh_for_us()
            .is_some_and(|us| now.now_us.abs_diff(found.context.now_us) > us);
        too_old || (plan.asks_for_newest() && found.context.newest() != now.newest())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Found> {
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
