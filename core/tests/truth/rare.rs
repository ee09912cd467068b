//! What random apps meet too rarely, or never: each was a line of the recorder that could be wrong and nobody noticed.

use onionskin::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, Version},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
    testing::{self, Tap},
    times,
    wire::{Edge, ExtensionEdit, HeaderEdit, SiteKind},
};
use std::{
    any::type_name,
    fmt,
    future::{Future as _, poll_fn},
    pin::Pin,
    sync::{Arc, Barrier},
    task::{Poll, ready},
    time::{Duration, Instant},
};
use tower_service::Service as _;

fn request() -> Request {
    Request::new(Body::empty())
}

async fn passes(request: Request, next: Next) -> Response {
    next.run(request).await
}

#[tokio::test]
async fn a_version_that_alone_is_another_is_shown() {
    async fn lowers(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        *response.version_mut() = Version::HTTP_10;
        response
    }
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(lowers));
    let (_, cycle) = testing::run(app, request()).await;
    let version = cycle.layer("lowers").response_changes()[0].version.clone();
    assert_eq!(version.expect("it changed").to, "HTTP/1.0");
}

async fn hides(mut request: Request, next: Next) -> Response {
    for name in ["x-one", "x-two"] {
        if let Some(value) = request.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
    // The last header takes the place of the one that goes.
    request.headers_mut().remove("x-first");
    next.run(request).await
}

#[tokio::test]
async fn values_that_are_marked_sensitive_are_masked_though_they_move_as_well() {
    for moves in [false, true] {
        let mut request = Request::builder();
        if moves {
            request = request.header("x-first", "goes");
        }
        let request = request
            .header("x-one", "canary-1")
            .header("x-plain", "stays")
            .header("x-two", "canary-2");
        let app = Router::new()
            .route("/", get(async || ()))
            .layer(from_fn(hides))
            .layer(from_fn(passes));
        let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
        for step in &cycle.steps {
            let message = cycle.replay().request(step.seq).expect("it is there");
            for held in &message.headers {
                let header = &held.value;
                let is_secret = matches!(&*header.name, "x-one" | "x-two");
                assert_eq!(header.redacted, is_secret, "{moves}: {header:?}");
                assert!(!header.value.to_text().contains("canary"), "{header:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_secret_that_only_moves_is_not_said_to_change() {
    let request = Request::builder()
        .header("x-first", "goes")
        .header("x-other", "stays")
        .header("x-api-key", "canary");
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(hides));
    let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
    let edits = &cycle.layer("hides").request_changes()[0].headers;
    let [HeaderEdit::Remove { .. }, HeaderEdit::Move { header, .. }] = &edits[..] else {
        panic!("{edits:?}");
    };
    assert!(header.redacted && header.name == "x-api-key");
}

/// A value of any length.
#[derive(Clone)]
struct Long(usize);

impl fmt::Debug for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&"v".repeat(self.0))
    }
}

#[tokio::test]
async fn values_of_extensions_of_every_length_are_shown_whole() {
    onionskin::watch_extension::<Long>();
    for length in 100..150 {
        let puts = move |mut request: Request, next: Next| {
            request.extensions_mut().insert(Long(length));
            next.run(request)
        };
        let app = Router::new()
            .route("/", get(async || ()))
            .layer(from_fn(puts));
        let (_, cycle) = testing::run(app, request()).await;
        let last = cycle.replay().request(cycle.steps.len() as u32 - 1);
        let mut held = last.expect("a request").extensions.iter();
        let held = held.find(|held| held.value.type_name == type_name::<Long>());
        let value = held.and_then(|held| held.value.value.clone());
        assert_eq!(value, Some("v".repeat(length)));
    }
}

#[derive(Clone)]
struct One;
#[derive(Clone)]
struct Other;

impl fmt::Debug for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same")
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same")
    }
}

#[tokio::test]
async fn an_extension_in_the_place_of_another_is_another_though_it_looks_the_same() {
    onionskin::watch_extension::<One>();
    onionskin::watch_extension::<Other>();
    async fn puts(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(One);
        next.run(request).await
    }
    async fn replaces(mut request: Request, next: Next) -> Response {
        request.extensions_mut().remove::<One>();
        request.extensions_mut().insert(Other);
        next.run(request).await
    }
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(replaces))
        .layer(from_fn(puts));
    let (_, cycle) = testing::run(app, request()).await;
    let [one, other] = [type_name::<One>(), type_name::<Other>()].map(str::to_owned);
    let added = ExtensionEdit::Add {
        type_name: other,
        value: Some("the same".into()),
    };
    let removed = ExtensionEdit::Remove { type_name: one };
    assert_eq!(
        cycle.layer("replaces").request_changes()[0].extensions,
        [added, removed]
    );
}

/// A body of these frames, of which nobody knows the length.
struct Frames(Vec<Bytes>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let frame = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(frame.map(|frame| Ok(http_body::Frame::data(frame))))
    }
}

/// Swallows one frame of a body, or gives others bytes for it.
struct Tampers {
    body: Body,
    frame: usize,
    instead: Option<Bytes>,
    passed: usize,
}

