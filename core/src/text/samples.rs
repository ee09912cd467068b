//! Hand-made cycles for tests of what shows cycles. The terminal UI's tests include this file too, so it names the model
//! through its parent module.

use super::wire::{
    Body, BodyEnd, BodyRef, Change, Connection, Cycle, Delta, Edge, ExtensionEdit, Header,
    HeaderEdit, KnownBy, Left, Mark, MarkKind, Octets, Omitted, Outcome, Resolved, Side, Site,
    SiteKind, Stage, Step, WIRE_VERSION,
};
use std::collections::BTreeMap;

/// Builds a cycle step by step; times are microseconds since the step before.
struct Build {
    cycle: Cycle,
    open: Vec<u32>,
    t_ns: u64,
}

impl Build {
    fn new(number: u64, method: &str, target: &str) -> Self {
        let cycle = Cycle {
            wire: WIRE_VERSION,
            id: format!("0badc0ffee00-{number}"),
            app: "shop".into(),
            run: "0badc0ffee00".into(),
            number,
            started_unix_us: 1_763_726_467_000_000 + number * 291_000,
            duration_ns: 0,
            idle_ns: 0,
            cost_ns: 0,
            method: method.into(),
            target: target.into(),
            route: None,
            status: None,
            outcome: Outcome::Completed,
            connection: Some(Connection {
                number: 3,
                reuse: 2,
                peer: Some("127.0.0.1:50412".into()),
                bytes_in: 182,
                first_byte_before_ns: 40_000,
                last_byte_before_ns: 12_000,
            }),
            sites: vec![],
            steps: vec![],
            marks: vec![],
            bodies: vec![],
            never_ran: vec![],
            omitted: Omitted::default(),
        };
        Self {
            cycle,
            open: vec![],
            t_ns: 0,
        }
    }

    fn site(&mut self, kind: SiteKind, name: &str) -> usize {
        let known = self.cycle.sites.iter().position(|s| s.name == name);
        known.unwrap_or_else(|| {
            let n = self.cycle.sites.len();
            self.cycle.sites.push(Site {
                id: n as u32 + 1,
                kind,
                name: name.into(),
                type_name: format!("shop::{name}"),
                file: "src/main.rs".into(),
                line: 40 + n as u32,
                extractors: vec![],
            });
            n
        })
    }

    fn push(&mut self, stage: Stage, edge: Edge, site: usize, us: u64) -> &mut Step {
        let seq = self.cycle.steps.len() as u32;
        self.t_ns += us * 1_000;
        self.cycle.steps.push(Step {
            seq,
            stage,
            edge,
            site: Some(site),
            entry: seq,
            parent: self.open.last().copied(),
            attempt: 1,
            t_ns: self.t_ns,
            idle_ns: self.cycle.idle_ns,
            cost_ns: 1_000,
            delta: None,
            left: None,
            resolved: None,
            sent: None,
        });
        self.cycle.cost_ns += 1_000;
        self.cycle.steps.last_mut().unwrap()
    }

    fn enter(&mut self, us: u64, kind: SiteKind, name: &str) -> &mut Step {
        let site = self.site(kind, name);
        let seq = self.push(kind.stage(), Edge::In, site, us).seq;
        self.open.push(seq);
        self.cycle.steps.last_mut().unwrap()
    }

    fn resolve(&mut self, us: u64, route: Option<&str>, params: &[(&str, &str)]) {
        let entry = *self.open.last().unwrap();
        let site = self.cycle.steps[entry as usize].site.unwrap();
        self.cycle.route = route.map(Into::into);
        let params = params.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        let resolved = Resolved {
            tried: Vec::new(),
            route: route.map(Into::into),
            params: params.collect(),
        };
        let step = self.push(Stage::Resolve, Edge::Out, site, us);
        step.entry = entry;
        step.resolved = Some(resolved);
    }

