//! Cycles for the tests of this module.

use crate::fixture;
use onionskin::{
    replay,
    wire::{
        Body, BodyEnd, BodyRef, Change, Cycle, Delta, ExtensionEdit, Header, Mark, MarkKind,
        Octets, Outcome, Side,
    },
};
use std::collections::BTreeMap;

/// What would end a script, a line, a fence, a quote or a screen, if it were not escaped.
pub(super) const HOSTILE: &str = "</script><script>document.title='pwned'</script><!--\u{2028}\u{2029}]]>```'\"`$(touch pwned)\\\u{202e}\u{1b}[2J";

pub(super) const ADDRESSES: [&str; 4] = [
    "ann.lee@example.org",
    "203.0.113.7",
    "2001:db8::7",
    "198.51.100.9",
];

pub(super) fn cycle() -> Cycle {
    fixture::cycle(fixture::RUN, 7)
}

pub(super) fn header(name: &str, value: &[u8]) -> Header {
    Header {
        name: name.into(),
        value: value.into(),
        redacted: false,
    }
}

/// A cycle with this request.
pub(super) fn asked(method: &str, target: &str, headers: &[Header], body: &[u8]) -> Cycle {
    let mut cycle = cycle();
    cycle.method = method.into();
    cycle.target = target.into();
    cycle.bodies.push(Body {
        side: Side::Request,
        len: body.len() as u64,
        head: Octets(body.to_vec()),
        hash: Some("1".repeat(16)),
        ..cycle.bodies[0].clone()
    });
    let to = |to: &str| {
        Some(Change {
            from: None,
            to: to.to_owned(),
        })
    };
    cycle.steps[0].delta = Some(Delta {
        method: to(method),
        uri: to(target),
        version: to("HTTP/1.1"),
        headers: replay::diff(&[], headers),
        body: Some(Change {
            from: None,
            to: BodyRef {
                body: Some(1),
                announced: Some(body.len() as u64),
            },
        }),
        ..Delta::default()
    });
    cycle
}

/// Every byte that may stand in a message, everywhere.
pub(super) fn hostile() -> Cycle {
    let value: Vec<u8> = (0x20..=0xff)
        .filter(|b| *b != 0x7f)
        .chain([b'\t', b'x'])
        .collect();
    let headers = [
        header("host", b"localhost:3000"),
        header("x-bytes", &value[1..]),
        header("x-bytes", b"twice"),
        header("x-empty", b""),
        header(
            "x-hostile",
            HOSTILE
                .replace(['\u{2028}', '\u{2029}', '\u{1b}', '\u{202e}'], "")
                .as_bytes(),
        ),
        header("x-at", b"@/etc/passwd"),
        header("x-json", b":=1"),
        header("x`id`'$", b"!!"),
        header("content-type", b"application/octet-stream"),
    ];
    let body: Vec<u8> = (0..=255).collect();
    let mut cycle = asked(
        "POST",
        "/books/%7B7%7D?q='$(id)'&x=[1]{2}!~/../y",
        &headers,
        &body,
    );
    cycle.outcome = Outcome::Failed {
        site: Some(0),
        error: HOSTILE.into(),
    };
    cycle.sites[0].name = HOSTILE.into();
    cycle.app = HOSTILE.into();
    let delta = cycle.steps[2].delta.as_mut().unwrap();
    delta.extensions = vec![ExtensionEdit::Add {
        type_name: HOSTILE.into(),
        value: Some(HOSTILE.into()),
    }];
    cycle.marks = vec![Mark {
        t_ns: 1500,
        after: 1,
        inside: Some(1),
        what: MarkKind::Log {
            level: "INFO".into(),
            target: HOSTILE.into(),
            message: HOSTILE.into(),
            fields: BTreeMap::from([(HOSTILE.into(), HOSTILE.into())]),
        },
    }];
    cycle
}

/// A cycle with [`ADDRESSES`] wherever they can stand.
pub(super) fn with_addresses() -> Cycle {
    let [mail, v4, v6, peer] = ADDRESSES;
    let headers = [
        header("host", b"localhost"),
        header("x-forwarded-for", v4.as_bytes()),
        header("forwarded", format!("for=\"[{v6}]\"").as_bytes()),
        header("x-odd", &[b"\xff ", mail.as_bytes()].concat()),
    ];
    let mut cycle = asked(
        "POST",
        &format!("/users?mail={mail}"),
        &headers,
        mail.as_bytes(),
    );
    cycle.bodies[0].head = Octets([b"\xfe", mail.as_bytes()].concat());
    cycle.bodies[0].end = BodyEnd::Error {
        error: format!("to {peer}"),
    };
    // A later step changes a header that holds one: the fold must still fit.
    let mut after = headers.to_vec();
    after[1].value = format!("{v4}, {peer}").as_str().into();
    cycle.steps[1].delta = Some(Delta {
        base: Some(0),
        headers: replay::diff(&headers, &after),
        ..Delta::default()
    });
    cycle.marks = vec![Mark {
        t_ns: 1,
        after: 1,
        inside: None,
        what: MarkKind::Log {
            level: "INFO".into(),
            target: "shop".into(),
            message: format!("mail to {mail}"),
            fields: BTreeMap::from([("id".into(), mail.into()), ("kind".into(), v6.into())]),
        },
    }];
    cycle.connection = Some(onionskin::wire::Connection {
        peer: Some(format!("{peer}:4312")),
        ..Default::default()
    });
    cycle
}
