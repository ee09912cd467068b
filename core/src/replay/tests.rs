use super::*;
use crate::wire::{
    Change, Delta, Edge, ExtensionEdit, HeaderEdit, Octets, Omitted, Outcome, Stage, WIRE_VERSION,
};

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.into(),
        value: value.into(),
        redacted: false,
    }
}

/// `"a=1 b=2"` as headers.
fn headers(text: &str) -> Vec<Header> {
    let pairs = text.split_whitespace().map(|p| p.split_once('=').unwrap());
    pairs.map(|(n, v)| header(n, v)).collect()
}

/// The edits from `old` to `new`, each in a few letters.
fn edits(old: &str, new: &str) -> Vec<String> {
    let edits = diff(&headers(old), &headers(new));
    assert_eq!(apply(&headers(old), &edits), headers(new));
    let short = |h: &Header| format!("{}={}", h.name, h.value.to_text());
    let line = |edit: &HeaderEdit| match edit {
        HeaderEdit::Add { at, header } => format!("+{at} {}", short(header)),
        HeaderEdit::Remove { at, header } => format!("-{at} {}", short(header)),
        HeaderEdit::Change { at, from, to } => format!("~{at} {} {}", short(from), short(to)),
        HeaderEdit::Move { from, at, header } => format!("{from}>{at} {}", short(header)),
    };
    edits.iter().map(line).collect()
}

fn apply(old: &[Header], edits: &[HeaderEdit]) -> Vec<Header> {
    let held = |h: &Header| Held {
        value: h.clone(),
        by: 0,
    };
    let mut message = Message {
        headers: old.iter().map(held).collect(),
        ..Message::default()
    };
    let delta = Delta {
        headers: edits.to_vec(),
        ..Delta::default()
    };
    fold::apply(&mut message, &delta, 1).unwrap();
    message.headers.into_iter().map(|h| h.value).collect()
}

#[test]
fn what_code_does_to_a_header_map_takes_few_edits() {
    for (old, new, expected) in [
        ("a=1 b=2", "a=1 b=2", &[][..]),
        ("a=1", "a=1 b=2", &["+1 b=2"]),
        ("a=1 c=3", "a=1 c=9", &["~1 c=3 c=9"]),
        ("a=1 b=2 c=3 d=4", "a=1 d=4 c=3", &["-1 b=2", "2>1 d=4"]),
        ("a=1 b=2", "a=1", &["-1 b=2"]),
        ("a=1 b=2 c=3", "", &["-0 a=1", "-0 b=2", "-0 c=3"]),
        ("s=1 s=2 x=0", "s=1 s=2 s=3 x=0", &["+2 s=3"]),
        ("s=1 s=2", "s=2", &["-0 s=1"]),
        ("s=1 s=2", "s=9 s=2", &["~0 s=1 s=9"]),
        ("s=1 s=2", "s=2 s=1", &["1>0 s=2"]),
        ("s=1 s=2 s=3", "s=3 s=1 s=2", &["2>0 s=3"]),
        (
            "a=1 b=2 c=3 d=4 e=5",
            "e=5 b=2 c=3 d=4",
            &["-0 a=1", "3>0 e=5"],
        ),
        ("a=1 b=2", "b=2 a=7", &["~0 a=1 a=7", "1>0 b=2"]),
        ("s=1 s=1", "s=1", &["-1 s=1"]),
        ("s=1 s=2 s=3", "s=8 s=2 s=9", &["~0 s=1 s=8", "~2 s=3 s=9"]),
    ] {
        assert_eq!(edits(old, new), expected, "{old} -> {new}");
    }
}

