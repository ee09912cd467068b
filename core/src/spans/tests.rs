use super::*;
use crate::text::samples;
use crate::wire::{Cycle, Edge, Header, HeaderEdit, Left, Mark, MarkKind, Octets};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
};

fn samples() -> Vec<Cycle> {
    vec![
        samples::completed(),
        samples::short_circuit(),
        samples::panicked(),
        samples::retried(),
    ]
}

/// One more header of the request as it came.
fn put_request_header(cycle: &mut Cycle, name: &str, value: &str) {
    let delta = cycle.steps[0].delta.as_mut().unwrap();
    let header = Header {
        name: name.into(),
        value: value.into(),
        redacted: false,
    };
    let at = delta.headers.len();
    delta.headers.push(HeaderEdit::Add { at, header });
}

/// Everything of a cycle.
fn whole() -> Options {
    Options {
        content: Content::Bodies,
        ..Options::default()
    }
}

fn back(spans: &[Span]) -> Cycle {
    let mut found = decode(spans);
    assert_eq!(found.len(), 1);
    found.remove(0).cycle.unwrap()
}

#[test]
fn what_is_sent_comes_back_equal() {
    for cycle in samples() {
        assert_eq!(back(&encode(&cycle, &whole())), cycle);
        let spans = encode(&cycle, &Options::default());
        assert_eq!(back(&spans), without_bodies(&cycle));
        assert_eq!(encode(&cycle, &Options::default()), spans, "ids are stable");
    }
}

#[test]
fn json_and_back_changes_nothing() {
    for cycle in samples() {
        let batches = vec![Batch {
            resource: vec![Attribute::new("service.name", "shop")],
            spans: encode(&cycle, &whole()),
        }];
        let json = to_json(&batches).to_string();
        let read = from_json(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(read, batches);
    }
}

#[test]
fn spans_nest_as_the_calls_did() {
    for cycle in samples() {
        let spans = encode(&cycle, &Options::default());
        let root = &spans[0];
        assert_eq!((root.kind, root.parent), (Kind::Server, None));
        let mut ids = std::collections::HashSet::new();
        for span in &spans {
            assert!(ids.insert(span.id), "twice: {span:?}");
            assert!(span.end > span.start, "{span:?}");
            assert_eq!(span.cycle(), Some(&*cycle.id));
            assert_eq!(span.trace, root.trace);
            let Some(parent) = span.parent else {
                continue;
            };
            // Parents come first, and children lie within them.
            let parent = spans.iter().find(|s| s.id == parent).unwrap();
            assert!(ids.contains(&parent.id));
            assert!(parent.start <= span.start, "{span:?} in {parent:?}");
            assert!(
                parent.end >= span.end || span.name == "send",
                "{span:?} in {parent:?}"
            );
        }
    }
}

#[test]
fn a_part_of_it_is_called_a_part() {
    let cycle = &samples()[0];
    let spans = encode(cycle, &whole());
    let flaw = |spans: &[Span]| decode(spans).remove(0).cycle.unwrap_err();
    let of = spans.iter().map(|s| s.events.len()).sum::<usize>();
    for (i, gone) in spans
        .iter()
        .enumerate()
        .filter(|(_, s)| !s.events.is_empty())
    {
        let mut rest = spans.clone();
        rest.remove(i);
        let have = of - gone.events.len();
        let of = (i > 0).then_some(of);
        assert_eq!(flaw(&rest), Flaw::Incomplete { have, of });
    }
    let spans_only = Options {
        content: Content::Spans,
        ..Options::default()
    };
    assert_eq!(flaw(&encode(cycle, &spans_only)), Flaw::SpansOnly);
}

#[test]
fn what_somebody_changed_is_found_out() {
    let cycle = &samples()[0];
    let flaw = |change: &dyn Fn(&mut Attribute)| {
        let mut spans = encode(cycle, &whole());
        for span in &mut spans {
            span.attributes.iter_mut().for_each(change);
            for event in &mut span.events {
                event.attributes.iter_mut().for_each(change);
            }
        }
        decode(&spans).remove(0).cycle.unwrap_err()
    };
    let text = |a: &mut Attribute| {
        if let (key::RECORD, Value::Text(text)) = (a.key.as_str(), &mut a.value) {
            *text = text.replace("127.0.0.1", "127.0.0.2");
        }
    };
    assert!(matches!(flaw(&text), Flaw::Damaged { what } if what.contains("digest")));
    let format = |a: &mut Attribute| {
        if a.key == key::FORMAT {
            a.value = Value::Int(2);
        }
    };
    assert_eq!(flaw(&format), Flaw::Version { found: 2, read: 1 });
    let lost = |a: &mut Attribute| {
        if a.key == key::RECORD {
            a.key.push('x');
        }
    };
    assert!(matches!(flaw(&lost), Flaw::Damaged { .. }));
}

#[test]
fn a_valid_parent_is_joined_and_an_invalid_one_is_shown() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-00");
    let mut cycle = samples().remove(0);
    put_request_header(&mut cycle, "traceparent", &parent);
    put_request_header(&mut cycle, "tracestate", "a=b");
    let root = &encode(&cycle, &whole())[0];
    assert_eq!(root.trace.to_string(), trace);
    assert_eq!(root.parent.unwrap().to_string(), "00f067aa0ba902b7");
    assert_eq!(root.state, "a=b");
    put_request_header(&mut cycle, "traceparent", &parent);
    let root = &encode(&cycle, &whole())[0];
    assert_ne!(root.trace.to_string(), trace, "two of them are none");
    assert_eq!(root.parent, None);
    let raw = root.attribute(key::INVALID_PARENT).and_then(Value::as_str);
    assert_eq!(raw, Some(&*parent));
}

