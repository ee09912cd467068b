//! How cycles look as text.

use super::{
    line, lines, mark,
    notes::{self, received, refused},
    samples, timeline,
};
use crate::{
    times::times,
    wire::{
        BodyEnd, Connection, Cycle, Edge, Frame, FrameCount, FrameKind, MarkKind, Sent, Side,
        SiteKind, Traffic, Tried, Why,
    },
};
use std::collections::BTreeMap;

fn all() -> [Cycle; 7] {
    [
        samples::completed(),
        samples::short_circuit(),
        samples::panicked(),
        samples::retried(),
        samples::worked(),
        samples::rejected(),
        samples::half_head(),
    ]
}

#[test]
fn a_cycle_with_session_auth_and_compression() {
    insta::assert_snapshot!(timeline(&samples::completed()));
}

#[test]
fn a_layer_that_answered_by_itself() {
    insta::assert_snapshot!(timeline(&samples::short_circuit()));
}

#[test]
fn a_panic_and_hostile_text() {
    insta::assert_snapshot!(timeline(&samples::panicked()));
}

#[test]
fn a_layer_that_called_in_again() {
    insta::assert_snapshot!(timeline(&samples::retried()));
}

#[test]
fn what_happens_inside_a_view() {
    insta::assert_snapshot!(timeline(&samples::worked()));
}

#[test]
fn an_extractor_that_refused() {
    insta::assert_snapshot!(timeline(&samples::rejected()));
}

#[test]
fn a_head_that_never_became_a_request() {
    insta::assert_snapshot!(timeline(&samples::half_head()));
}

#[test]
fn what_went_over_the_connection() {
    let count = |side, kind, frames, bytes| FrameCount {
        side,
        kind,
        frames,
        bytes,
    };
    let mut cycle = samples::completed();
    cycle.steps.last_mut().unwrap().sent = Some(Sent {
        body_end_ns: 11_300_000,
        bytes_out: Some(183),
        first_byte_ns: Some(11_350_000),
        last_byte_ns: Some(11_390_000),
        upgraded: Some(Traffic {
            bytes_in: 9,
            bytes_out: 2048,
            frames: vec![
                count(Side::Request, FrameKind::Ping, 1, 3),
                count(Side::Response, FrameKind::Text, 2, 2044),
            ],
        }),
    });
    let shown = timeline(&cycle).to_string();
    let (_, end) = shown.split_once("← send").unwrap();
    insta::assert_snapshot!(end.split_once("\n\n").unwrap().0);
    let timeless = timeline(&cycle).without_times().to_string();
    assert!(timeless.contains("← send  server  all sent, 183 B on the wire"));
    assert!(!timeless.contains("· at src/main.rs"), "{timeless}");
}

#[test]
fn a_request_that_failed_and_a_span_that_took_no_time() {
    let call = MarkKind::Call {
        method: "GET".into(),
        url: "http://stock/7".into(),
        status: None,
        error: Some("refused".into()),
        elapsed_ns: 1_500,
    };
    assert_eq!(
        mark(&call),
        "call GET http://stock/7, failed: refused, 1.5 µs"
    );
    let span = |fields| MarkKind::Span {
        level: "INFO".into(),
        target: "shop".into(),
        name: "load".into(),
        fields,
        elapsed_ns: 0,
        busy_ns: 0,
    };
    assert_eq!(mark(&span(BTreeMap::new())), "span shop load");
    let laid_out = ("sql".into(), "\n    SELECT 1\n    FROM a".into());
    assert_eq!(
        mark(&span([laid_out].into())),
        "span shop load sql=SELECT 1 FROM a"
    );
}

#[test]
fn below_a_panic_the_frames_of_the_app() {
    let frame = |function: &str, folded| Frame {
        function: function.into(),
        at: "src/books.rs:7:5".into(),
        folded,
    };
    let panic = MarkKind::Panic {
        message: "no such book".into(),
        at: "src/books.rs:7".into(),
        backtrace: vec![frame("shop::find", 0), frame("shop::show", 12)],
    };
    let expected = [
        "panic at src/books.rs:7: no such book",
        "shop::find at src/books.rs:7:5",
        "shop::show at src/books.rs:7:5  (behind 12 of libraries)",
    ];
    assert_eq!(lines(&panic), expected);
}

#[test]
fn bytes_of_a_request_that_came_with_the_one_before_or_at_an_unknown_time() {
    for (bytes_in, said) in [(0, "no bytes of its own"), (9, "9 B read")] {
        let connection = Connection {
            bytes_in,
            ..Connection::default()
        };
        assert_eq!(received(&connection), said);
    }
}