    fn leave(&mut self, us: u64, left: Left) -> &mut Step {
        let entry = self.open.pop().unwrap();
        let (site, stage) = {
            let step = &self.cycle.steps[entry as usize];
            (step.site.unwrap(), step.stage)
        };
        let stage = match stage {
            Stage::Resolve => Stage::Middleware,
            stage => stage,
        };
        let step = self.push(stage, Edge::Out, site, us);
        step.entry = entry;
        step.left = Some(left);
        step
    }

    fn wait(&mut self, us: u64) {
        self.cycle.idle_ns += us * 1_000;
    }

    fn mark(&mut self, us: u64, what: MarkKind) {
        self.t_ns += us * 1_000;
        self.cycle.marks.push(Mark {
            t_ns: self.t_ns,
            after: self.cycle.steps.len() as u32 - 1,
            inside: self.open.last().copied(),
            what,
        });
    }

    fn parse(&mut self, headers: &[(&str, &str)]) {
        let mut delta = added(headers);
        delta.method = Some(to(self.cycle.method.clone()));
        delta.uri = Some(to(self.cycle.target.clone()));
        delta.version = Some(to("HTTP/1.1".into()));
        self.enter(0, SiteKind::Server, "server").delta = Some(delta);
    }

    fn send(mut self, us: u64, left: Left) -> Cycle {
        let seq = self.push(Stage::Send, Edge::In, 0, us).seq;
        self.open.push(seq);
        if let Some(body) = self
            .cycle
            .bodies
            .iter()
            .position(|b| b.side == Side::Response)
        {
            let len = self.cycle.bodies[body].len;
            self.mark(5, MarkKind::BodyFrame { body, len: len - 1 });
            self.mark(5, MarkKind::BodyFrame { body, len: 1 });
        }
        self.leave(20, left);
        self.end(2)
    }

    fn end(mut self, us: u64) -> Cycle {
        self.cycle.duration_ns = self.t_ns + us * 1_000;
        self.cycle
    }

    fn body(&mut self, side: Side, text: &str) -> BodyRef {
        self.cycle.bodies.push(Body {
            side,
            len: text.len() as u64,
            frames: 2,
            end: BodyEnd::Complete,
            hash: Some("0123456789abcdef".into()),
            head: text.into(),
            redacted: false,
            events: None,
            trailers: vec![],
            first_ns: Some(self.t_ns),
            last_ns: Some(self.t_ns),
        });
        BodyRef {
            body: Some(self.cycle.bodies.len() - 1),
            announced: Some(text.len() as u64),
        }
    }
}

fn to<T>(to: T) -> Change<T> {
    Change { from: None, to }
}

fn header(name: &str, value: &[u8]) -> Header {
    Header {
        name: name.into(),
        value: Octets(value.to_vec()),
        redacted: name == "cookie",
    }
}

fn added(headers: &[(&str, &str)]) -> Delta {
    let edits = headers
        .iter()
        .enumerate()
        .map(|(at, (name, value))| HeaderEdit::Add {
            at,
            header: header(name, value.as_bytes()),
        });
    Delta {
        headers: edits.collect(),
        ..Delta::default()
    }
}

/// A delta to step `base` with one header put in at `at`.
fn plus(base: u32, at: usize, name: &str, value: &str) -> Delta {
    Delta {
        base: Some(base),
        headers: vec![HeaderEdit::Add {
            at,
            header: header(name, value.as_bytes()),
        }],
        ..Delta::default()
    }
}

fn ext(mut delta: Delta, type_name: &str) -> Delta {
    delta.extensions.push(ExtensionEdit::Add {
        type_name: type_name.into(),
        value: None,
    });
    delta
}

fn log(level: &str, message: &str) -> MarkKind {
    MarkKind::Log {
        level: level.into(),
        target: "shop::books".into(),
        message: message.into(),
        fields: BTreeMap::from([("id".into(), "7".into())]),
    }
}

const HEADERS: [(&str, &str); 4] = [
    ("host", "127.0.0.1:3000"),
    ("cookie", "sid=••••3fa9"),
    ("accept", "text/html"),
    ("accept-encoding", "gzip, br"),
];

