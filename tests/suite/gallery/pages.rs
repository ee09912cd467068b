//! Requests and answers: keys and values, files, forms, tokens, origins, a router behind a router.

use super::{by, directory, one, only, raw, same, start, way};
use crate::{
    app::GALLERY_ONIONSKIN,
    raw::{ask, request},
    watch::Watch,
};
use onionskin::wire::{BodyEnd, Cycle, KnownBy, Outcome, Side, SiteKind, Stage};

const ADMIN: &str = "authorization: Bearer let-me-in";

/// The kind of the innermost site of a name that was entered.
fn kind_of(cycle: &Cycle, name: &str) -> Option<SiteKind> {
    let sites = cycle.steps.iter().filter_map(|step| step.site);
    let mut found = sites.filter(|site| cycle.sites[*site].name == name);
    found.next_back().map(|site| cycle.sites[site].kind)
}

#[test]
fn a_store() {
    let odd = b"\0\xff\xfe\r\n\r\nHTTP/1.1";
    let much = [b'x'; 101];
    let chunked = "PUT /late HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         transfer-encoding: chunked\r\n\r\n46\r\n";
    let late = [
        chunked.as_bytes(),
        &[b'y'; 0x46],
        b"\r\n46\r\n",
        &[b'y'; 0x46],
        b"\r\n0\r\n\r\n",
    ];
    let admin = |line: &str| format!("{line}\n{ADMIN}");
    let talks = [
        one("put", &[201], "PUT /a", odd),
        one("put again", &[204], "PUT /a", odd),
        one("get", &[200], "GET /a", b""),
        one("head", &[200], "HEAD /a", b""),
        one("too much, announced", &[413], "PUT /b", &much),
        raw("too much, and late", &[413], late.concat()),
        one(
            "too much for the small",
            &[413],
            "PUT /small/c",
            &much[..11],
        ),
        one("not too much for it", &[201], "PUT /small/c", &much[..10]),
        one("all keys", &[200], "GET /keys", b""),
        one("no token", &[401], "DELETE /admin/key/a", b""),
        one(
            "a wrong one",
            &[401],
            "DELETE /admin/keys\nauthorization: Bearer x",
            b"",
        ),
        one("the token", &[204], &admin("DELETE /admin/key/a"), b""),
        one("gone", &[404], "GET /a", b""),
        one(
            "not in the admin's part",
            &[404],
            &admin("GET /admin/nothing"),
            b"",
        ),
        one("nor in this way", &[405], &admin("GET /admin/keys"), b""),
        one("all away", &[200], &admin("DELETE /admin/keys"), b""),
    ];
    let told = same("store", &talks);
    let request_body = |cycle: &Cycle| {
        let body = cycle.bodies.iter().find(|body| body.side == Side::Request);
        body.map(|body| (body.len, body.end.clone()))
    };
    let put = only(&told[0]);
    assert_eq!(put.outcome, Outcome::Completed);
    assert_eq!(
        request_body(put),
        Some((odd.len() as u64, BodyEnd::Complete))
    );
    let announced = only(&told[4]);
    assert!(
        matches!(announced.outcome, Outcome::ShortCircuited { .. }),
        "{:?}",
        announced.outcome
    );
    assert_eq!(by(announced), "(DefaultBodyLimit, RequestBodyLimitLayer)");
    let late = only(&told[5]);
    assert_eq!(
        kind_of(late, "write"),
        Some(SiteKind::Handler),
        "{:?}",
        way(late)
    );
    for told in &told[9..11] {
        let cycle = only(told);
        assert!(
            matches!(cycle.outcome, Outcome::ShortCircuited { .. }),
            "{:?}",
            cycle.outcome
        );
        assert_eq!(by(cycle), "BearerLayer");
        let never: Vec<_> = cycle
            .never_ran
            .iter()
            .map(|at| &cycle.sites[*at].name)
            .collect();
        assert!(never == ["remove"] || never == ["clear"], "{never:?}");
    }
    let let_in = only(&told[11]);
    assert_eq!(let_in.outcome, Outcome::Completed);
    let way = way(let_in);
    let turn = way.iter().position(|step| step == "> BearerLayer").unwrap();
    assert_eq!(
        way[turn..turn + 4],
        ["> BearerLayer", "> remove", "< remove", "< BearerLayer"]
    );
}

