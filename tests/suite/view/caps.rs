//! One cycle is bounded: detail goes first, and what is left out is counted and said.

use super::ask;
use onionskin::{
    Router,
    body::Body,
    response::Response,
    routing::get,
    wire::{Left, Outcome},
};
use std::{
    convert::Infallible,
    task::{Context, Poll},
};
use tower_service::Service;
use tracing_subscriber::layer::SubscriberExt as _;

const LOGS: u64 = 1_000_000;

#[tokio::test(flavor = "current_thread")]
async fn a_million_logs() {
    let subscriber = tracing_subscriber::registry().with(onionskin::log_layer());
    let _default = tracing::subscriber::set_default(subscriber);
    let view = || async {
        for n in 0..LOGS {
            tracing::info!(n, "again");
        }
        "done"
    };
    let (answer, cycle) = ask(
        Router::new().route("/conn", get(view)),
        "GET /conn HTTP/1.1",
        b"",
    )
    .await;
    assert!(answer.ends_with("done"));
    let kept = cycle.summary().logs;
    assert!(kept > 1000, "the first are kept: {kept}");
    // Behind the cap not even the frame of the body has a mark; all that there was is counted.
    assert_eq!(kept + cycle.omitted.marks, LOGS + 1);
    // No step is missing, and the response is known.
    assert_eq!((cycle.omitted.steps, cycle.omitted.bodies), (0, 0));
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Sent));
    assert_eq!(cycle.bodies[0].head.as_str(), Some("done"));
    let said = format!(
        "left out, too many for one cycle: {} marks",
        cycle.omitted.marks
    );
    assert!(cycle.to_string().contains(&said), "{said}");
}

/// Calls the service inside it again and again.
#[derive(Clone)]
struct Often<S>(S, usize);

impl<S> Service<onionskin::extract::Request> for Often<S>
where
    S: Service<onionskin::extract::Request, Response = Response, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: onionskin::extract::Request) -> Self::Future {
        let Self(mut inner, times) = self.clone();
        Box::pin(async move {
            let (parts, _) = request.into_parts();
            let mut last = Ok(Response::default());
            for _ in 0..times {
                let again = onionskin::extract::Request::from_parts(parts.clone(), Body::empty());
                last = inner.call(again).await;
            }
            last
        })
    }
}

#[tokio::test(flavor = "current_thread")]
async fn steps_without_end() {
    const TIMES: usize = 100_000;
    let layer = tower::layer::layer_fn(|inner| Often(inner, TIMES));
    let app = Router::new()
        .route("/conn", get(|| async { "ok" }))
        .layer(layer);
    let (answer, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert!(answer.ends_with("ok"));
    assert!(cycle.steps.len() > 10_000, "{}", cycle.steps.len());
    assert!(cycle.omitted.steps > 10_000, "{:?}", cycle.omitted);
    // What was entered is left, and what was sent is known.
    assert_eq!(cycle.outcome, Outcome::Completed);
    assert_eq!(cycle.status, Some(200));
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Sent));
    let said = format!(
        "left out, too many for one cycle: {} steps",
        cycle.omitted.steps
    );
    assert!(cycle.to_string().contains(&said));
}

#[tokio::test]
async fn bodies_without_end() {
    let mut app = Router::new().route("/conn", get(|| async { "first" }));
    for n in 0..100 {
        let another = move |_: Response| async move { format!("body number {n:03}") };
        app = app.layer(onionskin::middleware::map_response(another));
    }
    let (answer, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert!(answer.ends_with("body number 099"), "{answer}");
    assert_eq!(cycle.outcome, Outcome::Completed);
    // What was sent is known, however many there were before.
    // 101 were there; one that is not looked at is left out at each probe that it passes.
    assert_eq!(cycle.bodies.len(), 65);
    assert!(cycle.omitted.bodies >= 101 - 65, "{:?}", cycle.omitted);
    assert_eq!(
        cycle.bodies.last().unwrap().head.as_str(),
        Some("body number 099")
    );
    let said = format!(
        "left out, too many for one cycle: {} looks at bodies",
        cycle.omitted.bodies
    );
    assert!(cycle.to_string().contains(&said), "{cycle}");
}
