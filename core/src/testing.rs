//! What your layers do, asserted in your own tests.
//!
//! [`run`] sends a request through a service in-process and gives back the response and the [`Recorded`] cycle, which has
//! assertions that read well and prints as a timeline without times: a good `insta` snapshot.
//!
//! Like recording itself it is in builds with `debug_assertions` or the feature `in-release`: `cargo test --release` needs the
//! latter.
//!
//! # Example
//!
//! ```
//! use onionskin::{Router, body::Body, extract::Request, middleware, response::IntoResponse, routing::get, testing};
//!
//! async fn auth(request: Request, next: middleware::Next) -> impl IntoResponse {
//!     match request.headers().contains_key("authorization") {
//!         true => next.run(request).await,
//!         false => (http::StatusCode::UNAUTHORIZED, "who are you?").into_response(),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = Router::new().route("/", get(|| async { "Hello" })).layer(middleware::from_fn(auth));
//!
//! let (response, cycle) = testing::run(app, Request::new(Body::empty())).await;
//!
//! assert_eq!(response.status(), 401);
//! assert!(cycle.layer("auth").answered());
//! assert_eq!(cycle.header_set_by("content-type"), Some("auth"));
//! # }
//! ```

mod recorded;

pub use recorded::{LayerSeen, Recorded};

use crate::{
    capture::{
        server::{Sites, TestService},
        tap::Tap as Frames,
    },
    wire::Cycle,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    response::Response,
};
use std::{convert::Infallible, future::poll_fn};
use tower_service::Service;

/// Sends a request through a service, takes all of the response's body, and gives back the response and what happened.
///
/// # Panics
/// If the service panics, or the body of the response breaks; use a [`Tap`] to look at cycles like these.
///
/// # Example
///
/// ```
/// use onionskin::{Router, body::Body, extract::Request, routing::get, testing};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = Router::new().route("/", get(|| async { "Hello" }));
/// let (response, cycle) = testing::run(app, Request::new(Body::empty())).await;
/// assert_eq!(response.into_body(), "Hello");
/// assert_eq!((cycle.status, cycle.target.as_str()), (Some(200), "/"));
/// # }
/// ```
#[track_caller]
pub fn run<S>(
    service: S,
    request: Request,
) -> impl Future<Output = (http::Response<Bytes>, Recorded)>
where
    S: Service<Request, Response = Response, Error = Infallible> + 'static,
{
    let sites = Sites::of::<S>(std::panic::Location::caller());
    async move {
        let tap = Tap::new();
        let mut service = TestService::new(service, sites);
        let Ok(()) = poll_fn(|cx| service.poll_ready(cx)).await;
        let Ok(response) = service.call(tap.attach(request)).await;
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX)
            .await
            .expect("the body of the response broke");
        let cycle = tap.take().pop().expect("the cycle ends with the body");
        (http::Response::from_parts(head, body), cycle)
    }
}

/// Takes the cycles of requests that it is attached to, however they end.
///
/// # Example
///
/// ```
/// use onionskin::{Router, body::Body, extract::Request, routing::get, testing::Tap};
/// use tower_service::Service;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tap = Tap::new();
/// let mut app: Router = Router::new().route("/", get(|| async { "Hello" }));
/// drop(app.call(tap.attach(Request::new(Body::empty())))); // nobody waits for the answer
/// assert!(tap.take()[0].to_string().contains("cancelled"));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Tap(Frames);

impl Default for Tap {
    fn default() -> Self {
        Self::new()
    }
}

impl Tap {
    /// A tap that has taken nothing yet.
    ///
    /// ```
    /// # use onionskin::testing::Tap;
    /// assert!(Tap::new().take().is_empty());
    /// ```
    pub fn new() -> Self {
        Self(Frames::new())
    }