#[test]
fn headers_are_shown_if_they_are_allowed() {
    let mut cycle = samples().remove(0);
    put_request_header(&mut cycle, "x-team", "a");
    put_request_header(&mut cycle, "x-team", "b");
    let key = "http.request.header.x-team";
    assert_eq!(encode(&cycle, &whole())[0].attribute(key), None);
    let options = Options {
        headers: vec!["X-Team".into(), "x-team".into()],
        ..whole()
    };
    let root = &encode(&cycle, &options)[0];
    assert_eq!(root.attribute(key), Some(&"a, b".into()));
}

/// Attributes that stores and readers are known to keep as they are.
fn check_limits(spans: &[Span]) {
    for span in spans {
        let events: usize = span
            .events
            .iter()
            .flat_map(|e| &e.attributes)
            .map(bytes)
            .sum();
        assert!(events < 2 << 20, "{events} bytes of events in one span");
        let of_events = span.events.iter().map(|e| &e.attributes);
        for attributes in of_events.chain([&span.attributes]) {
            let mut keys = std::collections::HashSet::new();
            for attribute in attributes {
                assert!(keys.insert(&attribute.key), "twice: {attribute:?}");
                assert!(
                    attribute.value != Value::Text(String::new()),
                    "{attribute:?}"
                );
                assert!(bytes(attribute) <= (32 << 10) + 64, "{}", attribute.key);
            }
        }
    }
}

fn bytes(attribute: &Attribute) -> usize {
    attribute.key.len() + attribute.value.as_str().map_or(8, str::len)
}