/// Session, auth and compression around a view that reads the database.
pub(crate) fn completed() -> Cycle {
    let mut b = Build::new(1, "GET", "/books/7?full=1");
    b.parse(&HEADERS);
    let delta = plus(0, 4, "x-request-id", "0190-7f");
    b.enter(14, SiteKind::Layer, "compression");
    b.enter(9, SiteKind::Layer, "request-id");
    b.enter(6, SiteKind::Router, "Router").delta = Some(delta);
    b.resolve(31, Some("/books/{id}"), &[("id", "7")]);
    b.enter(8, SiteKind::Layer, "session").delta = Some(ext(
        ext(
            Delta {
                base: Some(3),
                ..Delta::default()
            },
            "axum::extract::MatchedPath",
        ),
        "axum::RawPathParams",
    ));
    b.wait(900);
    b.enter(1_100, SiteKind::RouteLayer, "auth").delta = Some(ext(
        Delta {
            base: Some(5),
            ..Delta::default()
        },
        "shop::session::Session",
    ));
    b.enter(212, SiteKind::Handler, "show_book").delta = Some(Delta {
        headers: vec![
            HeaderEdit::Remove {
                at: 1,
                header: header("cookie", "sid=••••3fa9".as_bytes()),
            },
            HeaderEdit::Move {
                from: 3,
                at: 1,
                header: header("x-request-id", b"0190-7f"),
            },
            HeaderEdit::Add {
                at: 4,
                header: header("x-user-id", b"42"),
            },
        ],
        ..ext(
            Delta {
                base: Some(6),
                ..Delta::default()
            },
            "shop::auth::User",
        )
    });
    let view = b.cycle.steps[7].site.unwrap();
    b.cycle.sites[view].extractors = vec!["Path<u64>".into(), "Extension<User>".into()];
    b.wait(8_000);
    b.mark(
        2_100,
        MarkKind::Sql {
            statement: "SELECT id, title FROM books WHERE id = ?".into(),
            rows: Some(1),
            elapsed_ns: Some(1_800_000),
        },
    );
    b.mark(6_500, log("INFO", "book shown"));
    let body = b.body(
        Side::Response,
        "<h1>The Onion</h1>\n<p>Layers all the way down.</p>",
    );
    b.leave(700, Left::Returned).delta = Some(Delta {
        status: Some(to(200)),
        version: Some(to("HTTP/1.1".into())),
        body: Some(to(body)),
        ..added(&[
            ("content-type", "text/html; charset=utf-8"),
            ("vary", "accept"),
        ])
    });
    b.leave(60, Left::Returned).delta = Some(Delta {
        base: Some(8),
        ..Delta::default()
    });
    b.leave(140, Left::Returned).delta = Some(plus(9, 2, "set-cookie", "sid=••••3fa9; HttpOnly"));
    b.leave(4, Left::Returned).delta = Some(Delta {
        base: Some(10),
        ..Delta::default()
    });
    b.leave(3, Left::Returned).delta = Some(plus(11, 3, "x-request-id", "0190-7f"));
    let packed = b.body(Side::Response, "\u{1f}packed\u{8}");
    b.cycle.bodies.swap_remove(1); // the packed one was not looked at
    b.leave(420, Left::Returned).delta = Some(Delta {
        headers: vec![
            HeaderEdit::Change {
                at: 1,
                from: header("vary", b"accept"),
                to: header("vary", b"accept, accept-encoding"),
            },
            HeaderEdit::Add {
                at: 4,
                header: header("content-encoding", b"gzip"),
            },
        ],
        body: Some(Change {
            from: Some(body),
            to: BodyRef {
                body: None,
                announced: packed.announced,
            },
        }),
        ..Delta {
            base: Some(12),
            ..Delta::default()
        }
    });
    b.cycle.status = Some(200);
    b.send(30, Left::Sent)
}