    /// A tap that takes every cycle that begins in this process from now on: for tests with a real server and real sockets.
    /// It takes them from the one before it, if there was one.
    ///
    /// ```
    /// use onionskin::{Router, routing::get, testing::Tap};
    /// # use std::io::{Read, Write};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let tap = Tap::of_process();
    /// let app = Router::new().route("/", get(|| async { "Hello" }));
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let at = listener.local_addr()?;
    /// tokio::spawn(async { onionskin::serve(listener, app).await });
    /// # let client = tokio::task::spawn_blocking(move || {
    /// let mut client = std::net::TcpStream::connect(at)?;
    /// client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    /// client.read_to_end(&mut Vec::new())
    /// # });
    /// # client.await??;
    /// let cycle = loop {
    ///     // The client may have read the end a moment before the server is done with it.
    ///     if let Some(cycle) = tap.take().pop() {
    ///         break cycle;
    ///     }
    ///     tokio::task::yield_now().await;
    /// };
    /// assert_eq!(cycle.status, Some(200));
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_process() -> Self {
        let tap = Self::new();
        tap.0.take_all();
        tap
    }

    /// Marks a request: the cycle that begins with it comes here. It is recorded even where recording is switched off, and
    /// is not counted. Returns the request, otherwise as it was.
    ///
    /// ```
    /// # use onionskin::{body::Body, extract::Request, testing::Tap};
    /// let request = Tap::new().attach(Request::new(Body::from("Hello")));
    /// assert_eq!(request.uri(), "/");
    /// ```
    #[must_use]
    pub fn attach(&self, mut request: Request<Body>) -> Request<Body> {
        request.extensions_mut().insert(self.0.clone());
        request
    }

    /// The cycles that have ended since this was asked last, in the order of their end; empty if none has.
    ///
    /// ```
    /// # use onionskin::{Router, body::Body, extract::Request, routing::get, testing::Tap};
    /// # use tower_service::Service;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let tap = Tap::new();
    /// # let mut app: Router = Router::new().route("/{n}", get(|| async { "Hello" }));
    /// for path in ["/1", "/2"] {
    ///     let request = Request::get(path).body(Body::empty()).unwrap();
    ///     drop(app.call(tap.attach(request)).await); // the response, and its body with it
    /// }
    /// let targets: Vec<_> = tap.take().iter().map(|cycle| cycle.target.clone()).collect();
    /// assert_eq!(targets, ["/1", "/2"]);
    /// assert!(tap.take().is_empty());
    /// # }
    /// ```
    pub fn take(&self) -> Vec<Recorded> {
        self.0
            .take()
            .into_iter()
            .map(|cycle: Cycle| Recorded::new(cycle))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Router,
        extract::State,
        middleware::{Next, from_fn},
        response::IntoResponse as _,
        routing::get,
        wire::{Edge, Left},
    };

