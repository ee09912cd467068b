use super::*;
use crate::fixture::{RUN, cycle};
use onionskin::spans::{Span, TraceId, key};
use onionskin::wire::{Header, HeaderEdit};
use proptest::prelude::*;

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A cycle whose request has a `traceparent`.
fn joined() -> Cycle {
    let mut cycle = cycle(RUN, 1);
    let header = Header {
        name: "traceparent".into(),
        value: TRACEPARENT.as_bytes().into(),
        redacted: false,
    };
    let first = cycle.steps[0].delta.as_mut().unwrap();
    first.headers.push(HeaderEdit::Add { at: 0, header });
    cycle
}

fn id(n: u64) -> SpanId {
    SpanId(n.to_be_bytes())
}

fn span(n: u64, parent: Option<SpanId>, start: u64) -> Span {
    Span {
        trace: TraceId([1; 16]),
        id: id(n),
        parent,
        name: format!("span {n}"),
        start,
        end: start + 500,
        ..Span::default()
    }
}

fn kept(service: &str, span: Span) -> Arc<Kept> {
    Arc::new(Kept {
        span,
        service: Some(service.into()),
        left_out: 0,
    })
}

fn shape(answer: &CycleSpans) -> Vec<(&str, Relation, usize)> {
    let lines = answer.spans.iter();
    lines
        .map(|l| (l.name.as_str(), l.relation, l.depth))
        .collect()
}

/// The start of the fixture's cycle.
fn origin(cycle: &Cycle) -> u64 {
    cycle.started_unix_us * 1000
}

#[test]
fn spans_stand_above_beneath_and_beside_the_cycle() {
    let cycle = joined();
    let options = Options {
        content: Content::Spans,
        ..Options::default()
    };
    let view = spans::encode(&cycle, &options)
        .into_iter()
        .find(|span| span.name.starts_with("view "))
        .unwrap();
    let caller: SpanId = "00f067aa0ba902b7".parse().unwrap();
    let t = origin(&cycle);
    let mut call = span(0, Some(id(9)), t - 1_000);
    call.id = caller;
    let received = vec![
        kept("bank", span(3, Some(id(2)), t + 40)),
        kept("shop", span(2, Some(view.id), t + 30)),
        kept("front", call),
        kept("front", span(9, None, t - 2_000)),
        kept("mail", span(5, Some(caller), t + 900)),
        kept("queue", span(6, Some(id(77)), t + 5)),
        kept("shop", view.clone()),
    ];
    let answer = super::spans(&cycle, received);
    use Relation::{Above, Beneath, Beside};
    let wanted = [
        ("span 9", Above, 0),
        ("span 0", Above, 1),
        ("span 5", Beside, 2),
        ("span 2", Beneath, 0),
        ("span 3", Beneath, 1),
        ("span 6", Beside, 0),
    ];
    assert_eq!(shape(&answer), wanted);
    assert_eq!(answer.own, 1, "the view's own span came back");
    assert_eq!(answer.spans[3].under.as_deref(), Some(view.name.as_str()));
    assert_eq!(answer.spans[0].from_ns, Some(-2_000));
    assert_eq!(answer.spans[0].duration_ns, Some(500));
    let services: Vec<_> = answer
        .services
        .iter()
        .map(|s| (s.name.as_deref().unwrap(), s.spans))
        .collect();
    let wanted = [
        ("bank", 1),
        ("front", 2),
        ("mail", 1),
        ("queue", 1),
        ("shop", 1),
    ];
    assert_eq!(services, wanted);
    assert!(answer.joined);
    assert_eq!(answer.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[test]
fn times_that_can_not_be_are_not_shown_as_times() {
    let cycle = joined();
    let t = origin(&cycle);
    for (start, end, from, duration) in [
        (0, 0, None, None),
        (0, t, None, None),
        (t, 0, Some(0), None),
        (t + 5, t + 4, Some(5), None),
        (t + 5, t + 5, Some(5), Some(0)),
        (1, t, None, None),
        (u64::MAX, u64::MAX, None, Some(0)),
        (t - FAR_NS, t, Some(-(FAR_NS as i64)), Some(FAR_NS)),
    ] {
        let odd = Span {
            end,
            ..span(1, None, start.min(u64::MAX - 500))
        };
        let odd = Span { start, ..odd };
        let answer = super::spans(&cycle, vec![kept("x", odd)]);
        let line = &answer.spans[0];
        assert_eq!(
            (line.from_ns, line.duration_ns),
            (from, duration),
            "{start} {end}"
        );
    }
}

#[test]
fn circles_end_and_nothing_is_lost() {
    let cycle = joined();
    let received = vec![
        kept("a", span(1, Some(id(2)), 5)),
        kept("a", span(2, Some(id(1)), 6)),
        kept("a", span(3, Some(id(3)), 7)),
    ];
    let answer = super::spans(&cycle, received);
    assert_eq!(answer.spans.len(), 3);
    assert!(answer.spans.iter().all(|l| l.relation == Relation::Beside));
}

#[test]
fn spans_of_another_cycle_say_which_without_their_record() {
    let cycle = joined();
    let mut other = span(1, None, origin(&cycle));
    other.attributes = vec![
        Attribute::new(key::CYCLE, "aaaaaaaaaaaa-4"),
        Attribute::new(key::STAGE, "view"),
    ];
    let mut carrier = span(2, Some(id(1)), origin(&cycle));
    carrier.attributes = vec![Attribute::new(key::CYCLE, "aaaaaaaaaaaa-4")];
    let answer = super::spans(&cycle, vec![kept("x", other), kept("x", carrier)]);
    assert_eq!(answer.spans.len(), 1);
    assert_eq!(answer.spans[0].cycle.as_deref(), Some("aaaaaaaaaaaa-4"));
}

#[test]
fn a_cycle_alone_in_its_trace_says_nothing() {
    let answer = super::spans(&cycle(RUN, 1), Vec::new());
    assert!(answer.spans.is_empty() && answer.services.is_empty() && !answer.joined);
}

proptest! {
    #[test]
    fn every_span_is_told_once_whatever_the_parents(
        links in proptest::collection::vec((1u64..40, proptest::option::of(0u64..40), any::<u64>()), 0..60),
    ) {
        let mut received: BTreeMap<u64, Arc<Kept>> = BTreeMap::new();
        for (n, parent, start) in links {
            let span = Span { start, end: 0, ..span(n, parent.map(id), 0) };
            received.insert(n, kept("s", span));
        }
        let received: Vec<_> = received.into_values().collect();
        let count = received.len();
        let answer = super::spans(&joined(), received);
        let ids: HashSet<_> = answer.spans.iter().map(|l| &l.id).collect();
        prop_assert_eq!((ids.len(), answer.spans.len()), (count, count));
    }
}