/// `auth` answers 401 by itself; a layer and the view never run.
pub(crate) fn short_circuit() -> Cycle {
    let mut b = Build::new(2, "POST", "/cart/items");
    b.parse(&HEADERS);
    b.enter(10, SiteKind::Layer, "request-id");
    b.enter(12, SiteKind::Router, "Router").delta = Some(plus(0, 4, "x-request-id", "0190-80"));
    b.resolve(20, Some("/cart/items"), &[]);
    let auth = b.enter(7, SiteKind::RouteLayer, "auth").site.unwrap();
    let body = b.body(Side::Response, "log in first\n");
    b.leave(1_900, Left::Returned).delta = Some(Delta {
        status: Some(to(401)),
        body: Some(to(body)),
        ..added(&[
            ("www-authenticate", "Cookie"),
            ("content-type", "text/plain"),
        ])
    });
    b.leave(4, Left::Returned);
    b.leave(3, Left::Returned).delta = Some(plus(5, 2, "x-request-id", "0190-80"));
    let never = [
        b.site(SiteKind::RouteLayer, "rate-limit"),
        b.site(SiteKind::Handler, "add_item"),
    ];
    b.cycle.never_ran = never.to_vec();
    b.cycle.outcome = Outcome::ShortCircuited { site: auth };
    b.cycle.status = Some(401);
    b.send(15, Left::Sent)
}

/// A view that panics below a layer that makes a response of it, with hostile text all over, and a cycle cut by a cap.
pub(crate) fn panicked() -> Cycle {
    let mut b = Build::new(3, "GET", "/panic?\u{9b}2J\u{202e}gpj.exe");
    b.parse(&[
        ("host", "127.0.0.1:3000"),
        ("user-agent", "\u{1b}]0;owned\u{7}"),
    ]);
    b.enter(10, SiteKind::Layer, "catch-panic");
    b.enter(5, SiteKind::Router, "Router");
    b.resolve(25, Some("/panic"), &[]);
    let view = b.enter(4, SiteKind::Handler, "panics").site;
    b.mark(
        90,
        MarkKind::Panic {
            message: "index out of bounds:\nthe len is 0".into(),
            at: "src/main.rs:71".into(),
            backtrace: Vec::new(),
        },
    );
    b.leave(12, Left::Unwound);
    b.leave(2, Left::Unwound);
    let body = b.body(Side::Response, "sorry");
    b.leave(30, Left::Returned).delta = Some(Delta {
        status: Some(to(500)),
        body: Some(to(body)),
        headers: vec![HeaderEdit::Add {
            at: 0,
            header: header("x-odd", b"\xff\xfe\x9b1m"),
        }],
        ..Delta::default()
    });
    b.cycle.outcome = Outcome::Panicked {
        site: view,
        message: Some("index out of bounds:\nthe len is 0".into()),
        at: Some("src/main.rs:71".into()),
        caught: true,
    };
    b.cycle.status = Some(500);
    b.cycle.omitted = Omitted {
        bodies: 0,
        marks: 12,
        steps: 0,
    };
    b.send(10, Left::Cut)
}

/// A layer that calls in again after an error; the layers inside have an edge, and the router strips a prefix.
pub(crate) fn retried() -> Cycle {
    let mut b = Build::new(4, "GET", "/api/stock");
    b.parse(&HEADERS[..1]);
    b.enter(3, SiteKind::Router, "Router");
    b.resolve(12, Some("/api/stock"), &[]);
    b.enter(5, SiteKind::BuilderLayer, "retry").delta = Some(Delta {
        base: Some(0),
        uri: Some(Change {
            from: Some("/api/stock".into()),
            to: "/stock".into(),
        }),
        ..Delta::default()
    });
    b.enter(4, SiteKind::Edge, "retry's inner edge");
    b.enter(2, SiteKind::Service, "stock").delta = Some(plus(3, 1, "x-attempt", "1"));
    b.wait(300);
    b.leave(
        400,
        Left::Error {
            error: "shop::Unavailable".into(),
        },
    );
    b.leave(
        1,
        Left::Error {
            error: "shop::Unavailable".into(),
        },
    );
    b.wait(1_000);
    b.enter(1_050, SiteKind::Edge, "retry's inner edge").attempt = 2;
    b.enter(2, SiteKind::Service, "stock").attempt = 2;
    let body = b.body(Side::Response, "{\"stock\":3}");
    b.leave(350, Left::Returned).delta = Some(Delta {
        status: Some(to(200)),
        body: Some(to(body)),
        ..Delta::default()
    });
    b.leave(1, Left::Returned);
    b.leave(6, Left::Returned).delta = Some(Delta {
        base: Some(10),
        status: Some(Change {
            from: Some(200),
            to: 203,
        }),
        ..Delta::default()
    });
    b.leave(2, Left::Returned);
    b.cycle.status = Some(203);
    b.send(9, Left::Sent)
}

