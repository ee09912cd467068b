//! A trace of any app as text.

use super::Trace;
use onionskin::{
    spans::{Span, SpanId, Status, Value},
    text,
};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

/// Deepest nesting that is shown: ids come from outside, and may lead in a circle.
const DEEPEST: usize = 64;

/// The spans as a waterfall: when each began, how long it took, whose it is. All that was said from outside is escaped.
pub fn waterfall(trace: &Trace) -> String {
    let mut services: HashMap<SpanId, &str> = HashMap::new();
    let mut spans: Vec<&Span> = Vec::new();
    for batch in &trace.batches {
        for span in &batch.spans {
            services.insert(span.id, batch.service().unwrap_or("?"));
            spans.push(span);
        }
    }
    spans.sort_by_key(|span| (span.start, span.id));
    let mut out = format!(
        "trace {} · {} spans · an OpenTelemetry trace without a record of Onionskin: there are no deltas to show\n",
        trace.id,
        spans.len()
    );
    let begun = trace.start();
    let known = |id: &Option<SpanId>| id.is_some_and(|id| services.contains_key(&id));
    let mut open: Vec<(&Span, usize)> = spans
        .iter()
        .rev()
        .filter(|span| !known(&span.parent))
        .map(|span| (*span, 0))
        .collect();
    let mut beneath: HashMap<SpanId, Vec<&Span>> = HashMap::new();
    for span in spans.iter().rev() {
        if let Some(parent) = span.parent {
            beneath.entry(parent).or_default().push(span);
        }
    }
    let mut shown = HashSet::new();
    while let Some((span, depth)) = open.pop() {
        if !shown.insert(span.id) {
            continue;
        }
        line(&mut out, span, depth, begun, services[&span.id]);
        if depth < DEEPEST {
            let children = beneath.get(&span.id).into_iter().flatten();
            open.extend(children.map(|child| (*child, depth + 1)));
        }
    }
    if shown.len() < spans.len() {
        let _ = writeln!(
            out,
            "{} spans hang below themselves or too deep",
            spans.len() - shown.len()
        );
    }
    out
}

fn line(out: &mut String, span: &Span, depth: usize, begun: u64, service: &str) {
    let at = text::duration(span.start.saturating_sub(begun));
    let took = text::duration(span.end.saturating_sub(span.start));
    let indent = "  ".repeat(depth);
    let name = text::escape(&span.name);
    let service = text::escape(service);
    let _ = write!(out, "{at:>10} {took:>10}  {indent}{name}  [{service}]");
    if let Status::Error { message } = &span.status {
        let _ = write!(out, "  error {}", text::escape(message));
    }
    out.push('\n');
    for event in &span.events {
        let at = text::duration(event.time.saturating_sub(begun));
        let _ = writeln!(
            out,
            "{at:>10} {:>10}  {indent}  · {}",
            "",
            text::escape(&event.name)
        );
    }
}

/// A value as text.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Double(v) => v.to_string(),
        Value::Text(v) => v.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin::spans::{Attribute, Batch, TraceId};

    #[test]
    fn spans_hang_below_their_parents_and_hostile_names_are_escaped() {
        let span = |id: u8, parent: Option<u8>, name: &str| Span {
            id: SpanId([id; 8]),
            parent: parent.map(|p| SpanId([p; 8])),
            name: name.into(),
            start: 1000 + u64::from(id) * 1000,
            end: 9000,
            ..Span::default()
        };
        let trace = Trace {
            id: TraceId([7; 16]),
            batches: vec![Batch {
                resource: vec![Attribute::new("service.name", "bank")],
                spans: vec![
                    span(3, Some(1), "inner\u{1b}[2J"),
                    span(1, None, "outer"),
                    span(2, Some(9), "lost parent"),
                    span(4, Some(5), "round"),
                    span(5, Some(4), "and round"),
                ],
            }],
        };
        let text = waterfall(&trace);
        assert!(text.contains("no deltas"), "{text}");
        assert!(text.contains("  outer  [bank]\n"), "{text}");
        assert!(text.contains("    inner"), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert!(text.contains("2 spans hang below themselves"), "{text}");
        assert_eq!(text.lines().count(), 5, "{text}");
    }
}