#[test]
fn files() {
    let with = |header: &str| format!("GET /assets/app.js\n{header}");
    let talks = [
        one("a file", &[200], "GET /assets/app.js", b""),
        one("its head", &[200], "HEAD /assets/app.js", b""),
        one("a part", &[206], &with("range: bytes=13-16"), b""),
        one("its end", &[206], &with("range: bytes=-4"), b""),
        one(
            "a part that is not there",
            &[416],
            &with("range: bytes=900-"),
            b"",
        ),
        one(
            "not since",
            &[304],
            &with("if-modified-since: Tue, 14 Nov 2023 22:13:20 GMT"),
            b"",
        ),
        one(
            "since",
            &[200],
            &with("if-modified-since: Mon, 13 Nov 2023 22:13:20 GMT"),
            b"",
        ),
        one(
            "not until",
            &[412],
            &with("if-unmodified-since: Mon, 13 Nov 2023 22:13:20 GMT"),
            b"",
        ),
        one("packed", &[200], &with("accept-encoding: gzip"), b""),
        one(
            "packed, but there is none",
            &[200],
            "GET /assets/style.css\naccept-encoding: gzip",
            b"",
        ),
        one(
            "a directory without its slash",
            &[307],
            "GET /assets/deep",
            b"",
        ),
        one("a directory", &[200], "GET /assets/deep/", b""),
        one("none there", &[404], "GET /assets/none.js", b""),
        one(
            "out of the directory",
            &[404],
            "GET /assets/..%2findex.html",
            b"",
        ),
        one("no way for a file", &[405], "POST /assets/app.js", b"x"),
        one(
            "none there, with a page for it",
            &[404],
            "GET /docs/none",
            b"",
        ),
        one("one file", &[200], "GET /robots.txt", b""),
        one("a route", &[200], "GET /api/health", b""),
        one(
            "the page of every other path",
            &[200],
            "GET /some/where",
            b"",
        ),
        one("the root", &[200], "GET /", b""),
    ];
    let told = same("files", &talks);
    for told in &told[..13] {
        let cycle = only(told);
        assert_eq!(cycle.outcome, Outcome::Completed, "{}", cycle.target);
        assert_eq!(
            kind_of(cycle, "ServeDir"),
            Some(SiteKind::Service),
            "{:?}",
            way(cycle)
        );
    }
    let sent = |told: &[Cycle]| {
        let body = only(told)
            .bodies
            .iter()
            .find(|body| body.side == Side::Response);
        body.map(|body| body.head.to_text().into_owned())
    };
    assert_eq!(sent(&told[2]).as_deref(), Some("0123"));
    let robots = only(&told[16]);
    assert_eq!(
        kind_of(robots, "ServeFile"),
        Some(SiteKind::Service),
        "{:?}",
        way(robots)
    );
    let page = only(&told[18]);
    assert_eq!(page.route, None);
    assert_eq!(
        kind_of(page, "ServeFile"),
        Some(SiteKind::Fallback),
        "{:?}",
        way(page)
    );
    let layered = way(only(&told[0]));
    assert!(
        layered.contains(&"> SetResponseHeaderLayer".into()),
        "{layered:?}"
    );
    let free = way(page);
    assert!(
        !free.contains(&"> SetResponseHeaderLayer".into()),
        "{free:?}"
    );
}