/// A view in which much happens: a span, a request to another server, a template.
pub(crate) fn worked() -> Cycle {
    let mut b = Build::new(1, "GET", "/stock/7");
    b.parse(&HEADERS[..1]);
    b.enter(5, SiteKind::Router, "Router");
    b.resolve(12, Some("/stock/{id}"), &[("id", "7")]);
    b.enter(4, SiteKind::Handler, "show_stock");
    b.wait(2_000);
    b.mark(
        2_400,
        MarkKind::Call {
            method: "GET".into(),
            url: "https://stock.example/items/7?api_key=[redacted #3fa2]".into(),
            status: Some(200),
            error: None,
            elapsed_ns: 2_300_000,
        },
    );
    b.mark(
        30,
        MarkKind::Span {
            level: "INFO".into(),
            target: "shop::stock".into(),
            name: "count".into(),
            fields: BTreeMap::from([("id".into(), "7".into())]),
            elapsed_ns: 2_410_000,
            busy_ns: 390_000,
        },
    );
    b.mark(
        180,
        MarkKind::Template {
            name: "stock.html".into(),
            elapsed_ns: 160_000,
        },
    );
    let body = b.body(Side::Response, "<p>3 left</p>");
    b.leave(20, Left::Returned).delta = Some(Delta {
        status: Some(to(200)),
        body: Some(to(body)),
        ..added(&[("content-type", "text/html; charset=utf-8")])
    });
    b.leave(2, Left::Returned);
    b.cycle.status = Some(200);
    b.cycle.omitted.bodies = 2;
    b.send(10, Left::Sent)
}

/// An extractor refuses the request after a part of its body.
pub(crate) fn rejected() -> Cycle {
    let mut b = Build::new(2, "POST", "/books");
    b.parse(&HEADERS[..1]);
    b.enter(5, SiteKind::Router, "Router");
    b.resolve(12, Some("/books"), &[]);
    let sent = b.body(Side::Request, "{\"title\": ");
    let view = b.enter(4, SiteKind::Handler, "create");
    view.delta = Some(Delta {
        base: Some(0),
        body: Some(to(sent)),
        ..Delta::default()
    });
    let site = view.site;
    b.cycle.sites[site.unwrap()].extractors = vec!["Path<u64>".into(), "Json<New>".into()];
    let body = b.body(Side::Response, "Failed to parse the request body as JSON");
    b.leave(40, Left::Returned).delta = Some(Delta {
        status: Some(to(400)),
        body: Some(to(body)),
        ..added(&[("content-type", "text/plain; charset=utf-8")])
    });
    b.leave(2, Left::Returned);
    b.cycle.outcome = Outcome::Rejected {
        site,
        extractor: "Json<New>".into(),
        rejection: Some("JsonSyntaxError".into()),
        read: Some(10),
        known_by: KnownBy::Answer,
    };
    b.cycle.status = Some(400);
    b.send(10, Left::Sent)
}

/// The client went away in the middle of a head.
pub(crate) fn half_head() -> Cycle {
    let mut b = Build::new(4, "", "");
    b.enter(0, SiteKind::Server, "serve");
    b.leave(30_000, Left::Dropped);
    b.cycle.outcome = Outcome::Cancelled {
        stage: Stage::Parse,
        site: None,
    };
    b.end(2)
}