#[test]
fn a_cycle_of_many_megabytes_is_split_and_comes_back() {
    let mut cycle = samples().remove(0);
    let steps = cycle.steps.len() as u32;
    for n in 0..40_u32 {
        cycle.marks.push(Mark {
            t_ns: cycle.duration_ns,
            after: steps - 1,
            inside: (n % 2 == 0).then_some(0),
            what: MarkKind::Error {
                chain: vec!["snö\u{0}\u{1b}[2J".repeat(20_000), String::new()],
            },
        });
    }
    cycle.bodies[0].head = Octets((0..=255).cycle().take(200_000).collect());
    let spans = encode(&cycle, &whole());
    check_limits(&spans);
    assert!(spans.iter().any(|s| s.name == "record, continued"));
    assert_eq!(back(&spans), cycle);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => ".{0,20}",
        1 => Just(String::new()),
        1 => ("[a-zö\u{0}\u{85}\u{2028}]{1,9}", 1..8000_usize).prop_map(|(t, n)| t.repeat(n)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Cycles that no app of ours would send, but a peer of the link can.
    #[test]
    fn hostile_cycles_come_back_equal(
        sample in 0..samples().len(),
        texts in prop::collection::vec(text(), 12),
        numbers in prop::collection::vec(any::<u64>(), 12),
        small in prop::collection::vec(0..40_u32, 12),
        octets in prop::collection::vec(any::<u8>(), 0..300),
        shape in prop::collection::vec(0..8_u8, 0..24),
    ) {
        let mut cycle = samples().swap_remove(sample);
        let mut texts = texts.into_iter().cycle();
        let mut numbers = numbers.into_iter().cycle();
        let mut small = small.into_iter().cycle();
        let mut text = || texts.next().unwrap();
        let mut number = || numbers.next().unwrap();
        for how in shape {
            let n = small.next().unwrap();
            let last = cycle.steps.len() - 1;
            let step = &mut cycle.steps[n as usize % (last + 1)];
            match how {
                0 => step.t_ns = number(),
                1 => (step.entry, step.parent) = (n, Some(n + 1)),
                2 => step.edge = if n % 2 == 0 { Edge::In } else { Edge::Out },
                3 => step.left = Some(Left::Error { error: text() }),
                4 => step.site = Some(n as usize),
                5 => (cycle.method, cycle.target) = (text(), text()),
                6 => (cycle.started_unix_us, cycle.duration_ns) = (number(), number()),
                _ => cycle.marks.push(Mark {
                    t_ns: number(),
                    after: n,
                    inside: Some(n),
                    what: MarkKind::Log {
                        level: text(),
                        target: text(),
                        message: text(),
                        fields: [(text(), text())].into(),
                    },
                }),
            }
        }
        if let Some(body) = cycle.bodies.first_mut() {
            body.head = Octets(octets);
        }
        cycle.route = Some(text());
        put_request_header(&mut cycle, "traceparent", &text());
        let spans = encode(&cycle, &whole());
        check_limits(&spans);
        prop_assert_eq!(&back(&spans), &cycle);
        let json = to_json(&[Batch { resource: vec![], spans: spans.clone() }]).to_string();
        let read = from_json(&serde_json::from_str(&json).unwrap()).unwrap();
        prop_assert_eq!(&read[0].spans, &spans);
    }
}

/// How many values there are in JSON, itself included.
fn count(json: &serde_json::Value) -> usize {
    1 + match json {
        serde_json::Value::Array(all) => all.iter().map(count).sum(),
        serde_json::Value::Object(all) => all.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes one of the values, by its place in the order in which they are written.
fn change(json: &mut serde_json::Value, mut at: usize, how: u8) {
    let below: Vec<&mut serde_json::Value> = match json {
        serde_json::Value::Array(all) if at > 0 => all.iter_mut().collect(),
        serde_json::Value::Object(all) if at > 0 => all.values_mut().collect(),
        _ => return replace(json, how),
    };
    at -= 1;
    for value in below {
        let n = count(value);
        if at < n {
            return change(value, at, how);
        }
        at -= n;
    }
}

fn replace(json: &mut serde_json::Value, how: u8) {
    use serde_json::{Value, json};
    *json = match how {
        0 => Value::Null,
        1 => json!("99999999999999999999"),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!([]),
        5 => json!({}),
        6 => json!("AAAA"),
        7 => json!(true),
        _ => match &mut *json {
            Value::Array(all) if !all.is_empty() => {
                let again = all[0].clone();
                all.push(again);
                Value::Array(std::mem::take(all))
            }
            Value::String(text) => json!(text.chars().rev().collect::<String>()),
            other => other.take(),
        },
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Answers of somebody else's Jaeger: read, found damaged, or refused.
    #[test]
    fn no_json_makes_the_reader_panic(
        sample in 0..samples().len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..9_u8), 1..5),
    ) {
        let spans = encode(&samples().swap_remove(sample), &whole());
        let mut json = to_json(&[Batch { resource: vec![], spans }]);
        for (at, how) in changes {
            let at = at.index(count(&json));
            change(&mut json, at, how);
        }
        if let Ok(batches) = from_json(&json) {
            for found in decode(batches.iter().flat_map(|batch| &batch.spans)) {
                // What is read as a cycle is one that can be shown.
                if let Ok(cycle) = found.cycle {
                    drop(crate::replay::Replay::new(&cycle));
                    drop(crate::text::timeline(&cycle).to_string());
                }
            }
        }
    }
}
