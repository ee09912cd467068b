//! What a layer may do to a request and to its response, each thing alone, as it is told of an app on a real socket.

use crate::served::Served;
use onionskin::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, Version},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{any, get, post},
    testing::Recorded,
    wire::{self, BodyEnd, Change, Delta, ExtensionEdit, HeaderEdit, Outcome, Side},
};
use std::convert::Infallible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The whole answer, and the cycle.
async fn ask(app: Router, head: &str, body: &[u8]) -> (String, Recorded) {
    let mut served = Served::start(app).await;
    let request = crate::raw::request(head, body);
    served.client.write_all(&request).await.unwrap();
    let mut all = Vec::new();
    served.client.read_to_end(&mut all).await.unwrap();
    let answer = String::from_utf8_lossy(&all).into_owned();
    (answer, served.cycle().await)
}

/// The only one.
fn one<'d>(changes: &[&'d Delta]) -> &'d Delta {
    let [delta] = changes else {
        panic!("{changes:?}");
    };
    delta
}

fn changed<T>(from: T, to: T) -> Option<Change<T>> {
    Some(Change {
        from: Some(from),
        to,
    })
}

async fn view() -> &'static str {
    "seen"
}

async fn rewrites(mut request: Request, next: Next) -> Response {
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = Uri::from_static("/conn/new?page=2");
    *request.version_mut() = Version::HTTP_10;
    next.run(request).await
}

#[tokio::test]
async fn the_method_the_uri_and_the_version() {
    let app = Router::new()
        .route("/conn/old", any(view))
        .layer(from_fn(rewrites));
    let (_, cycle) = ask(app, "POST /conn/old HTTP/1.1", b"").await;
    let text = str::to_owned;
    let delta = one(&cycle.layer("rewrites").request_changes());
    assert_eq!(delta.method, changed(text("POST"), text("PUT")));
    assert_eq!(
        delta.uri,
        changed(text("/conn/old"), text("/conn/new?page=2"))
    );
    assert_eq!(delta.version, changed(text("HTTP/1.1"), text("HTTP/1.0")));
    assert!(delta.headers.is_empty() && delta.body.is_none(), "{cycle}");
    // What came is kept as it came.
    assert_eq!((&*cycle.method, &*cycle.target), ("POST", "/conn/old"));
    for said in [
        "PUT  by rewrites",
        "/conn/new?page=2  by rewrites",
        "HTTP/1.0  by rewrites",
    ] {
        assert!(cycle.to_string().contains(said), "{cycle}");
    }
}

async fn edits(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    headers.remove("x-gone");
    headers.insert("x-kept", HeaderValue::from_static("new"));
    headers.append("x-twice", HeaderValue::from_static("b"));
    next.run(request).await
}

#[tokio::test]
async fn headers_that_are_added_changed_and_removed_with_duplicates_in_order() {
    let app = Router::new()
        .route("/conn", get(view))
        .layer(from_fn(edits));
    let head = "GET /conn HTTP/1.1\nx-kept: old\nx-twice: a\nx-gone: 1\nx-twice: a";
    let (_, cycle) = ask(app, head, b"").await;
    let (mut added, mut altered, mut removed) = (vec![], vec![], vec![]);
    for edit in &one(&cycle.layer("edits").request_changes()).headers {
        match edit {
            HeaderEdit::Add { header, .. } => added.push((&*header.name, header.value.to_text())),
            HeaderEdit::Remove { header, .. } => removed.push(&*header.name),
            HeaderEdit::Change { from, to, .. } => {
                altered.push((from.value.to_text(), to.value.to_text()));
            }
            // `HeaderMap::remove` fills the hole with its last entry.
            HeaderEdit::Move { .. } => {}
        }
    }
    assert_eq!(added, [("x-twice", "b".into())]);
    assert_eq!(altered, [("old".into(), "new".into())]);
    assert_eq!(removed, ["x-gone"]);
    let last = cycle.replay().request(cycle.steps.len() as u32 - 1);
    let values = |name: &str| -> Vec<_> {
        let headers = last.unwrap().headers.iter();
        let named = headers.filter(|held| held.value.name == name);
        named.map(|held| held.value.value.to_text()).collect()
    };
    assert_eq!(values("x-twice"), ["a", "a", "b"]);
    assert_eq!(values("x-kept"), ["new"]);
    assert!(values("x-gone").is_empty());
}

#[derive(Clone, Debug)]
struct Guest(#[expect(dead_code, reason = "for its `Debug`")] u32);

async fn welcomes(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Guest(7));
    next.run(request).await
}

async fn says_farewell(mut request: Request, next: Next) -> Response {
    request.extensions_mut().remove::<Guest>();
    next.run(request).await
}