#[test]
fn the_edits_follow_a_real_header_map() {
    let list = |map: &http::HeaderMap| -> Vec<Header> {
        let one = |(n, v): (&http::HeaderName, &http::HeaderValue)| Header {
            name: n.to_string(),
            value: v.as_bytes().into(),
            redacted: false,
        };
        map.iter().map(one).collect()
    };
    let mut map = http::HeaderMap::new();
    for name in ["host", "accept", "cookie", "via", "te"] {
        map.append(name, "x".parse().unwrap());
    }
    let before = list(&map);
    map.remove("accept");
    let edits = diff(&before, &list(&map));
    assert_eq!(edits.len(), 2, "{edits:?}");
    assert!(matches!(&edits[0], HeaderEdit::Remove { at: 1, .. }));
    assert!(
        matches!(&edits[1], HeaderEdit::Move { from: 3, at: 1, header } if header.name == "te")
    );

    let before = list(&map);
    map.append("cookie", "y".parse().unwrap());
    map.insert("host", "z".parse().unwrap());
    let edits = diff(&before, &list(&map));
    assert!(
        matches!(
            &edits[..],
            [HeaderEdit::Change { at: 0, .. }, HeaderEdit::Add { .. }]
        ),
        "{edits:?}"
    );
}

/// xorshift64: random enough, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn list(&mut self, names: u64, values: u64) -> Vec<Header> {
        let len = self.below(9);
        let mut one = || Header {
            name: format!("h{}", self.below(names)),
            value: Octets(vec![0xf8 + self.below(values) as u8]),
            redacted: self.below(8) == 0,
        };
        (0..len).map(|_| one()).collect()
    }
}

#[test]
fn edits_between_any_two_lists_are_exact() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..60_000 {
        let (names, values) = [(1, 2), (2, 3), (4, 2), (9, 2), (9, 7)][round % 5];
        let old = random.list(names, values);
        let new = random.list(names, values);
        let edits = diff(&old, &new);
        assert_eq!(apply(&old, &edits), new, "{old:?}\n{new:?}\n{edits:?}");
        assert!(edits.len() <= old.len() + new.len(), "{old:?}\n{new:?}");
    }
}

/// How many of a list can stay where they are, in order, while it becomes another: by trying all.
fn most_that_stay<T: PartialEq>(old: &[T], new: &[T]) -> usize {
    let ([first, old_rest @ ..], [head, new_rest @ ..]) = (old, new) else {
        return 0;
    };
    if first == head {
        return 1 + most_that_stay(old_rest, new_rest);
    }
    most_that_stay(old_rest, new).max(most_that_stay(old, new_rest))
}

#[test]
fn of_the_values_of_one_name_as_many_stay_as_can() {
    let mut random = Random(3);
    for _ in 0..5_000 {
        let (old, new) = (random.list(1, 4), random.list(1, 4));
        let touched = diff(&old, &new);
        let touched = touched
            .iter()
            .filter(|edit| !matches!(edit, HeaderEdit::Add { .. }));
        let stay = old.len() - touched.count();
        assert!(stay >= most_that_stay(&old, &new), "{old:?}\n{new:?}");
    }
}

#[test]
fn headers_that_only_change_places_take_as_few_moves_as_can_be() {
    let mut random = Random(5);
    for _ in 0..5_000 {
        let old: Vec<_> = (0..7).map(|n| header(&format!("h{n}"), "x")).collect();
        let mut new = old.clone();
        for last in (1..new.len()).rev() {
            new.swap(last, random.below(last as u64 + 1) as usize);
        }
        let moves = diff(&old, &new);
        let all_move = moves
            .iter()
            .all(|edit| matches!(edit, HeaderEdit::Move { .. }));
        assert!(all_move, "{moves:?}");
        assert_eq!(
            moves.len(),
            old.len() - most_that_stay(&old, &new),
            "{new:?}"
        );
    }
}

#[test]
fn very_long_lists_are_exact_too() {
    let mut random = Random(7);
    let mut long = || -> Vec<Header> {
        (0..600)
            .map(|_| header("s", &random.below(40).to_string()))
            .collect()
    };
    let (old, new) = (long(), long());
    assert_eq!(apply(&old, &diff(&old, &new)), new);
}

