//! The spans, by trace, bounded in bytes: the oldest trace makes room.

use super::reading::{Kept, Reading, Reason};
use crate::model::SpanCounters;
use onionskin::spans::{SpanId, TraceId};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Most spans of one trace.
const SPANS_A_TRACE: usize = 5_000;

/// One trace may take this part of all the room, so that one without an end does not drive out all others.
const SHARE: u64 = 4;

/// About what a trace takes beside its spans.
const TRACE_BYTES: u64 = 256;

/// The spans that came. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    state: Arc<Mutex<State>>,
    /// Told of every change.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    traces: HashMap<TraceId, Trace>,
    /// Each trace once, the oldest first.
    order: VecDeque<TraceId>,
    figures: SpanCounters,
    /// Counts requests that were kept: the moment that it is.
    moment: u64,
}

#[derive(Debug, Default)]
struct Trace {
    /// With the moments at which they came.
    spans: BTreeMap<SpanId, (u64, Arc<Kept>)>,
    /// The moment of the newest.
    newest: u64,
    bytes: u64,
}

impl Spans {
    /// None yet, in so many bytes.
    pub(crate) fn new(cap: u64, changed: watch::Sender<()>) -> Self {
        let mut state = State::default();
        state.figures.memory.cap = cap;
        Self {
            state: Arc::new(Mutex::new(state)),
            changed,
        }
    }

    /// Takes in what was read of a request; gives how many spans were refused, and why.
    pub(crate) fn keep(&self, reading: Reading) -> BTreeMap<Reason, u64> {
        let Reading {
            spans, mut refused, ..
        } = reading;
        let mut state = self.lock();
        state.moment += 1;
        state.figures.received += spans.len() as u64 + refused.values().sum::<u64>();
        for span in spans {
            if let Err(reason) = state.insert(span) {
                *refused.entry(reason).or_default() += 1;
            }
        }
        for (reason, count) in &refused {
            let counted = &mut state.figures.refused;
            *counted.entry(reason.as_str().into()).or_default() += count;
        }
        drop(state);
        self.changed.send_replace(());
        refused
    }

    /// Counts a request of which nothing was taken.
    pub(super) fn count_refused_request(&self) {
        self.lock().figures.refused_requests += 1;
        self.changed.send_replace(());
    }

    /// The spans of a trace.
    pub(crate) fn of(&self, trace: TraceId) -> Vec<Arc<Kept>> {
        let state = self.lock();
        let trace = state.traces.get(&trace);
        let spans = trace.into_iter().flat_map(|trace| trace.spans.values());
        spans.map(|(_, span)| span.clone()).collect()
    }

    /// What came after a moment and is kept, and the moment that it is now.
    pub(crate) fn since(&self, moment: u64) -> (u64, Vec<Arc<Kept>>) {
        let state = self.lock();
        let traces = state.traces.values().filter(|t| t.newest > moment);
        let spans = traces.flat_map(|trace| trace.spans.values());
        let new = spans.filter(|(at, _)| *at > moment);
        (state.moment, new.map(|(_, span)| span.clone()).collect())
    }

    /// What became of all that came.
    pub(crate) fn counters(&self) -> SpanCounters {
        self.lock().figures.clone()
    }