impl http_body::Body for Tampers {
    type Data = Bytes;
    type Error = onionskin::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        loop {
            let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
            self.passed += 1;
            if polled.is_none() || self.passed != self.frame + 1 {
                return Poll::Ready(polled);
            }
            if let Some(bytes) = self.instead.take() {
                return Poll::Ready(Some(Ok(http_body::Frame::data(bytes))));
            }
        }
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// Runs an app whose view answers with frames, around which a layer tampers with one of them.
async fn tampered(
    frames: &[&[u8]],
    frame: usize,
    instead: Option<&[u8]>,
) -> (Bytes, testing::Recorded) {
    let copy = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    let frames: Vec<Bytes> = frames.iter().copied().map(copy).collect();
    let instead = instead.map(copy);
    let tampers = move |request: Request, next: Next| {
        let instead = instead.clone();
        async move {
            let response = next.run(request).await;
            response.map(|body| {
                Body::new(Tampers {
                    body,
                    frame,
                    instead,
                    passed: 0,
                })
            })
        }
    };
    let app = Router::new()
        .route("/", get(async move || Body::new(Frames(frames.clone()))))
        .layer(from_fn(tampers));
    let (response, cycle) = testing::run(app, request()).await;
    (response.into_body(), cycle)
}

fn sent(cycle: &testing::Recorded) -> &onionskin::wire::Body {
    let delta = cycle.steps.last().and_then(|step| step.delta.as_ref());
    let change = delta.and_then(|delta| delta.body.as_ref());
    let to = change.expect("another body was sent").to.body;
    &cycle.bodies[to.expect("it was recorded")]
}

#[tokio::test]
async fn a_frame_that_a_layer_swallows_was_not_sent() {
    for (frame, left) in [(0, " word"), (1, "true")] {
        let (got, cycle) = tampered(&[b"true", b" word"], frame, None).await;
        assert_eq!(got, left);
        let sent = sent(&cycle);
        assert_eq!(
            (sent.len, sent.head.as_str()),
            (left.len() as u64, Some(left))
        );
    }
}

#[tokio::test]
async fn the_hash_of_what_was_sent_is_that_or_none() {
    let long = vec![b'a'; 80 << 10];
    let (got, cycle) = tampered(&[&long, b"true"], 1, Some(b"lies")).await;
    let sent = sent(&cycle);
    assert_eq!(sent.len, got.len() as u64);
    assert_eq!(sent.head.0, got[..64 << 10]);
    // Of what passed before the first other byte only the beginning was kept.
    assert_eq!(sent.hash, None);
}

/// How long something takes that is told from nothing.
const WHILE: Duration = Duration::from_millis(30);

/// A body of two frames, the second of which comes late, and of trailers.
struct Late(u8);

impl http_body::Body for Late {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.0 += 1;
        let frame = match self.0 {
            1 => http_body::Frame::data(Bytes::from_static(b"soon")),
            2 => {
                std::thread::sleep(WHILE);
                http_body::Frame::data(Bytes::from_static(b"late"))
            }
            3 => {
                let mut hidden = HeaderValue::from_static("canary-2");
                hidden.set_sensitive(true);
                let trailers = [
                    ("x-api-key", HeaderValue::from_static("canary-1")),
                    ("x-hidden", hidden),
                    ("x-plain", HeaderValue::from_static("stays")),
                ];
                let named = |(name, value)| (HeaderName::from_static(name), value);
                http_body::Frame::trailers(trailers.map(named).into_iter().collect())
            }
            _ => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(frame)))
    }
}

#[tokio::test]
async fn a_body_has_the_times_of_its_frames_and_its_trailers_masked() {
    let app = Router::new().route("/", get(async || Body::new(Late(0))));
    let (_, cycle) = testing::run(app, request()).await;
    let body = &cycle.bodies[0];
    let first = body.first_ns.expect("a frame came");
    assert!(body.last_ns.expect("so did another") - first >= WHILE.as_nanos() as u64);
    let masked: Vec<_> = body
        .trailers
        .iter()
        .map(|t| (&*t.name, t.redacted))
        .collect();
    assert_eq!(
        masked,
        [("x-api-key", true), ("x-hidden", true), ("x-plain", false)]
    );
    assert!(!format!("{:?}", body.trailers).contains("canary"));
}

