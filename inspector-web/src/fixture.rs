//! A small app run for tests: `tests/inspector` uses this file too.

use onionskin::{
    link::protocol::{Format, Hello},
    replay,
    wire::{
        Body, BodyEnd, BodyRef, Change, Cycle, Delta, Edge, Header, Octets, Omitted, Outcome, Side,
        Site, SiteKind, Stack, Stage, Step, WIRE_VERSION,
    },
};

pub(crate) const RUN: &str = "0123456789ab";

pub(crate) fn hello(run: &str) -> Hello {
    Hello {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        format: Format::Json,
        app: "shop".into(),
        run: run.into(),
        pid: 7,
        started_unix_us: 1_700_000_000_000_000,
        command: "target/debug/shop".into(),
        cwd: Some("/home/me/shop".into()),
    }
}

pub(crate) fn site() -> Site {
    Site {
        id: 3,
        kind: SiteKind::Handler,
        name: "show_book".into(),
        type_name: "shop::show_book".into(),
        file: "src/main.rs".into(),
        line: 42,
        extractors: vec!["Path<u64>".into()],
    }
}

pub(crate) fn stack() -> Stack {
    Stack {
        sites: vec![site()],
        ..Stack::default()
    }
}

fn header(name: &str, value: &[u8]) -> Header {
    Header {
        name: name.into(),
        value: value.into(),
        redacted: false,
    }
}

fn step(seq: u32, stage: Stage, edge: Edge, delta: Option<Delta>) -> Step {
    Step {
        seq,
        stage,
        edge,
        site: (stage == Stage::View).then_some(0),
        entry: seq,
        parent: None,
        attempt: 1,
        t_ns: u64::from(seq) * 1000,
        idle_ns: 0,
        cost_ns: 0,
        delta,
        left: None,
        resolved: None,
        sent: None,
    }
}

/// `GET /books/{number}`, answered by its handler with a body that is not UTF-8.
pub(crate) fn cycle(run: &str, number: u64) -> Cycle {
    let target = format!("/books/{number}");
    let request = vec![header("host", b"localhost:3000"), header("x-odd", &[0xff])];
    let asked = Delta {
        method: Some(Change {
            from: None,
            to: "GET".into(),
        }),
        uri: Some(Change {
            from: None,
            to: target.clone(),
        }),
        headers: replay::diff(&[], &request),
        ..Delta::default()
    };
    let answered = Delta {
        status: Some(Change {
            from: None,
            to: 200,
        }),
        headers: replay::diff(&[], &[header("content-type", b"text/plain")]),
        body: Some(Change {
            from: None,
            to: BodyRef {
                body: Some(0),
                announced: Some(4),
            },
        }),
        ..Delta::default()
    };
    Cycle {
        wire: WIRE_VERSION,
        id: format!("{run}-{number}"),
        app: "shop".into(),
        run: run.into(),
        number,
        started_unix_us: 1_700_000_000_000_000 + number,
        duration_ns: 3000,
        idle_ns: 0,
        cost_ns: 0,
        method: "GET".into(),
        target,
        route: Some("/books/{id}".into()),
        status: Some(200),
        outcome: Outcome::Completed,
        connection: None,
        sites: vec![site()],
        steps: vec![
            step(0, Stage::Parse, Edge::In, Some(asked)),
            step(1, Stage::View, Edge::In, None),
            step(2, Stage::View, Edge::Out, Some(answered)),
        ],
        marks: vec![],
        bodies: vec![Body {
            side: Side::Response,
            len: 4,
            frames: 1,
            end: BodyEnd::Complete,
            hash: Some("0".repeat(16)),
            head: Octets(vec![0, 0xff, b'<', b'>']),
            redacted: false,
            events: None,
            trailers: vec![],
            first_ns: Some(2000),
            last_ns: Some(2000),
        }],
        never_ran: vec![],
        omitted: Omitted::default(),
    }
}
