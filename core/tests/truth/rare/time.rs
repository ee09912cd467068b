//! Times, and what a cycle must not have of the one before it.

use super::{WHILE, passes, request};
use crate::made::frames;
use onionskin::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{Method, Version},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
    testing::{self, Tap},
    times,
    wire::{Left, Stage},
};
use std::{
    future::{Future as _, poll_fn},
    sync::{Arc, Barrier},
    task::Poll,
    time::{Duration, Instant},
};
use tower_service::Service as _;

#[tokio::test]
async fn nothing_of_a_cycle_is_in_the_next_one() {
    let app = Router::new()
        .route(
            "/",
            get(async || {
                tokio::time::sleep(WHILE).await;
                frames(vec![Bytes::from_static(b"frame"); 300])
            }),
        )
        .route("/plain", get(async || "plain"))
        .route("/never", get(async || std::future::pending::<()>().await));
    let long = async || {
        let (_, long) = testing::run(app.clone(), request()).await;
        // Of one body so many frames have marks of their own.
        assert_eq!(long.omitted.marks, 300 - 256);
        assert!(long.idle_ns > 0, "{long}");
    };
    long().await;
    let plain = Request::builder()
        .uri("/plain")
        .body(Body::empty())
        .unwrap();
    let (_, plain) = testing::run(app.clone(), plain).await;
    assert_eq!((plain.omitted.marks, plain.idle_ns), (0, 0), "{plain}");

    long().await;
    let begun = Instant::now();
    let tap = Tap::new();
    let never = Request::builder()
        .uri("/never")
        .body(Body::empty())
        .unwrap();
    let mut calls = app.clone();
    let mut call = Box::pin(calls.call(tap.attach(never)));
    assert!(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
    drop(call);
    let cancelled = tap.take();
    assert!(cancelled[0].duration_ns <= begun.elapsed().as_nanos() as u64);

    // On HTTP/1 nothing follows the head of an answer to HEAD; on HTTP/2 what is not taken of a body is cut off.
    let mut left = Vec::new();
    for (method, version) in [
        (Method::HEAD, Version::HTTP_11),
        (Method::GET, Version::HTTP_2),
    ] {
        let plain = Request::builder().uri("/plain").method(method);
        let plain = plain.version(version).body(Body::empty()).unwrap();
        let mut calls = app.clone();
        drop(calls.call(tap.attach(plain)).await);
        let cycle = tap.take().remove(0);
        left.push(cycle.steps.last().and_then(|step| step.left.clone()));
    }
    assert_eq!(left, [Some(Left::Sent), Some(Left::Cut)]);
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
async fn resolving_is_over_when_the_view_begins() {
    let view = async || std::thread::sleep(WHILE);
    let app = Router::new().route("/", get(view));
    let (_, cycle) = testing::run(app, request()).await;
    let rows = times::rows(&cycle);
    let of = |stage: Stage| rows.iter().find(|row| row.stage == stage).unwrap();
    assert!(
        of(Stage::Resolve).to_ns <= of(Stage::View).from_ns,
        "{cycle}"
    );
}