fn step(seq: u32, stage: Stage, edge: Edge, delta: Option<Delta>) -> Step {
    Step {
        seq,
        stage,
        edge,
        site: None,
        entry: seq,
        parent: None,
        attempt: 1,
        t_ns: 0,
        idle_ns: 0,
        cost_ns: 0,
        delta,
        left: None,
        resolved: None,
        sent: None,
    }
}

fn cycle(steps: Vec<Step>) -> Cycle {
    Cycle {
        wire: WIRE_VERSION,
        id: "0123456789ab-1".into(),
        app: "shop".into(),
        run: "0123456789ab".into(),
        number: 1,
        started_unix_us: 0,
        duration_ns: 0,
        idle_ns: 0,
        cost_ns: 0,
        method: "GET".into(),
        target: "/".into(),
        route: None,
        status: Some(200),
        outcome: Outcome::Completed,
        connection: None,
        sites: vec![],
        steps,
        marks: vec![],
        bodies: vec![],
        never_ran: vec![],
        omitted: Omitted::default(),
    }
}

fn changed(base: Option<u32>, old: &str, new: &str) -> Option<Delta> {
    Some(Delta {
        base,
        headers: diff(&headers(old), &headers(new)),
        ..Delta::default()
    })
}

fn shown(message: Option<&Message>) -> String {
    let one = |h: &Held<Header>| format!("{}={}@{}", h.value.name, h.value.value.to_text(), h.by);
    let lines = message.map(|m| m.headers.iter().map(one).collect::<Vec<_>>());
    lines.map_or("none".into(), |l| l.join(" "))
}

#[test]
fn each_step_has_both_messages_and_who_set_what() {
    let mut resend = changed(Some(1), "b=2 c=3", "b=2 c=3").unwrap();
    resend.status = None;
    resend.extensions = vec![ExtensionEdit::Add {
        type_name: "User".into(),
        value: None,
    }];
    let mut answer = changed(None, "", "x=1").unwrap();
    answer.status = Some(Change {
        from: None,
        to: 503,
    });
    let mut last = changed(Some(3), "x=1", "x=1 y=2").unwrap();
    last.status = Some(Change {
        from: Some(503),
        to: 200,
    });
    let replay = Replay::new(&cycle(vec![
        step(0, Stage::Parse, Edge::In, changed(None, "", "a=1 b=2 c=3")),
        step(
            1,
            Stage::Middleware,
            Edge::In,
            changed(Some(0), "a=1 b=2 c=3", "c=3 b=2"),
        ),
        step(
            2,
            Stage::View,
            Edge::In,
            changed(Some(1), "c=3 b=2", "c=4 b=2"),
        ),
        step(3, Stage::View, Edge::Out, Some(answer)),
        // The layer calls in again, with the request as it was before the first attempt.
        step(4, Stage::View, Edge::In, {
            resend.headers.clear();
            Some(resend)
        }),
        step(5, Stage::View, Edge::Out, None),
        step(6, Stage::Send, Edge::In, Some(last)),
        step(7, Stage::Send, Edge::Out, None),
    ]))
    .unwrap();

    let request = |k| shown(replay.request(k));
    let response = |k| shown(replay.response(k));
    assert_eq!(request(0), "a=1@0 b=2@0 c=3@0");
    assert_eq!(request(1), "c=3@0 b=2@0");
    assert_eq!(request(2), "c=4@2 b=2@0");
    assert_eq!((request(3), response(3)), (request(2), "x=1@3".into()));
    assert_eq!(response(2), "none");
    assert_eq!(request(4), "c=3@0 b=2@0");
    assert_eq!(replay.request(4).unwrap().extensions[0].by, 4);
    assert_eq!(response(5), "x=1@3");
    assert_eq!(response(7), "x=1@3 y=2@6");
    let status = replay.snapshot(7).unwrap().response.unwrap().status;
    assert_eq!(status, Some(Held { value: 200, by: 6 }));
    assert_eq!(replay.snapshots().count(), 8);
    assert_eq!((replay.len(), replay.is_empty()), (8, false));
    assert!(Replay::default().is_empty());
    assert_eq!(replay.snapshot(8), None);
}

