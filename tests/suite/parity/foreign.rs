//! What other crates write for axum's types: their routers are taken, and our types can stand where they name axum's.

use super::{Mark, same};
use axum::{body::Body, extract::Request, routing::get};
use onionskin::testing;

/// As crates for pages of documentation have it: something that becomes a router of axum's.
struct Pages;

impl<S: Clone + Send + Sync + 'static> From<Pages> for axum::Router<S> {
    fn from(Pages: Pages) -> Self {
        Self::new().route("/docs", get(|| async { "docs" }))
    }
}

#[test]
fn what_becomes_a_router_of_axums_is_merged() {
    let answers = same!(&["GET /docs", "POST /docs", "GET /", "GET /x"], |axum| {
        use axum::{Router, extract::State, routing::get};
        Router::new()
            .route("/", get(|State(n): State<u8>| async move { n.to_string() }))
            .merge(Pages)
            .layer(Mark("around"))
            .with_state(7)
    });
    assert!(answers[0].ends_with("docs"), "{}", answers[0]);
    assert!(answers[2].ends_with('7'), "{}", answers[2]);
}

/// A service around a router, with the future that axum's has.
macro_rules! around {
    ($axum:ident, $router:ty) => {{
        use std::task::{Context, Poll};
        type Inner = $router;
        #[derive(Clone)]
        struct Around(Inner);
        impl tower::Service<Request> for Around {
            type Response = axum::response::Response;
            type Error = std::convert::Infallible;
            type Future = $axum::routing::future::RouteFuture<Self::Error>;
            fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
                tower::Service::<Request>::poll_ready(&mut self.0, cx)
            }
            fn call(&mut self, request: Request) -> Self::Future {
                self.0.call(request)
            }
        }
        Around
    }};
}

#[test]
fn the_future_of_a_router_has_its_name() {
    let asked = ["GET /", "HEAD /", "POST /", "GET /x"];
    let routers = same!(&asked, |axum| {
        let app = axum::Router::new().route("/", axum::routing::get(|| async { "inside" }));
        around!(axum, axum::Router)(app)
    });
    assert!(routers[0].ends_with("inside"), "{}", routers[0]);
    same!(&asked, |axum| {
        let app = axum::routing::get(|| async { "inside" });
        around!(axum, axum::routing::MethodRouter)(app)
    });
}

#[tokio::test]
async fn a_foreign_router_is_seen_from_outside_and_a_layer_around_it_by_itself() {
    let get = || Request::get("/docs").body(Body::empty()).unwrap();
    let app = onionskin::Router::new().merge(Pages).layer(Mark("around"));
    let (response, cycle) = testing::run(app, get()).await;
    assert_eq!(response.into_body(), "docs");
    assert_eq!(cycle.header_set_by("x-mark"), Some("Mark"), "{cycle}");
    assert!(cycle.to_string().contains("view  Pages"), "{cycle}");
    let app = onionskin::Router::new().merge(onionskin::plain::Router::from(Pages));
    let (_, cycle) = testing::run(app, get()).await;
    assert!(cycle.to_string().contains("view  axum::Router"), "{cycle}");
    // There, back, and what was inside is seen still.
    let app = onionskin::Router::new()
        .route("/docs", onionskin::routing::get(|| async { "ours" }))
        .layer(Mark("inside"));
    let app = onionskin::Router::from(onionskin::plain::Router::from(app));
    let (_, cycle) = testing::run(app, get()).await;
    assert_eq!(cycle.header_set_by("x-mark"), Some("Mark"));
}

#[tokio::test]
async fn routes_of_a_foreign_router_were_tried_too() {
    let books = onionskin::plain::routing::get(|| async { "books" });
    let foreign = onionskin::plain::Router::new()
        .route("/books", books)
        .route("/any", onionskin::plain::routing::any(|| async { "any" }));
    let authors = onionskin::routing::get(|| async { "authors" });
    let own = foreign.clone().fallback(|| async { "lost" });
    let ours = onionskin::routing::MethodRouter::from(onionskin::plain::routing::get(|| async {}));
    for app in [
        onionskin::Router::from(foreign.clone()).route("/authors", authors.clone()),
        onionskin::Router::new()
            .merge(foreign)
            .merge(onionskin::Router::new().route("/authors", authors)),
        onionskin::Router::from(own).route("/authors", ours),
    ] {
        let run = async |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path);
            let request = request.body(Body::empty()).unwrap();
            testing::run(app.clone(), request).await.1.to_string()
        };
        let refused = run("DELETE", "/books").await;
        assert!(
            refused.contains("tried /books: almost, it takes GET, HEAD"),
            "{refused}"
        );
        assert!(refused.contains("tried 2 more"), "{refused}");
        let lost = run("GET", "/nowhere").await;
        for route in ["/books", "/authors", "/any"] {
            assert!(lost.contains(&format!("tried {route}:")), "{lost}");
        }
        for (method, path) in [
            ("GET", "/books"),
            ("HEAD", "/books"),
            ("PUT", "/any"),
            ("GET", "/authors"),
        ] {
            let taken = run(method, path).await;
            assert!(!taken.contains("tried"), "{taken}");
        }
    }
}