    async fn stamp(mut request: Request, next: Next) -> Response {
        request
            .headers_mut()
            .insert("x-stamp", http::HeaderValue::from_static("1"));
        next.run(request).await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_prefix_is_taken_off_by_the_nest_and_not_by_the_layer_around_it() {
        let inner = Router::new().route(
            "/books/{id}",
            get(|State(()): State<()>| async { "a book" }),
        );
        let app = Router::new()
            .nest("/api", inner)
            .layer(from_fn(stamp))
            .with_state(());
        let request = Request::get("/api/books/7").body(Body::empty()).unwrap();
        let (response, cycle) = run(app, request).await;
        assert_eq!(response.into_body(), "a book");

        let changes = |name: &str| cycle.layer(name).request_changes();
        assert!(changes("stamp").iter().all(|d| d.uri.is_none()), "{cycle}");
        assert_eq!(cycle.request_header_set_by("x-stamp"), Some("stamp"));
        let nest = changes("nest /api");
        assert_eq!(nest.len(), 1);
        assert_eq!(nest[0].uri.as_ref().unwrap().to, "/books/7");
        assert!(nest[0].headers.is_empty());
        assert!(
            cycle.to_string().contains("/books/7  by nest /api"),
            "{cycle}"
        );
        let entered = cycle
            .steps
            .iter()
            .filter(|s| s.edge == Edge::In && s.entry == s.seq)
            .count();
        let left = cycle
            .steps
            .iter()
            .filter(|s| s.edge == Edge::Out && s.left.is_some())
            .count();
        assert_eq!(
            entered,
            left + 1,
            "every step in has its step out, and the server ends by sending:\n{cycle}"
        );
    }

    #[derive(Clone)]
    struct User;

    /// Puts a user in, and another status and body on the way out.
    async fn disguise(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(User);
        let mut response = next.run(request).await;
        *response.status_mut() = http::StatusCode::IM_A_TEAPOT;
        *response.body_mut() = Body::from("tea");
        response
    }

    async fn doorkeeper(request: Request, next: Next) -> Response {
        match request.headers().contains_key("x-key") {
            true => next.run(request).await,
            false => http::StatusCode::UNAUTHORIZED.into_response(),
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_cycle_says_who_did_what() {
        async fn view() -> &'static str {
            "coffee"
        }
        let app = Router::new()
            .route("/cups/{size}", get(view))
            .layer(from_fn(disguise))
            .layer(from_fn(doorkeeper))
            .layer(from_fn(stamp));
        let request = || Request::get("/cups/large");
        let inside = request().header("x-key", "1").body(Body::empty()).unwrap();
        let (_, cycle) = run(app.clone(), inside).await;
        assert_eq!(cycle.status_set_by(), Some("disguise"), "{cycle}");
        assert_eq!(cycle.body_set_by(), Some("disguise"));
        assert_eq!(cycle.header_set_by("content-type"), Some("view"));
        assert_eq!(cycle.extension_set_by::<User>(), Some("disguise"));
        assert_eq!(cycle.extension_set_by::<String>(), None);
        assert_eq!(cycle.request_body_set_by(), None);
        assert_eq!(cycle.route.as_deref(), Some("/cups/{size}"));
        assert_eq!(
            (cycle.param("size"), cycle.param("colour")),
            (Some("large"), None)
        );
        assert_eq!(cycle.never_ran(), [""; 0]);
        assert!(!cycle.layer("view").never_ran());

        let outside = request().body(Body::empty()).unwrap();
        let (_, cycle) = run(app, outside).await;
        assert!(cycle.layer("doorkeeper").answered());
        assert_eq!(cycle.status_set_by(), Some("doorkeeper"));
        assert_eq!(cycle.never_ran(), ["disguise", "view"], "{cycle}");
        assert!(cycle.layer("disguise").never_ran() && !cycle.layer("disguise").ran());
        assert_eq!(cycle.extension_set_by::<User>(), None);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_error_that_a_response_stands_for_is_shown_once_with_its_sources() {
        let broken = || async {
            let source = "twelve".parse::<i64>().unwrap_err();
            let mut response = http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
            response
                .extensions_mut()
                .insert(crate::Cause::new(std::io::Error::other(source)));
            response
        };
        let app = Router::new().route("/", get(broken)).layer(from_fn(stamp));
        let (_, cycle) = run(app, Request::new(Body::empty())).await;
        let text = cycle.to_string();
        let said = "error: invalid digit found in string";
        assert_eq!(text.matches(said).count(), 1, "{text}");
    }

    /// Asks the service inside it twice at once, and takes the answer to the first.
    #[derive(Clone)]
    struct Twice<S>(S);

    impl<S> Service<Request> for Twice<S>
    where
        S: Service<Request, Response = Response, Error = Infallible>,
        S::Future: Send + 'static,
    {
        type Response = Response;
        type Error = Infallible;
        type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

        fn poll_ready(
            &mut self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            self.0.poll_ready(cx)
        }

        fn call(&mut self, request: Request) -> Self::Future {
            let mut other = Request::get("/b").body(Body::empty()).unwrap();
            *other.extensions_mut() = request.extensions().clone();
            let (first, second) = (self.0.call(request), self.0.call(other));
            Box::pin(async {
                let answer = first.await;
                second.await.map(drop)?;
                answer
            })
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_router_that_is_asked_twice_at_once_finds_a_route_for_each() {
        let app = Router::new()
            .route("/a", get(|| async { "a" }))
            .route("/b", get(|| async { "b" }));
        let request = Request::get("/a").body(Body::empty()).unwrap();
        let (response, cycle) = run(Twice(app), request).await;
        assert_eq!(response.into_body(), "a");
        let found = cycle.steps.iter().filter_map(|step| {
            let route = step.resolved.as_ref()?.route.clone()?;
            Some((
                cycle.replay().request(step.entry)?.uri.clone()?.value,
                route,
            ))
        });
        let pair = |path: &str| (path.to_owned(), path.to_owned());
        assert_eq!(
            found.collect::<Vec<_>>(),
            [pair("/a"), pair("/b")],
            "{cycle}"
        );
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_request_with_what_an_ended_one_carried_is_a_cycle_of_its_own() {
        static KEPT: std::sync::Mutex<Option<http::Extensions>> = std::sync::Mutex::new(None);
        async fn keep(request: Request) {
            *KEPT.lock().unwrap() = Some(request.extensions().clone());
        }
        let mut app: Router = Router::new().route("/", get(keep));
        run(app.clone(), Request::new(Body::empty())).await;
        let tap = Tap::new();
        let mut later = Request::new(Body::empty());
        *later.extensions_mut() = KEPT.lock().unwrap().take().unwrap();
        drop(app.call(tap.attach(later)).await);
        assert_eq!(tap.take().len(), 1);
    }

    /// Asks the service inside it once more while a panic unwinds it.
    #[derive(Clone)]
    struct LastWord<S>(S);

    struct Asks<F: Future + Unpin>(Option<F>);

    impl<F: Future + Unpin> Drop for Asks<F> {
        fn drop(&mut self) {
            let mut asked = self.0.take().unwrap();
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(std::pin::Pin::new(&mut asked).poll(&mut context).is_ready());
        }
    }

    impl<S> Service<Request> for LastWord<S>
    where
        S: Service<Request, Response = Response, Error = Infallible>,
        S::Future: Send + Unpin + 'static,
    {
        type Response = Response;
        type Error = Infallible;
        type Future = S::Future;

        fn poll_ready(
            &mut self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            self.0.poll_ready(cx)
        }

        fn call(&mut self, request: Request) -> Self::Future {
            let _asks = Asks(Some(self.0.call(request)));
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }

    #[test]
    fn a_service_that_is_asked_while_a_panic_unwinds_answers_as_ever() {
        let router: Router = Router::new().route("/", get(|| async { "here" }));
        let tap = Tap::new();
        let mut app = TestService::new(
            LastWord(router),
            Sites::of::<LastWord<Router>>(std::panic::Location::caller()),
        );
        let request = tap.attach(Request::new(Body::empty()));
        let call = std::panic::AssertUnwindSafe(|| drop(app.call(request)));
        assert!(std::panic::catch_unwind(call).is_err());
        let cycle = tap.take().remove(0);
        let answered = cycle
            .steps
            .iter()
            .filter(|step| step.left == Some(Left::Returned));
        assert_eq!(answered.count(), 2, "the view and the router:\n{cycle}");
        assert!(cycle.layer("LastWord").panicked(), "{cycle}");
    }

    /// A body that says when it is asked.
    struct Says;

    impl http_body::Body for Says {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            crate::template("said", || std::task::Poll::Ready(None))
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_a_body_does_that_was_kept_for_another_request_is_told_of_that() {
        static KEPT: std::sync::Mutex<Option<Body>> = std::sync::Mutex::new(None);
        async fn keep(request: Request, next: Next) -> Response {
            let response = next.run(request).await;
            let before = KEPT.lock().unwrap().replace(response.into_body());
            Response::new(before.unwrap_or_default())
        }
        let app = Router::new()
            .route("/", get(|| async { Response::new(Body::new(Says)) }))
            .layer(from_fn(keep));
        for said in [0, 1] {
            let (_, cycle) = run(app.clone(), Request::new(Body::empty())).await;
            let is_it = |mark: &&crate::wire::Mark| {
                matches!(mark.what, crate::wire::MarkKind::Template { .. })
            };
            assert_eq!(cycle.marks.iter().filter(is_it).count(), said, "{cycle}");
        }
    }
}