#[test]
fn the_history_of_any_header_begins_with_the_step_that_set_it_last() {
    let mut random = Random(11);
    for _ in 0..2_000 {
        let mut old = Vec::new();
        let mut steps = Vec::new();
        for seq in 0..5_u32 {
            let new = random.list(3, 3);
            let delta = Delta {
                base: seq.checked_sub(1),
                headers: diff(&old, &new),
                ..Delta::default()
            };
            steps.push(step(seq, Stage::Middleware, Edge::In, Some(delta)));
            old = new;
        }
        let cycle = cycle(steps);
        let replay = Replay::new(&cycle).unwrap();
        for at in 0..5 {
            let message = replay.request(at).unwrap();
            for (i, held) in message.headers.iter().enumerate() {
                let history = replay.history(&cycle, at, Side::Request, Part::Header(i));
                let last = Setting {
                    step: held.by,
                    value: Some(held.value.value.clone()),
                };
                assert_eq!(history.first(), Some(&last), "{i} at {at} of {cycle:?}");
            }
        }
    }
}

#[test]
fn an_extension_that_is_put_in_again_begins_anew() {
    let user = || "User".to_owned();
    let add = |value: &str| ExtensionEdit::Add {
        type_name: user(),
        value: Some(value.into()),
    };
    let change = ExtensionEdit::Change {
        type_name: user(),
        from: Some("ann".into()),
        to: "bob".into(),
    };
    let other = ExtensionEdit::Add {
        type_name: "Other".into(),
        value: Some("other".into()),
    };
    let edits = [
        other,
        add("joe"),
        ExtensionEdit::Remove { type_name: user() },
        add("ann"),
        change,
    ];
    let steps = (0_u32..).zip(edits).map(|(seq, edit)| {
        let delta = Delta {
            base: seq.checked_sub(1),
            extensions: vec![edit],
            ..Delta::default()
        };
        step(seq, Stage::Middleware, Edge::In, Some(delta))
    });
    let cycle = cycle(steps.collect());
    let replay = Replay::new(&cycle).unwrap();
    let history = |side, name| replay.history(&cycle, 4, side, Part::Extension(name));
    let set = |step, value: &str| Setting {
        step,
        value: Some(value.into()),
    };
    assert_eq!(
        history(Side::Request, "User"),
        [set(4, "bob"), set(3, "ann")]
    );
    assert_eq!(history(Side::Response, "Other"), [], "there is none yet");
}

#[test]
fn a_delta_that_does_not_fit_names_its_step() {
    let first = || step(0, Stage::Parse, Edge::In, changed(None, "", "a=1"));
    for (bad, what) in [
        (
            step(1, Stage::View, Edge::In, changed(Some(1), "", "")),
            "base",
        ),
        (
            step(1, Stage::View, Edge::Out, changed(Some(0), "", "a=1")),
            "no response",
        ),
        (
            step(1, Stage::View, Edge::In, changed(Some(0), "b=1", "")),
            "another header",
        ),
        (
            step(1, Stage::View, Edge::In, changed(None, "b=1", "")),
            "end of the header list",
        ),
        (
            step(1, Stage::View, Edge::In, changed(None, "b=1", "b=1 c=1")),
            "behind the end",
        ),
        (
            step(1, Stage::View, Edge::In, {
                let mut moves = changed(Some(0), "a=1", "a=1").unwrap();
                moves.headers.push(HeaderEdit::Move {
                    from: 0,
                    at: 1,
                    header: header("a", "1"),
                });
                Some(moves)
            }),
            "moved behind the end",
        ),
        (step(9, Stage::View, Edge::In, None), "place"),
    ] {
        let seq = bad.seq;
        let error = Replay::new(&cycle(vec![first(), bad])).unwrap_err();
        assert_eq!(error.step, seq);
        assert!(error.to_string().contains(what), "{error}");
    }
}
