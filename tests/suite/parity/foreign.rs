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
    assert!(cycle.to_string().contains("view  axum::Router"), "{cycle}");
    // There, back, and what was inside is seen still.
    let app = onionskin::Router::new()
        .route("/docs", onionskin::routing::get(|| async { "ours" }))
        .layer(Mark("inside"));
    let app = onionskin::Router::from(onionskin::plain::Router::from(app));
    let (_, cycle) = testing::run(app, get()).await;
    assert_eq!(cycle.header_set_by("x-mark"), Some("Mark"));
}

#[utoipa::path(get, path = "/books", responses((status = 200, body = String)))]
async fn list() -> &'static str {
    "all books"
}

#[utoipa::path(post, path = "/books", responses((status = 200, body = String)))]
async fn add(title: String) -> String {
    title
}

#[tokio::test]
async fn handlers_in_a_router_of_utoipa_axum_are_seen() {
    use onionskin::{self as axum, openapi_routes as routes};
    use utoipa_axum::router::OpenApiRouter;
    let (router, api) = OpenApiRouter::new()
        .routes(routes!(list, add))
        .split_for_parts();
    assert!(api.paths.paths["/books"].post.is_some());
    let app = axum::Router::from(router).layer(Mark("around"));
    for (method, handler, answer) in [("GET", "list", "all books"), ("POST", "add", "new")] {
        let request = Request::builder().method(method).uri("/books");
        let request = request.body(Body::from("new")).unwrap();
        let (response, cycle) = testing::run(app.clone(), request).await;
        assert_eq!(response.into_body(), answer);
        assert!(cycle.layer(handler).ran(), "{cycle}");
    }
    // Nothing is known of the routes beside the one that matched.
    let request = Request::delete("/books").body(Body::empty()).unwrap();
    let app = app.route("/authors", get_of_ours());
    let (response, cycle) = testing::run(app, request).await;
    assert_eq!(response.status(), 405);
    assert!(!cycle.to_string().contains("tried"), "{cycle}");
}

fn get_of_ours() -> onionskin::routing::MethodRouter {
    onionskin::routing::get(|| async { "authors" })
}