#[test]
fn of_many_routes_that_were_tried_some_are_named_and_the_others_counted() {
    let tried = |why: Why| Tried {
        route: "/a".into(),
        why,
    };
    let near = tried(Why::Path {
        wanted: None,
        got: Some("b".into()),
    });
    let (matched, allowed) = (tried(Why::Matched), vec!["GET".into()]);
    let method = tried(Why::Method { allowed });
    let goes_on = "tried /a: the path goes on with \"b\"";
    let takes = "tried /a: almost, it takes GET";
    for (of_path, others, lines, last) in [
        (vec![], 0, 0, None),
        (vec![], 3, 3, Some(goes_on)),
        (vec![], 4, 4, Some("tried 1 more")),
        (vec![], 31, 4, Some("tried 28 more")),
        (vec![], 32, 4, Some("tried 29 more at least")),
        // Of this path: the others are not what it is about.
        (vec![method.clone()], 0, 1, Some(takes)),
        (vec![method.clone()], 3, 2, Some("tried 3 more")),
        (vec![method, matched], 9, 3, Some("tried 9 more")),
    ] {
        let mut routes = of_path;
        routes.extend(vec![near.clone(); others]);
        let said = refused(&routes);
        assert_eq!((said.len(), said.last().map(|l| &**l)), (lines, last));
    }
}

