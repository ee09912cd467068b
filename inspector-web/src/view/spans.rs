//! The spans of other services beside a cycle.

use crate::{
    model::{
        CycleSpans, Relation, ServiceLine, SpanAttribute, SpanEvent, SpanKind, SpanLine, SpanStatus,
    },
    otlp::{Kept, is_carrier},
};
use onionskin::{
    spans::{self, Attribute, Content, Kind, Options, Parent, SpanId, Status, Value},
    wire::Cycle,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// Most spans in one answer.
const LINES: usize = 1_000;

/// A time further away than this is none that can be meant: 30 days.
const FAR_NS: u64 = 30 * 86_400 * 1_000_000_000;

/// What was received of a cycle's trace, now or when it was recorded, as it stands to the cycle.
pub(crate) fn spans(cycle: &Cycle, received: Vec<Arc<Kept>>) -> CycleSpans {
    let (trace, parent) = spans::trace_of(cycle);
    let answer = CycleSpans {
        trace: trace.to_string(),
        joined: matches!(parent, Parent::Valid(_)),
        ..CycleSpans::default()
    };
    if received.is_empty() {
        return answer;
    }
    let (own, others): (Vec<_>, Vec<_>) = received
        .into_iter()
        .partition(|kept| kept.span.cycle() == Some(&cycle.id));
    let others: Vec<_> = others
        .into_iter()
        .filter(|kept| !is_carrier(&kept.span))
        .collect();
    let tree = Tree::new(cycle, &parent, &others);
    let order = tree.in_order(&others);
    let lines = order.iter().take(LINES).map(|(kept, depth)| {
        let line = Line {
            origin: cycle.started_unix_us.saturating_mul(1000),
            kept,
        };
        line.of(*depth, &tree)
    });
    let lines: Vec<_> = lines.collect();
    CycleSpans {
        services: services(&others),
        more: (others.len() - lines.len()) as u64,
        spans: lines,
        own: own.len() as u64,
        ..answer
    }
}

fn services(all: &[Arc<Kept>]) -> Vec<ServiceLine> {
    let mut counts: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for kept in all {
        *counts.entry(kept.service.as_deref()).or_default() += 1;
    }
    let line = |(name, spans): (Option<&str>, u64)| ServiceLine {
        name: name.map(str::to_owned),
        spans,
    };
    counts.into_iter().map(line).collect()
}

/// Who happened in whom. Ids come from outside and may lead in circles.
struct Tree<'a> {
    /// The places of the cycle that have a span, and their names.
    places: HashMap<SpanId, String>,
    /// The spans that the cycle happened in.
    above: HashSet<SpanId>,
    received: HashMap<SpanId, &'a Arc<Kept>>,
}

impl<'a> Tree<'a> {
    fn new(cycle: &Cycle, parent: &Parent, others: &'a [Arc<Kept>]) -> Self {
        let options = Options {
            content: Content::Spans,
            ..Options::default()
        };
        let places = spans::encode(cycle, &options).into_iter();
        let received: HashMap<_, _> = others.iter().map(|kept| (kept.span.id, kept)).collect();
        let mut above = HashSet::new();
        let mut next = match parent {
            Parent::Valid(parent) => Some(parent.span),
            _ => None,
        };
        while let Some(kept) = next.and_then(|id| received.get(&id)) {
            next = above
                .insert(kept.span.id)
                .then_some(kept.span.parent)
                .flatten();
        }
        Self {
            places: places.map(|span| (span.id, span.name)).collect(),
            above,
            received,
        }
    }

