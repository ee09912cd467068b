//! What a service keeps in itself: as axum, every call gets a clone of it as it was made. That it is cloned less often than
//! by axum is all that may differ.

use super::same;
use axum::{body::Body, extract::Request, response::Response};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};
use tower::Service;

/// Counts in the service itself how often it was asked, called and, for all of them together, cloned; it is ready when it is
/// asked a second time, and calls what is inside as often as `calls` says.
struct Counting<S> {
    inner: S,
    calls: u32,
    asked: u32,
    called: u32,
    clones: Arc<AtomicU32>,
}

impl<S: Clone> Clone for Counting<S> {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::Relaxed);
        Self {
            inner: self.inner.clone(),
            clones: self.clones.clone(),
            ..*self
        }
    }
}

fn counting<S>(
    calls: u32,
    clones: &Arc<AtomicU32>,
) -> impl tower::Layer<S, Service = Counting<S>> + Clone + Send + Sync + 'static {
    let clones = clones.clone();
    tower::layer::layer_fn(move |inner| Counting {
        inner,
        calls,
        asked: 0,
        called: 0,
        clones: clones.clone(),
    })
}

impl<S> Service<Request> for Counting<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.asked += 1;
        if self.asked == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.called += 1;
        let said = format!("asked {} called {}", self.asked, self.called);
        let path = request.uri().clone();
        let inside: Vec<_> = (0..self.calls)
            .map(|_| {
                let request = Request::builder().uri(path.clone()).body(Body::empty());
                self.inner.call(request.unwrap())
            })
            .collect();
        Box::pin(async move {
            let mut last = Response::default();
            let mut marks = Vec::new();
            for response in inside {
                last = response.await?;
                marks.extend(last.headers().get_all("x-said").iter().cloned());
            }
            let headers = last.headers_mut();
            headers.remove("x-said");
            marks.push(said.parse().unwrap());
            for mark in marks {
                headers.append("x-said", mark);
            }
            Ok(last)
        })
    }
}

#[test]
fn every_call_gets_a_service_as_it_was_made() {
    let clones = Arc::new(AtomicU32::new(0));
    let counts = std::cell::RefCell::new(Vec::new());
    let answers = same!(&["GET /", "GET /", "GET /lost", "POST /"], |axum| {
        use axum::{Router, routing::get};
        counts.borrow_mut().push(clones.swap(0, Ordering::Relaxed));
        let inner = Router::new()
            .route("/", get(|| async { "in" }).layer(counting(1, &clones)))
            .route_layer(counting(2, &clones))
            .layer(counting(1, &clones));
        Router::<()>::new()
            .nest("/in", inner.clone())
            .merge(inner)
            .layer(counting(3, &clones))
            .layer(counting(1, &clones))
    });
    let said = "\"asked 2 called 1\"";
    assert_eq!(
        answers[0].matches(said).count(),
        1 + 1 + 3 * (1 + 1 + 2),
        "{}",
        answers[0]
    );
    counts.borrow_mut().push(clones.load(Ordering::Relaxed));
    let counts = counts.into_inner();
    assert!(
        counts[2] < counts[1],
        "clones: axum {}, here {}",
        counts[1],
        counts[2]
    );
}