#[test]
fn a_line_for_each() {
    let lines: Vec<_> = all().iter().map(|c| line(&c.summary())).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn own_times_and_cost_make_up_the_whole() {
    for cycle in all() {
        let own: u64 = times(&cycle).iter().flatten().map(|t| t.own_ns()).sum();
        // The server's last words belong to nobody: the cycle is over for every place.
        assert!(own + cycle.cost_ns <= cycle.duration_ns, "{}", cycle.target);
        assert!(
            cycle.duration_ns - own - cycle.cost_ns < 10_000,
            "{}",
            cycle.target
        );
    }
}

#[test]
fn a_cycle_that_points_nowhere_is_shown_all_the_same() {
    let mut cycle = samples::completed();
    for (i, step) in cycle.steps.iter_mut().enumerate() {
        step.site = Some(usize::MAX - i);
        step.entry = u32::MAX - i as u32;
        step.parent = Some(i as u32);
        step.t_ns = u64::MAX;
        step.cost_ns = u64::MAX;
        step.edge = if i % 2 == 0 { Edge::Out } else { Edge::In };
    }
    cycle.never_ran = vec![usize::MAX];
    cycle.bodies.clear();
    assert!(timeline(&cycle).to_string().contains("/books/7"));
}

#[test]
fn a_body_that_nobody_read_is_not_called_empty() {
    let mut cycle = samples::short_circuit();
    let body = cycle.bodies.last_mut().unwrap();
    (body.len, body.frames, body.end) = (0, 0, BodyEnd::Cut);
    let text = timeline(&cycle).to_string();
    assert!(text.contains("\nresponse body: unread\n"), "{text}");
    assert!(text.contains("+ body 13 B, unread\n"), "{text}");
}

#[test]
fn a_body_in_the_place_of_another_says_what_is_known_of_the_two() {
    use crate::{text::edits::body_after, wire::BodyRef};
    let mut cycle = samples::completed();
    let mut body = |len, hash: Option<&str>, end: &BodyEnd| {
        let mut body = cycle.bodies[0].clone();
        (body.len, body.hash, body.end) = (len, hash.map(str::to_owned), end.clone());
        cycle.bodies.push(body);
        Some(cycle.bodies.len() - 1)
    };
    let (whole, cut) = (BodyEnd::Complete, BodyEnd::Cut);
    let a = body(1_536, Some("a"), &whole);
    let same = body(1_536, Some("a"), &whole);
    let other = body(1_536, Some("b"), &whole);
    let counted = body(1_536, None, &whole);
    let half = body(1_536, Some("a"), &cut);
    let shorter = body(1_000, Some("c"), &whole);
    let (empty, empty_too) = (body(0, Some("e"), &whole), body(0, None, &whole));
    let (unread, unread_too) = (body(0, Some("e"), &cut), body(0, None, &cut));
    let (unseen, known) = (None, Some(171));
    for (from, to, said) in [
        (
            (a, None),
            (same, None),
            "1.5 KiB, the same bytes, wrapped or replaced",
        ),
        ((a, None), (other, None), "1.5 KiB, other bytes"),
        (
            (a, None),
            (counted, None),
            "1.5 KiB as before, wrapped or replaced",
        ),
        (
            (a, None),
            (half, None),
            "1.5 KiB, not read to its end (was 1.5 KiB)",
        ),
        ((a, None), (shorter, None), "1000 B (was 1.5 KiB)"),
        (
            (empty, None),
            (empty_too, None),
            "0 B as before, wrapped or replaced",
        ),
        (
            (unseen, Some(0)),
            (empty, None),
            "0 B as before, wrapped or replaced",
        ),
        (
            (unread, Some(0)),
            (empty, None),
            "0 B as before, wrapped or replaced",
        ),
        (
            (unread, None),
            (empty, None),
            "0 B (was of unknown length, unread)",
        ),
        (
            (unread, known),
            (unread_too, known),
            "171 B, unread as before, wrapped or replaced",
        ),
        (
            (unread, known),
            (unread_too, Some(9)),
            "9 B, unread (was 171 B, unread)",
        ),
        (
            (unread, None),
            (unread_too, None),
            "of unknown length, unread as before, wrapped or replaced",
        ),
    ] {
        let [from, to] = [from, to].map(|(body, announced)| BodyRef { body, announced });
        assert_eq!(body_after(&cycle, Some(from), to), said);
    }
    // The timeline says so too, and names both where they differ.
    let step = samples::completed().steps.iter().position(|step| {
        let body = step.delta.as_ref().and_then(|delta| delta.body.as_ref());
        body.is_some_and(|change| change.from.is_some())
    });
    for (to, said) in [
        (
            same,
            "~ body 1.5 KiB, the same bytes, wrapped or replaced\n",
        ),
        (shorter, "~ body 1.5 KiB → 1000 B\n"),
    ] {
        let delta = cycle.steps[step.unwrap()].delta.as_mut().unwrap();
        let change = delta.body.as_mut().unwrap();
        change.from.as_mut().unwrap().body = a;
        change.to.body = to;
        let text = timeline(&cycle).to_string();
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_slash_at_the_end_is_told_in_words() {
    let why = |route: &str, wanted: Option<&str>, got: Option<&str>| {
        let (wanted, got) = (wanted.map(str::to_owned), got.map(str::to_owned));
        let why = Why::Path { wanted, got };
        let route = route.to_owned();
        refused(&[Tried { route, why }]).remove(0)
    };
    for (route, wanted, got, text) in [
        ("/", Some(""), Some("a"), "the path goes on with \"a\""),
        ("/a", None, Some("b"), "the path goes on with \"b\""),
        ("/a", None, Some(""), "the path has one slash more"),
        ("/a/", Some(""), None, "the path ends before the last slash"),
        ("/a/b", Some("b"), None, "the path ends before b"),
        ("/a/b", Some("b"), Some(""), "the path ends before b"),
        ("/a/b", Some("b"), Some("c"), "\"c\" is not b"),
    ] {
        assert_eq!(why(route, wanted, got), format!("tried {route}: {text}"));
    }
}

#[test]
fn where_a_service_is_nested_stands_in_place_of_a_route() {
    let mut cycle = samples::retried();
    let found = |cycle: &Cycle| {
        let text = timeline(cycle).to_string();
        let line = text.lines().find(|line| line.contains("← resolve"));
        line.unwrap().split_once("Router  ").unwrap().1.to_owned()
    };
    assert_eq!(found(&cycle), "/api/stock");
    let resolved = cycle.steps.iter_mut().find_map(|s| s.resolved.as_mut());
    *resolved.unwrap() = Default::default();
    assert_eq!(found(&cycle), "no route");
    let layer = cycle.sites.iter_mut().find(|site| site.kind.is_layer());
    let layer = layer.unwrap();
    (layer.kind, layer.name) = (SiteKind::Nest, "nest /docs".into());
    assert_eq!(found(&cycle), "nest /docs");
    let resolved = cycle.steps.iter_mut().find_map(|s| s.resolved.as_mut());
    resolved.unwrap().tried = vec![Tried {
        route: "/".into(),
        why: Why::Matched,
    }];
    assert_eq!(found(&cycle), "no route");
}

#[cfg(all(feature = "tokio", feature = "http1"))]
#[tokio::test]
async fn a_cycle_that_no_serve_began_says_so() {
    use crate::{Router, extract::Request, routing::get, testing};
    use tower_service::Service as _;
    let request = || Request::new(axum::body::Body::empty());
    let mut app: Router = Router::new().route("/", get(|| async { "Hello" }));
    let tap = testing::Tap::new();
    let answer = app.call(tap.attach(request())).await.unwrap();
    axum::body::to_bytes(answer.into_body(), 99).await.unwrap();
    let unserved = timeline(&tap.take()[0]).to_string();
    assert_eq!(unserved.matches(notes::UNSERVED).count(), 1, "{unserved}");
    let (_, served) = testing::run(app, request()).await;
    let served = timeline(&served).to_string();
    assert!(!served.contains(notes::UNSERVED), "{served}");
}
