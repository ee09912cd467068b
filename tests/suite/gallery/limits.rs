//! Buffers, limits, timeouts.

use super::{Client, by, one, only, raw, same, talk, way};
use crate::raw::request;
use onionskin::wire::{Cycle, Outcome};

/// In and out again, in the order of nesting.
fn through(layers: &[&str], inside: &[&str]) -> Vec<String> {
    let inward = layers.iter().map(|name| format!("> {name}"));
    let outward = layers.iter().rev().map(|name| format!("< {name}"));
    let inside = inside.iter().map(|&step| step.to_owned());
    inward.chain(inside).chain(outward).collect()
}

const LAYERS: [&str; 6] = [
    "HandleErrorLayer",
    "BufferLayer",
    "LoadShedLayer",
    "ConcurrencyLimitLayer",
    "RateLimitLayer",
    "TimeoutLayer",
];

/// Turned away by the load shedder, behind the buffer, and nothing inside it was asked.
fn assert_shed(cycle: &Cycle) {
    let Outcome::Failed { error, .. } = &cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(error, "service overloaded");
    assert_eq!(by(cycle), "LoadShedLayer");
    assert_eq!(cycle.status, Some(503));
    let way = way(cycle);
    let turn = way
        .iter()
        .position(|step| step == "> LoadShedLayer")
        .unwrap();
    assert_eq!(
        way[turn..turn + 4],
        [
            "> LoadShedLayer",
            "! LoadShedLayer",
            "! BufferLayer",
            "< HandleErrorLayer"
        ]
    );
}

/// Requests on one connection, each sent when the one before was answered.
fn in_turn(paths: &[&str]) -> Vec<u8> {
    let (last, first) = paths.split_last().unwrap();
    let first = first
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"));
    let mut bytes = first.collect::<String>().into_bytes();
    bytes.extend(request(&format!("GET {last} HTTP/1.1"), b""));
    bytes
}

/// Two requests on two connections, the second while the first is under way.
fn at_once(path: &'static str) -> impl Fn(std::net::SocketAddr) -> Vec<u8> {
    move |to| {
        let bytes = request(&format!("GET {path} HTTP/1.1"), b"");
        let (mut first, mut second) = (Client::new(to), Client::new(to));
        first.send(&bytes);
        std::thread::sleep(gallery_axum::PATIENCE / 8);
        second.send(&bytes);
        let second = second.rest();
        [first.rest(), second].concat()
    }
}

#[test]
fn a_stack_of_the_router() {
    let talks = [
        one("quick", &[200], "GET /quick", b""),
        raw(
            "three, and no more",
            &[200, 200, 200, 503],
            in_turn(&["/quick"; 4]),
        ),
        one(
            "a connection has a limit of its own",
            &[200],
            "GET /quick",
            b"",
        ),
        one("too slow", &[504], "GET /slow", b""),
        talk("two at once", &[200, 200], at_once("/busy")),
        one("no such route", &[404], "GET /nowhere", b""),
        one("without the stack", &[200], "GET /free", b""),
    ];
    let told = same("stack", &talks);
    let quick = only(&told[0]);
    assert_eq!(quick.outcome, Outcome::Completed);
    let layers = [
        &["ServiceBuilder"],
        &LAYERS[..],
        &["SetResponseHeaderLayer"],
    ]
    .concat();
    let layered = through(&layers, &["> quick", "< quick"]);
    let around = ["> serve", "> resolve", "< resolve"].map(String::from);
    let after = ["< router", "> send", "< send"].map(String::from);
    assert_eq!(way(quick), [&around[..], &layered, &after].concat());
    for cycle in &told[1][..3] {
        assert_eq!(way(cycle), way(quick));
    }
    assert_shed(&told[1][3]);
    let slow = only(&told[3]);
    assert!(
        matches!(slow.outcome, Outcome::TimedOut { .. }),
        "{:?}",
        slow.outcome
    );
    assert_eq!(by(slow), "TimeoutLayer");
    assert!(way(slow).contains(&"! slow".to_owned()));
    for cycle in told[4].iter().chain(&told[5]).chain(&told[6]) {
        assert_eq!(cycle.outcome, Outcome::Completed);
    }
    let free = way(only(&told[6]));
    assert_eq!(free[3..5], ["> quick", "< quick"], "{free:?}");
}

#[test]
fn a_stack_around_the_router() {
    let talks = [
        one("quick", &[200], "GET /quick", b""),
        one("too slow", &[504], "GET /slow", b""),
        talk("one of two at once", &[200, 503], at_once("/busy")),
        one("three, and no more", &[503], "GET /quick", b""),
        raw(
            "nor on another connection",
            &[503, 503],
            in_turn(&["/quick", "/nowhere"]),
        ),
    ];
    let told = same("around", &talks);
    let quick = only(&told[0]);
    assert_eq!(quick.outcome, Outcome::Completed);
    let inside = ["> resolve", "< resolve", "> quick", "< quick", "< router"];
    let layered = through(&LAYERS, &inside);
    let (before, after) = (
        [String::from("> serve")],
        ["> send", "< send"].map(String::from),
    );
    assert_eq!(way(quick), [&before[..], &layered, &after].concat());
    let slow = only(&told[1]);
    assert!(
        matches!(slow.outcome, Outcome::TimedOut { .. }),
        "{:?}",
        slow.outcome
    );
    assert_eq!(by(slow), "TimeoutLayer");
    assert_eq!(told[2][0].outcome, Outcome::Completed);
    assert_shed(&told[2][1]);
    assert_shed(only(&told[3]));
    told[4].iter().for_each(assert_shed);
}
