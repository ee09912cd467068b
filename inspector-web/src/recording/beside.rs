//! Which spans of other services go into a file: those of the traces of its cycles, whichever came first.

use super::writer::Line;
use crate::otlp::{Kept, Spans, is_carrier};
use onionskin::spans::{TraceId, trace_of};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

/// Traces whose spans are waited for: those of the newest cycles.
const TRACES: usize = 100_000;

/// Follows the spans that an inspector receives.
#[derive(Debug)]
pub(super) struct Beside {
    spans: Spans,
    /// The moment up to which spans were looked at.
    moment: u64,
    traces: HashSet<TraceId>,
    /// Each of `traces` once, the oldest first.
    order: VecDeque<TraceId>,
}

impl Beside {
    pub(super) fn new(spans: Spans) -> Self {
        Self {
            spans,
            moment: 0,
            traces: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// The traces of cycles that are written, and what came of them until now.
    pub(super) fn of(&mut self, lines: &[Line<'_>]) -> (Vec<TraceId>, Vec<Arc<Kept>>) {
        let cycle = |line: &Line<'_>| line.entry.record.decode(&line.run.tables);
        let traces = lines.iter().filter_map(cycle).map(|c| trace_of(&c).0);
        // Each once, however many cycles it has.
        let traces: Vec<_> = traces.collect::<HashSet<_>>().into_iter().collect();
        for trace in &traces {
            self.wait_for(*trace);
        }
        let spans = traces.iter().flat_map(|trace| self.spans.of(*trace));
        let spans = spans.filter(is_wanted).collect();
        (traces, spans)
    }

    /// What came since of traces whose cycles are written.
    pub(super) fn news(&mut self) -> Vec<Arc<Kept>> {
        let (moment, spans) = self.spans.since(self.moment);
        self.moment = moment;
        let spans = spans.into_iter().filter(is_wanted);
        spans
            .filter(|kept| self.traces.contains(&kept.span.trace))
            .collect()
    }

    fn wait_for(&mut self, trace: TraceId) {
        if self.traces.insert(trace) {
            self.order.push_back(trace);
        }
        if self.order.len() > TRACES
            && let Some(oldest) = self.order.pop_front()
        {
            self.traces.remove(&oldest);
        }
    }
}

/// What only carries a part of a record is shown nowhere.
fn is_wanted(kept: &Arc<Kept>) -> bool {
    !is_carrier(&kept.span)
}