#[tokio::test]
async fn extensions_by_their_type_and_the_value_of_one_that_is_watched() {
    onionskin::watch_extension::<Guest>();
    let app = Router::new()
        .route("/conn", get(view))
        .layer(from_fn(says_farewell))
        .layer(from_fn(welcomes));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let edits = |name| &one(&cycle.layer(name).request_changes()).extensions[..];
    let [ExtensionEdit::Add { type_name, value }] = edits("welcomes") else {
        panic!("{:?}", edits("welcomes"));
    };
    assert!(type_name.ends_with("::Guest"), "{type_name}");
    assert_eq!(value.as_deref(), Some("Guest(7)"));
    let [ExtensionEdit::Remove { type_name, .. }] = edits("says_farewell") else {
        panic!("{:?}", edits("says_farewell"));
    };
    assert!(type_name.ends_with("::Guest"), "{type_name}");
    assert!(cycle.to_string().contains("+ ext Guest(7)"), "{cycle}");
}

/// Another body each way, made of the one that it takes.
async fn shouts(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let whole = to_bytes(body, 1000).await.unwrap();
    let louder = Body::from([&whole[..], b"!"].concat());
    let (mut head, body) = next
        .run(Request::from_parts(head, louder))
        .await
        .into_parts();
    let upper = to_bytes(body, 1000).await.unwrap().to_ascii_uppercase();
    head.status = StatusCode::ACCEPTED;
    head.headers.remove("content-length");
    Response::from_parts(head, Body::from([&upper[..], b"?"].concat()))
}

#[tokio::test]
async fn the_status_and_bodies_before_and_after() {
    let echo = post(|said: String| async { (StatusCode::CREATED, said) });
    let app = Router::new().route("/conn", echo).layer(from_fn(shouts));
    let (answer, cycle) = ask(app, "POST /conn HTTP/1.1", b"hear me").await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    assert!(answer.ends_with("HEAR ME!?"), "{answer}");
    let shouts = cycle.layer("shouts");
    let status = &one(&shouts.response_changes()).status;
    assert_eq!(*status, changed(201, 202));
    assert_eq!(cycle.status_set_by(), Some("shouts"));
    for (delta, before, after) in [
        (one(&shouts.request_changes()), "hear me", "hear me!"),
        (one(&shouts.response_changes()), "hear me!", "HEAR ME!?"),
    ] {
        let change = delta.body.as_ref().expect("another body");
        let [from, to] = [change.from.as_ref().unwrap(), &change.to]
            .map(|of| &cycle.bodies[of.body.expect("it was looked at")]);
        for (body, text) in [(from, before), (to, after)] {
            assert_eq!(body.head.as_str(), Some(text), "{cycle}");
            assert_eq!(
                (body.len, &body.end),
                (text.len() as u64, &BodyEnd::Complete)
            );
        }
        assert!(from.hash.is_some() && from.hash != to.hash, "{cycle}");
    }
}

/// Asks until it is content, as retrying layers do.
async fn persists(request: Request, next: Next) -> Response {
    let (head, _) = request.into_parts();
    for _ in 0..9 {
        let again = Request::from_parts(head.clone(), Body::empty());
        let response = next.clone().run(again).await;
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            return response;
        }
    }
    StatusCode::BAD_GATEWAY.into_response()
}

async fn between(request: Request, next: Next) -> Response {
    next.run(request).await
}

#[tokio::test]
async fn a_layer_that_tries_again_and_the_numbers_of_its_attempts() {
    async fn third_time() -> StatusCode {
        static ASKED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        match ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 | 1 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        }
    }
    let app = Router::new()
        .route("/conn", get(third_time))
        .layer(from_fn(between))
        .layer(from_fn(persists));
    let (answer, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(cycle.outcome, Outcome::Completed);
    assert_eq!(cycle.layer("persists").attempts(), 1);
    let of = |name: &str| -> Vec<_> {
        let site = cycle.sites.iter().position(|site| site.name == name);
        let entered = cycle.steps.iter().filter(|step| step.entry == step.seq);
        let here = entered.filter(|step| step.site == site);
        here.map(|step| step.attempt).collect()
    };
    assert_eq!(of("between"), [1, 2, 3], "{cycle}");
    assert_eq!(cycle.layer("third_time").attempts(), 3);
    let statuses: Vec<_> = cycle
        .layer("third_time")
        .response_changes()
        .iter()
        .filter_map(|delta| delta.status.as_ref().map(|status| status.to))
        .collect();
    assert_eq!(statuses, [503, 503, 200]);
    let said = cycle.to_string();
    assert!(said.contains("between (attempt 3)"), "{said}");
}