/// A form of these parts, and its head for the path.
fn form(path: &str, parts: &[(&str, &[u8])], end: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, bytes) in parts {
        let head = format!("--edge\r\ncontent-disposition: form-data; {head}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(end.as_bytes());
    let head = format!("POST {path} HTTP/1.1\ncontent-type: multipart/form-data; boundary=edge");
    request(&head, &body)
}

#[test]
fn uploads() {
    let text: (&str, &[u8]) = ("name=\"title\"", "käse".as_bytes());
    let file: (&str, &[u8]) = (
        "name=\"file\"; filename=\"a.bin\"\r\ncontent-type: application/x-odd",
        b"\0\r\n--edg\xff",
    );
    let (big, bigger) = ([b'x'; 700], [b'x'; 3000]);
    let big: (&str, &[u8]) = ("name=\"big\"", &big);
    let bigger: (&str, &[u8]) = ("name=\"bigger\"", &bigger);
    let end = "--edge--\r\n";
    let talks = [
        raw("two parts", &[200], form("/upload", &[text, file], end)),
        raw("none", &[200], form("/upload", &[], end)),
        raw("too big", &[413], form("/upload", &[text, big], end)),
        raw("without an end", &[400], form("/upload", &[text], "")),
        raw(
            "as it comes",
            &[200],
            form("/streamed", &[text, big, file], end),
        ),
        raw(
            "too much, as it comes",
            &[413],
            form("/streamed", &[bigger], end),
        ),
        one(
            "no form",
            &[400],
            "POST /upload\ncontent-type: text/plain",
            b"x",
        ),
        one(
            "no edge",
            &[400],
            "POST /upload\ncontent-type: multipart/form-data",
            b"x",
        ),
    ];
    let told = same("upload", &talks);
    let read = only(&told[0]);
    assert_eq!(read.outcome, Outcome::Completed);
    let body = read
        .bodies
        .iter()
        .find(|body| body.side == Side::Request)
        .unwrap();
    assert_eq!(body.end, BodyEnd::Complete);
    let length = form("/upload", &[text, file], end);
    let head = length.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(body.len, (length.len() - head) as u64);
    assert_eq!(kind_of(read, "upload"), Some(SiteKind::Handler));
    let refused = only(&told[5]);
    assert!(
        matches!(refused.outcome, Outcome::ShortCircuited { .. }),
        "{:?}",
        refused.outcome
    );
    assert_eq!(by(refused), "(DefaultBodyLimit, RequestBodyLimitLayer)");
}

#[test]
fn tokens() {
    // {"name":"ann","until":2000}, and 500; what `POST /token` gives is checked below.
    let good = "eyJuYW1lIjoiYW5uIiwidW50aWwiOjIwMDB9.";
    let json = "content-type: application/json";
    let issued = |word: &str| {
        let body = format!("{{\"name\":\"ann\",\"word\":\"{word}\"}}");
        (format!("POST /token\n{json}"), body)
    };
    let issue = |name, status, word: &str| {
        let (head, body) = issued(word);
        one(name, status, &head, body.as_bytes())
    };
    // Asks for a token and then with it.
    let with = |name, statuses, word: &str, line: &'static str, body: &'static str| {
        let (head, login) = issued(word);
        let login = request(&head.replacen('\n', " HTTP/1.1\n", 1), login.as_bytes());
        super::talk(name, statuses, move |to| {
            let mut client = super::Client::new(to);
            client.send(&login);
            let mut got = client.rest();
            let text = String::from_utf8_lossy(&got);
            let token = text.lines().last().unwrap();
            let head = format!("{line} HTTP/1.1\nauthorization: Bearer {token}\n{json}");
            let mut client = super::Client::new(to);
            client.send(&request(&head, body.as_bytes()));
            got.extend(client.rest());
            got
        })
    };
    let talks = [
        issue("issued", &[200], "now"),
        issue("refused", &[401], "wrong"),
        with("who am I", &[200, 200], "now", "GET /me", ""),
        with("a greeting", &[200, 200], "now", "GET /greet", ""),
        with("expired", &[200, 401], "then", "GET /me", ""),
        with(
            "expired, where none will do",
            &[200, 401],
            "then",
            "GET /greet",
            "",
        ),
        with("a new name", &[200, 200], "now", "POST /rename", "\"bea\""),
        with("no name", &[200, 422], "now", "POST /rename", "7"),
        one("none", &[401], "GET /me", b""),
        one("none will do", &[200], "GET /greet", b""),
        one(
            "forged",
            &[401],
            &format!("GET /me\nauthorization: Bearer {good}AAAA"),
            b"",
        ),
        one(
            "no token at all",
            &[400],
            "GET /me\nauthorization: Basic YTpi",
            b"",
        ),
        one("no form of a login", &[415], "POST /token", b"{}"),
    ];
    let told = same("token", &talks);
    let me = &told[2][1];
    assert_eq!(me.outcome, Outcome::Completed);
    let text = format!("{:?}{:?}", told[2], told[0]);
    assert!(!text.contains(good), "the token went to the inspector");
    for told in [&told[2][1..], &told[8], &told[10]] {
        let cycle = only(told);
        let site = cycle.sites.iter().find(|site| site.name == "me").unwrap();
        assert_eq!(site.extractors.len(), 1, "{site:?}");
        assert!(site.extractors[0].ends_with("Claims"), "{site:?}");
        assert_eq!(way(cycle)[3..5], ["> me", "< me"]);
    }
    assert_eq!(only(&told[8]).status, Some(401));
}

#[test]
fn origins() {
    let from = "origin: http://a.shop.example";
    let asked = |path: &str, origin: &str, method: &str| {
        format!("OPTIONS {path}\n{origin}\naccess-control-request-method: {method}")
    };
    let other = "origin: http://elsewhere.example";
    let talks = [
        one("ours, before", &[200], &asked("/cart", from, "PUT"), b""),
        one("ours", &[200], &format!("PUT /cart\n{from}"), b""),
        one(
            "ours, and what it may see",
            &[200],
            &format!("GET /cart\n{from}"),
            b"",
        ),
        one(
            "another's, before",
            &[200],
            &asked("/cart", other, "PUT"),
            b"",
        ),
        one("another's", &[200], &format!("GET /cart\n{other}"), b""),
        one("nobody's", &[200], "GET /cart", b""),
        one("anybody's", &[200], &format!("GET /books\n{other}"), b""),
        one(
            "anybody's, before",
            &[200],
            &asked("/books", other, "DELETE"),
            b"",
        ),
        one(
            "a way there is not",
            &[405],
            &format!("DELETE /cart\n{from}"),
            b"",
        ),
        one("not asked about", &[405], &asked("/none", from, "GET"), b""),
    ];
    let told = same("cors", &talks);
    for told in [&told[0], &told[3], &told[7]] {
        let cycle = only(told);
        assert!(
            matches!(cycle.outcome, Outcome::ShortCircuited { .. }),
            "{:?}",
            cycle.outcome
        );
        assert_eq!(by(cycle), "CorsLayer");
        assert!(!cycle.never_ran.is_empty());
    }
    for told in [&told[1], &told[4], &told[6], &told[8], &told[9]] {
        assert_eq!(only(told).outcome, Outcome::Completed);
    }
}

#[test]
fn a_router_behind_a_router() {
    let talks = [
        one("passed on", &[200], "GET /relay/hello/ann?x=1", b""),
        one(
            "with a body",
            &[200],
            "POST /relay/echo?a=b\nx-kind: odd",
            b"a body\0",
        ),
        one("not there behind", &[404], "GET /relay/nowhere", b""),
        one("not in this way behind", &[405], "GET /relay/echo", b""),
        one("twice", &[200], "GET /twice/hello/bob", b"").and_of_itself(2),
        one(
            "made new",
            &[200],
            "POST /shout?quiet\nx-kind: old\nx-more: x",
            b"louder",
        ),
        one("too much to make new", &[413], "POST /shout", &[b'x'; 1001]),
        one("nowhere at all", &[404], "GET /nowhere", b""),
    ];
    let told = same("relay", &talks);
    let passed = only(&told[0]);
    assert_eq!(passed.outcome, Outcome::Completed);
    // So axum itself puts the two together.
    assert_eq!(passed.route.as_deref(), Some("/relay/{*path}/hello/{name}"));
    let resolved = passed
        .steps
        .iter()
        .filter_map(|step| step.resolved.as_ref());
    let params: Vec<_> = resolved.flat_map(|resolved| &resolved.params).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(params, [&pair("path", "hello/ann"), &pair("name", "ann")]);
    // The router inside is in the same cycle, for the request is the same.
    let inside = [
        "> resolve",
        "< resolve",
        "> behind",
        "> hello",
        "< hello",
        "< behind",
        "< router",
    ];
    let [begin, end] = [
        &["> relay"][..],
        &["< relay", "< router", "> send", "< send"],
    ];
    assert_eq!(way(passed)[3..], [begin, &inside, end].concat());
    // Requests of the app's own are cycles of their own.
    let [twice, own @ ..] = &told[4][..] else {
        panic!("no cycle");
    };
    assert_eq!(way(twice)[3..5], ["> twice", "< twice"]);
    for cycle in own {
        assert_eq!(cycle.outcome, Outcome::Completed);
        assert_eq!(cycle.target, "/hello/bob");
        assert_eq!(way(cycle)[..7], inside);
    }
    // A request made new by a layer is still the one that came.
    let new = only(&told[5]);
    assert_eq!(new.outcome, Outcome::Completed);
    assert_eq!(
        way(new)[3..7],
        ["> rebuilt", "> echo", "< echo", "< rebuilt"]
    );
    let request = onionskin::replay::Replay::new(new).unwrap();
    let echo = new
        .steps
        .iter()
        .position(|step| step.stage == Stage::View)
        .unwrap();
    let request = request.request(new.steps[echo].seq).unwrap();
    assert_eq!(request.uri.as_ref().unwrap().value, "/shout?loud");
    let refused = only(&told[6]);
    assert!(
        matches!(refused.outcome, Outcome::ShortCircuited { .. }),
        "{:?}",
        refused.outcome
    );
    assert_eq!(by(refused), "rebuilt");
    // The first site of the process.
    assert_eq!(way(only(&told[7]))[3..5], ["> 404", "< 404"]);
}

#[test]
fn the_map_has_the_routes_of_each_router_that_was_asked_and_none_twice() {
    let (watch, files) = (Watch::new(), directory());
    let app = start(
        GALLERY_ONIONSKIN,
        "relay",
        files.path(),
        Some(&watch.socket()),
        true,
    );
    watch.wait_for_app();
    for path in ["/relay/hello/ann", "/twice/hello/bob", "/relay/hello/eve"] {
        ask(app.at, &format!("GET {path} HTTP/1.1"), b"");
    }
    // What is known of the app's routers goes before the cycles that met them.
    watch.wait_for(5);
    let run = watch.runs().pop().unwrap();
    let stack = watch.stack(&run.run);
    let paths: Vec<_> = stack.routes.iter().map(|route| &*route.path).collect();
    let own = ["/relay/{*path}", "/twice/{*path}", "/shout"];
    assert_eq!(paths, [&own[..], &["/hello/{name}", "/echo"]].concat());
    let mut hello = stack.routes[3].endpoints.iter();
    let hello = hello
        .find(|end| end.methods.iter().any(|m| m == "GET"))
        .unwrap();
    let name = |id: &u32| &*stack.sites.iter().find(|site| site.id == *id).unwrap().name;
    let chain: Vec<_> = hello.chain.iter().map(name).collect();
    assert_eq!(chain, ["behind", "hello"]);
}

#[test]
fn parts_of_other_crates() {
    let visits = "GET /visits\nuser-agent: browser\ncookie: seen=2";
    let talks = [
        one("docs", &[200], "GET /docs", b""),
        one("docs by another method", &[405], "PUT /docs", b""),
        one("lists", &[200], "GET /books?tag=a&tag=b", b""),
        one("cookies", &[200], visits, b""),
        one("nobody", &[400], "GET /visits", b""),
        one(
            "nobody, wrongly",
            &[400],
            "GET /visits\nuser-agent: \u{fc}",
            b"",
        ),
        one("nowhere", &[404], "GET /docs/more", b""),
    ];
    let told = same("foreign", &talks);
    let docs = only(&told[0]);
    // Only what its router is, is known.
    assert_eq!(kind_of(docs, "Scalar"), Some(SiteKind::Opaque));
    assert_eq!(docs.route.as_deref(), Some("/docs"));
    assert_eq!(
        way(only(&told[3])),
        [
            "> serve",
            "> resolve",
            "< resolve",
            "> visits",
            "< visits",
            "< router",
            "> send",
            "< send"
        ]
    );
    for refused in &told[4..6] {
        let Outcome::Rejected {
            extractor,
            known_by: KnownBy::Answer,
            ..
        } = &only(refused).outcome
        else {
            panic!("{:?}", refused);
        };
        assert_eq!(extractor, "TypedHeader<UserAgent>");
    }
}
