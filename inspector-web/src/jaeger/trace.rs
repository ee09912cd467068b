//! Traces.

use onionskin::spans::{self, Batch, Flaw, Found, Span, TraceId};
use std::{cmp::Reverse, collections::BTreeMap};

/// All that is known of one trace: spans of one or more services.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Its id.
    pub id: TraceId,
    /// Its spans, by service.
    pub batches: Vec<Batch>,
}

impl Trace {
    /// All spans.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.batches.iter().flat_map(|batch| &batch.spans)
    }

    /// The cycles that it tells of. None: it is a trace of other apps, and has no deltas to show.
    pub fn cycles(&self) -> Vec<Found> {
        spans::decode(self.spans())
    }

    /// When it began, nanoseconds since the Unix epoch.
    pub fn start(&self) -> u64 {
        self.spans().map(|span| span.start).min().unwrap_or(0)
    }

    /// Whether spans of ours may be missing still.
    pub(super) fn may_be_incomplete(&self) -> bool {
        let cycles = self.cycles();
        let incomplete = |found: &Found| matches!(found.cycle, Err(Flaw::Incomplete { .. }));
        cycles.iter().any(incomplete)
    }
}

/// Spans by trace. Jaeger gives many traces merged into one, a resource for each span.
pub(super) fn grouped(batches: Vec<Batch>) -> Vec<Trace> {
    let mut traces: BTreeMap<TraceId, Vec<Batch>> = BTreeMap::new();
    for batch in batches {
        for span in batch.spans {
            let of_trace = traces.entry(span.trace).or_default();
            match of_trace.iter_mut().find(|b| b.resource == batch.resource) {
                Some(known) => known.spans.push(span),
                None => of_trace.push(Batch {
                    resource: batch.resource.clone(),
                    spans: vec![span],
                }),
            }
        }
    }
    let trace = |(id, batches)| Trace { id, batches };
    traces.into_iter().map(trace).collect()
}

/// The same traces, each once, newest first: a search by service gives one for each service that has a part in it.
pub(super) fn merged(traces: Vec<Trace>) -> Vec<Trace> {
    let batches = traces.into_iter().flat_map(|trace| trace.batches).collect();
    let mut traces = grouped(batches);
    for trace in &mut traces {
        let mut seen = std::collections::HashSet::new();
        for batch in &mut trace.batches {
            batch.spans.retain(|span| seen.insert(span.id));
        }
        trace.batches.retain(|batch| !batch.spans.is_empty());
    }
    traces.sort_by_cached_key(|trace| Reverse(trace.start()));
    traces
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin::spans::{Attribute, SpanId};

    fn batch(service: &str, spans: &[(u8, u8, u64)]) -> Batch {
        let span = |(trace, id, start): &(u8, u8, u64)| Span {
            trace: TraceId([*trace; 16]),
            id: SpanId([*id; 8]),
            start: *start,
            ..Span::default()
        };
        Batch {
            resource: vec![Attribute::new("service.name", service)],
            spans: spans.iter().map(span).collect(),
        }
    }

    #[test]
    fn merged_traces_are_taken_apart_and_put_together_once() {
        let shop = batch("shop", &[(1, 1, 10), (2, 2, 20)]);
        let bank = batch("bank", &[(1, 3, 11)]);
        let again = batch("shop", &[(1, 1, 10)]);
        let traces = merged(grouped(vec![shop, bank, again]));
        let shape: Vec<_> = traces
            .iter()
            .map(|t| (t.id.0[0], t.start(), t.spans().count()))
            .collect();
        assert_eq!(shape, [(2, 20, 1), (1, 10, 2)]);
        assert_eq!(traces[1].batches.len(), 2);
        assert!(traces[0].cycles().is_empty());
    }
}