    /// The received span that this one happened in.
    fn parent(&self, kept: &Kept) -> Option<&'a Arc<Kept>> {
        self.received.get(&kept.span.parent?).copied()
    }

    /// The place of the cycle that it hangs at.
    fn place(&self, kept: &Kept) -> Option<&str> {
        self.places.get(&kept.span.parent?).map(String::as_str)
    }

    fn relation(&self, kept: &Kept) -> Relation {
        if self.above.contains(&kept.span.id) {
            return Relation::Above;
        }
        let mut seen = HashSet::new();
        let mut at = kept;
        while seen.insert(at.span.id) {
            if self.place(at).is_some() {
                return Relation::Beneath;
            }
            match self.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        Relation::Beside
    }

    /// All of them, each behind the one that it happened in, with how many are around it.
    fn in_order(&self, others: &'a [Arc<Kept>]) -> Vec<(&'a Arc<Kept>, usize)> {
        let mut children: HashMap<SpanId, Vec<&'a Arc<Kept>>> = HashMap::new();
        let mut roots = Vec::new();
        for kept in others {
            match self.parent(kept) {
                Some(parent) => children.entry(parent.span.id).or_default().push(kept),
                None => roots.push(kept),
            }
        }
        let by_time = |kept: &&Arc<Kept>| (kept.span.start, kept.span.id);
        roots.sort_by_key(|kept| {
            let rank = match self.relation(kept) {
                Relation::Above => 0,
                Relation::Beneath => 1,
                Relation::Beside => 2,
            };
            (rank, by_time(kept))
        });
        for all in children.values_mut() {
            all.sort_by_key(by_time);
        }
        let mut order = Vec::with_capacity(others.len());
        let mut told = HashSet::new();
        // Behind the roots: those that are in circles, which have none.
        for root in roots.into_iter().chain(others) {
            let mut open = vec![(root, 0)];
            while let Some((kept, depth)) = open.pop() {
                if !told.insert(kept.span.id) {
                    continue;
                }
                order.push((kept, depth));
                let inside = children.get(&kept.span.id).into_iter().flatten().rev();
                open.extend(inside.map(|child| (*child, depth + 1)));
            }
        }
        order
    }
}

struct Line<'a> {
    /// The start of the cycle, nanoseconds since the Unix epoch.
    origin: u64,
    kept: &'a Kept,
}

impl Line<'_> {
    fn of(&self, depth: usize, tree: &Tree<'_>) -> SpanLine {
        let span = &self.kept.span;
        let (status, message) = match &span.status {
            Status::Unset => (SpanStatus::Unset, None),
            Status::Ok => (SpanStatus::Ok, None),
            Status::Error { message } => (SpanStatus::Error, Some(message.clone())),
        };
        let event = |event: &spans::Event| SpanEvent {
            name: event.name.clone(),
            t_ns: self.at(event.time),
            attributes: attributes(&event.attributes),
        };
        SpanLine {
            id: span.id.to_string(),
            parent: span.parent.map(|id| id.to_string()),
            service: self.kept.service.as_deref().map(str::to_owned),
            name: span.name.clone(),
            kind: kind(span.kind),
            relation: tree.relation(self.kept),
            under: tree.place(self.kept).map(str::to_owned),
            cycle: span.cycle().map(str::to_owned),
            depth,
            from_ns: self.at(span.start),
            duration_ns: duration(span.start, span.end),
            status,
            message: message.filter(|message| !message.is_empty()),
            attributes: attributes(&span.attributes),
            events: span.events.iter().map(event).collect(),
            left_out: self.kept.left_out,
        }
    }

    /// A time from the start of the cycle.
    fn at(&self, time: u64) -> Option<i64> {
        let is_near = time > 0 && time.abs_diff(self.origin) <= FAR_NS;
        let t = i128::from(time) - i128::from(self.origin);
        is_near.then(|| i64::try_from(t).ok()).flatten()
    }
}

fn duration(start: u64, end: u64) -> Option<u64> {
    let duration = end.checked_sub(start).filter(|_| start > 0)?;
    (duration <= FAR_NS).then_some(duration)
}

fn kind(kind: Kind) -> SpanKind {
    match kind {
        Kind::Unspecified => SpanKind::Unspecified,
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
        Kind::Producer => SpanKind::Producer,
        Kind::Consumer => SpanKind::Consumer,
    }
}

fn attributes(all: &[Attribute]) -> Vec<SpanAttribute> {
    let one = |a: &Attribute| SpanAttribute {
        key: a.key.clone(),
        value: match &a.value {
            Value::Bool(v) => v.to_string(),
            Value::Int(v) => v.to_string(),
            Value::Double(v) => v.to_string(),
            Value::Text(v) => v.clone(),
        },
    };
    all.iter().map(one).collect()
}

#[cfg(test)]
mod tests;