    /// Nothing in here leaves the state half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, span: Kept) -> Result<(), Reason> {
        let (id, bytes) = (span.span.trace, span.bytes());
        let share = self.figures.memory.cap / SHARE;
        let is_new = !self.traces.contains_key(&id);
        let trace = self.traces.entry(id).or_default();
        if is_new {
            self.order.push_back(id);
            self.figures.memory.bytes += TRACE_BYTES;
        }
        let old = trace.spans.get(&span.span.id);
        let old = old.map(|(_, old)| old.bytes());
        let new_bytes = trace.bytes - old.unwrap_or(0) + bytes;
        if new_bytes > share || (old.is_none() && trace.spans.len() >= SPANS_A_TRACE) {
            if is_new {
                self.order.pop_back();
                self.traces.remove(&id);
                self.figures.memory.bytes -= TRACE_BYTES;
            }
            return Err(Reason::TraceFull);
        }
        trace.bytes = new_bytes;
        trace.newest = self.moment;
        let arrived = (self.moment, Arc::new(span));
        trace.spans.insert(arrived.1.span.id, arrived);
        let figures = &mut self.figures;
        figures.memory.bytes = figures.memory.bytes - old.unwrap_or(0) + bytes;
        match old {
            // Sent again, as senders do that heard no answer: the later one stays.
            Some(_) => figures.repeated += 1,
            None => figures.kept += 1,
        }
        self.make_room();
        Ok(())
    }

    fn make_room(&mut self) {
        while self.figures.memory.bytes > self.figures.memory.cap {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            let Some(gone) = self.traces.remove(&oldest) else {
                continue;
            };
            let count = gone.spans.len() as u64;
            self.figures.memory.bytes -= gone.bytes + TRACE_BYTES;
            self.figures.kept -= count;
            self.figures.evicted += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin::spans::Span;
    use proptest::prelude::*;

    fn spans(cap: u64) -> Spans {
        Spans::new(cap, watch::Sender::new(()))
    }

    fn reading(ids: impl IntoIterator<Item = (u8, u8)>, name: usize) -> Reading {
        let mut reading = Reading::default();
        for (trace, id) in ids {
            let span = Span {
                trace: TraceId([trace; 16]),
                id: SpanId([id; 8]),
                name: "n".repeat(name),
                ..Span::default()
            };
            reading.take(span, 0);
        }
        reading
    }

    #[test]
    fn the_oldest_trace_makes_room_and_is_counted() {
        let spans = spans(16 << 10);
        for trace in 1..=40 {
            assert!(
                spans
                    .keep(reading([(trace, 1), (trace, 2)], 500))
                    .is_empty()
            );
        }
        let figures = spans.counters();
        assert!(figures.memory.bytes <= figures.memory.cap);
        assert!(figures.kept >= 4, "{figures:?}");
        assert_eq!((figures.received, figures.kept + figures.evicted), (80, 80));
        assert!(spans.of(TraceId([1; 16])).is_empty());
        assert_eq!(spans.of(TraceId([40; 16])).len(), 2);
    }

    #[test]
    fn a_span_that_comes_again_is_kept_once() {
        let spans = spans(1 << 20);
        spans.keep(reading([(1, 1), (1, 1)], 3));
        spans.keep(reading([(1, 1)], 5));
        let figures = spans.counters();
        assert_eq!(
            (figures.received, figures.kept, figures.repeated),
            (3, 1, 2)
        );
        assert_eq!(spans.of(TraceId([1; 16]))[0].span.name, "nnnnn");
    }

    #[test]
    fn one_trace_does_not_drive_out_all_others() {
        let spans = spans(64 << 10);
        spans.keep(reading([(1, 1)], 3));
        let refused = spans.keep(reading((1..=255).map(|id| (2, id)), 500));
        assert!(refused[&Reason::TraceFull] > 200, "{refused:?}");
        assert_eq!(spans.of(TraceId([1; 16])).len(), 1);
    }

    proptest! {
        #[test]
        fn every_span_is_counted_once(
            batches in proptest::collection::vec(
                (proptest::collection::vec((0u8..6, 0u8..9), 0..20), 0usize..3_000),
                0..30,
            ),
            cap in 0u64..40_000,
        ) {
            let spans = spans(cap);
            for (ids, name) in batches {
                spans.keep(reading(ids, name));
                let f = spans.counters();
                let refused: u64 = f.refused.values().sum();
                prop_assert_eq!(f.received, f.kept + f.evicted + f.repeated + refused);
                prop_assert!(f.memory.bytes <= cap);
                let kept: usize = (0..6).map(|t| spans.of(TraceId([t; 16])).len()).sum();
                prop_assert_eq!(f.kept, kept as u64);
            }
        }
    }
}