#[tokio::test]
async fn a_body_in_which_a_secret_was_masked_says_so() {
    let app = Router::new().route("/", get(async |body: Bytes| body));
    let request = Request::new(Body::from(r#"{"password":"canary"}"#));
    let (_, cycle) = testing::run(app, request).await;
    for body in &cycle.bodies {
        assert!(
            body.redacted && !body.head.to_text().contains("canary"),
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn nothing_of_a_cycle_is_in_the_next_one() {
    let mut app = Router::new()
        .route(
            "/",
            get(async || {
                tokio::time::sleep(WHILE).await;
                Body::new(Frames(vec![Bytes::from_static(b"frame"); 300]))
            }),
        )
        .route("/plain", get(async || "plain"))
        .route("/never", get(async || std::future::pending::<()>().await));
    let (_, long) = testing::run(app.clone(), request()).await;
    assert!(long.omitted.marks > 0 && long.idle_ns > 0, "{long}");
    let plain = Request::builder()
        .uri("/plain")
        .body(Body::empty())
        .unwrap();
    let (_, plain) = testing::run(app.clone(), plain).await;
    assert_eq!((plain.omitted.marks, plain.idle_ns), (0, 0), "{plain}");

    let begun = Instant::now();
    let tap = Tap::new();
    let never = Request::builder()
        .uri("/never")
        .body(Body::empty())
        .unwrap();
    let mut call = Box::pin(app.call(tap.attach(never)));
    assert!(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
    drop(call);
    let cancelled = tap.take();
    assert!(cancelled[0].duration_ns <= begun.elapsed().as_nanos() as u64);
}

#[tokio::test]
async fn time_in_which_the_client_does_nothing_is_not_idle() {
    let mut app = Router::new().route("/", get(async || "seen"));
    let tap = Tap::new();
    let response = app.call(tap.attach(request())).await.expect("it answers");
    std::thread::sleep(WHILE);
    to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("it is whole");
    let cycle = tap.take();
    assert_eq!(cycle[0].idle_ns, 0);
}

#[tokio::test]
async fn time_in_which_another_task_of_the_cycle_works_is_not_idle() {
    let both = Arc::new(Barrier::new(2));
    let view = {
        let both = both.clone();
        async move || {
            both.wait();
            std::thread::sleep(WHILE);
        }
    };
    let elsewhere = move |request: Request, next: Next| {
        let (answers, answer) = tokio::sync::oneshot::channel();
        let both = both.clone();
        async move {
            let there = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let response = runtime.expect("a runtime").block_on(next.run(request));
                let _ = answers.send(response);
            });
            both.wait();
            let response = answer.await.expect("an answer");
            there.join().expect("it is over");
            response
        }
    };
    let app = Router::new()
        .route("/", get(view))
        .layer(from_fn(elsewhere));
    let (_, cycle) = testing::run(app, request()).await;
    assert_eq!(cycle.idle_ns, 0, "{cycle}");
}

#[tokio::test]
async fn a_layer_that_waits_and_changes_nothing_has_its_idle_time() {
    async fn waits(request: Request, next: Next) -> Response {
        tokio::time::sleep(WHILE).await;
        let response = next.run(request).await;
        tokio::time::sleep(WHILE).await;
        response
    }
    // What comparing costs is measured at the layers around and inside.
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(passes))
        .layer(from_fn(waits))
        .layer(from_fn(passes));
    let (_, cycle) = testing::run(app, request()).await;
    let rows = times::rows(&cycle);
    let waits = rows.iter().find(|row| row.name(&cycle) == "waits").unwrap();
    // On a busy machine some of it passes before the task is seen to wait.
    assert!(waits.times.idle_ns > 0, "{cycle}");
    let all: u64 = rows.iter().map(|row| row.times.idle_ns).sum();
    assert_eq!(waits.times.idle_ns, all, "{cycle}");
    assert_eq!(all, cycle.idle_ns, "{cycle}");
}

#[tokio::test]
async fn a_step_that_comes_seconds_after_another_has_its_time() {
    // Longer than 32 bits of nanoseconds.
    const LONG: Duration = Duration::from_millis(4400);
    async fn blocks(request: Request, next: Next) -> Response {
        std::thread::sleep(LONG);
        next.run(request).await
    }
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(blocks))
        .layer(from_fn(passes))
        .layer(from_fn(passes));
    let (_, cycle) = testing::run(app, request()).await;
    let rows = times::rows(&cycle);
    let blocks = rows
        .iter()
        .find(|row| row.name(&cycle) == "blocks")
        .unwrap();
    assert!(blocks.times.in_ns >= LONG.as_nanos() as u64, "{cycle}");
}

#[tokio::test]
async fn each_of_hundreds_of_attempts_has_its_own_place() {
    const ATTEMPTS: u32 = 200;
    async fn tries(request: Request, next: Next) -> Response {
        let mut response = Response::default();
        for _ in 0..ATTEMPTS {
            let mut again = Request::new(Body::empty());
            *again.extensions_mut() = request.extensions().clone();
            response = next.clone().run(again).await;
        }
        response
    }
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(passes))
        .layer(from_fn(tries));
    let (_, cycle) = testing::run(app, request()).await;
    let inside = cycle.layer("passes");
    assert_eq!(inside.attempts(), ATTEMPTS as usize);
    let views = cycle.steps.iter().filter(|step| {
        let kind = step.site.map(|site| cycle.sites[site].kind);
        step.edge == Edge::In && kind == Some(SiteKind::Handler)
    });
    // Each right behind the layer's own step, and inside of it.
    let right = views.filter(|step| step.parent == Some(step.seq - 1));
    assert_eq!(right.count(), ATTEMPTS as usize, "{cycle}");
}