#[tokio::test]
async fn a_layer_of_the_routes_stands_before_them_and_not_before_a_fallback() {
    async fn lost() -> StatusCode {
        StatusCode::NOT_FOUND
    }
    let app = Router::new()
        .route("/conn", get(view))
        .route_layer(from_fn(between))
        .fallback(lost);
    let (_, cycle) = ask(app.clone(), "GET /conn HTTP/1.1", b"").await;
    assert_eq!(cycle.order()[2..4], ["between", "view"], "{cycle}");
    let (answer, cycle) = ask(app.clone(), "GET /conn/nowhere HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!((cycle.status_set_by(), &cycle.route), (Some("lost"), &None));
    assert!(!cycle.order().contains(&"between"), "{cycle}");
    // axum puts it before a method that the route does not take as well.
    let (answer, cycle) = ask(app, "DELETE /conn HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert!(cycle.order().contains(&"between"), "{cycle}");
    assert!(!cycle.order().contains(&"view"), "{cycle}");
}

#[tokio::test]
async fn a_layer_of_one_method() {
    let app = Router::new().route("/conn", get(view).layer(from_fn(between)).post(view));
    let (_, cycle) = ask(app.clone(), "GET /conn HTTP/1.1", b"").await;
    assert_eq!(cycle.order()[2..4], ["between", "view"], "{cycle}");
    let (_, cycle) = ask(app, "POST /conn HTTP/1.1", b"").await;
    assert_eq!(cycle.order()[2], "view", "{cycle}");
}

#[tokio::test]
async fn chunks_of_a_body_are_counted_and_the_version_is_told() {
    let parts = || ["one", "two", "three"].map(Ok::<_, Infallible>);
    let streamed = move || async move { Body::from_stream(futures_util::stream::iter(parts())) };
    let app = Router::new().route("/conn", get(streamed));
    let (answer, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert!(answer.contains("\r\n5\r\nthree\r\n0\r\n"), "{answer}");
    let is_it = |body: &&wire::Body| body.side == Side::Response;
    let body = cycle.bodies.iter().find(is_it).unwrap();
    assert_eq!(
        (body.len, body.frames, &body.end),
        (11, 3, &BodyEnd::Complete)
    );
    let request = cycle.replay().request(0).unwrap();
    assert_eq!(request.version.as_ref().unwrap().value, "HTTP/1.1");
}

const TEXT: &str = "shelf after shelf after shelf";

/// As `gzip` packs it.
const PACKED: &[u8] =
    b"\x1f\x8b\x08\0\0\0\0\0\x02\x03+\xceH\xcdISHL+I-R(Fg\x03\0\x31+x\xdd\x1d\0\0\0";

async fn packs(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.remove("content-length");
    headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    *response.body_mut() = Body::from(PACKED);
    response
}

#[tokio::test]
async fn a_packed_body_is_kept_as_it_went_and_shown_as_it_was() {
    use onionskin_web::view::{BodyOptions, body};
    let app = Router::new()
        .route("/conn", get(|| async { TEXT }))
        .layer(from_fn(packs));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert_eq!(cycle.body_set_by(), Some("packs"));
    let delta = one(&cycle.layer("packs").response_changes());
    let sent = delta.body.as_ref().unwrap().to.body.unwrap();
    assert_eq!(cycle.bodies[sent].head.0, PACKED);
    let shown = body(&cycle, sent, BodyOptions::default()).unwrap();
    assert_eq!(shown.codings, ["gzip"]);
    assert_eq!(shown.decoded.map(|decoded| decoded.len), Some(TEXT.len()));
    assert!(format!("{:?}", shown.content).contains(TEXT));
    let encoded = BodyOptions {
        encoded: true,
        ..BodyOptions::default()
    };
    let shown = body(&cycle, sent, encoded).unwrap();
    assert!(shown.decoded.is_none());
    assert!(!format!("{:?}", shown.content).contains(TEXT));
}

#[tokio::test]
async fn bodies_that_are_equal_and_not_the_same_are_shown_each() {
    let view = async |body: Bytes| {
        assert_eq!(body, "equal");
        "equal"
    };
    let served = Served::start(Router::new().route("/conn", post(view))).await;
    for _ in 0..2 {
        let request = crate::raw::request("POST /conn HTTP/1.1", b"equal");
        let mut client = served.connect().await;
        client.write_all(&request).await.unwrap();
        client.read_to_end(&mut Vec::new()).await.unwrap();
    }
    // Their bytes are stored once, and each has its own side, time and end.
    for cycle in served.cycles(2).await {
        let [request, response] = &cycle.bodies[..] else {
            panic!("{cycle}");
        };
        assert_eq!(
            (request.side, response.side),
            (Side::Request, Side::Response)
        );
        assert_eq!(request.hash, response.hash);
        assert!(request.first_ns < response.first_ns, "{cycle}");
        for body in [request, response] {
            assert_eq!(body.head.as_str(), Some("equal"));
            assert_eq!((body.len, &body.end), (5, &BodyEnd::Complete));
        }
    }
}

#[tokio::test]
async fn a_layer_without_a_probe_between_two_routers_is_seen_by_the_inner_one() {
    let inner = Router::new().route("/conn", get(view));
    let between = tower::ServiceBuilder::new().map_request(|mut request: Request| {
        let headers = request.headers_mut();
        headers.insert("x-between", HeaderValue::from_static("yes"));
        request
    });
    let app = Router::new().route_service("/conn", between.service(inner));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let adds = |delta: &Delta| {
        let mut edits = delta.headers.iter();
        edits.any(|e| matches!(e, HeaderEdit::Add { header, .. } if &*header.name == "x-between"))
    };
    let steps = cycle.steps.iter();
    let told: Vec<_> = steps
        .filter(|s| s.delta.as_ref().is_some_and(adds))
        .collect();
    let [step] = told[..] else {
        panic!("{cycle}");
    };
    assert_eq!(step.stage, wire::Stage::Resolve);
}
