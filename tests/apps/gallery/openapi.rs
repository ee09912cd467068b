//! An app whose routes are documented: utoipa-axum's `OpenApiRouter`.

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::Response,
    routing::{get, get_service, post},
};
use tower::service_fn;
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

#[derive(OpenApi)]
#[openapi(info(title = "Books", description = "", version = "1", license(name = "")))]
struct Documented;

/// The shop's name.
type Shop = &'static str;

#[utoipa::path(get, path = "", responses((status = 200, body = String)))]
async fn list(State(shop): State<Shop>) -> String {
    format!("all books of {shop}")
}

#[utoipa::path(post, path = "", responses((status = 201, body = String)))]
async fn add(title: String) -> (StatusCode, String) {
    (StatusCode::CREATED, title)
}

#[utoipa::path(get, path = "/{id}", responses((status = 200, body = String)))]
async fn show(Path(id): Path<u32>) -> String {
    format!("book {id}")
}

#[utoipa::path(delete, path = "/{id}", responses((status = 204)))]
async fn remove() -> StatusCode {
    StatusCode::NO_CONTENT
}

#[utoipa::path(get, path = "/health", responses((status = 200)))]
async fn health() {}

async fn stamp(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let stamp = "by the books".parse().unwrap();
    response.headers_mut().insert("x-stamp", stamp);
    response
}

async fn keeper(request: Request, next: Next) -> Result<Response, StatusCode> {
    match request.headers().contains_key("x-keeper") {
        true => Ok(next.run(request).await),
        false => Err(StatusCode::FORBIDDEN),
    }
}

fn books() -> OpenApiRouter<Shop> {
    let kept = routes!(remove).layer(from_fn(keeper));
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show))
        .routes(kept)
        .layer(from_fn(stamp))
}

/// Routes that the document does not have.
fn undocumented() -> OpenApiRouter<Shop> {
    let echo = service_fn(|request: Request| async { Ok(Response::new(request.into_body())) });
    let page = service_fn(|_: Request| async { Ok(Response::new(Body::from("page"))) });
    let late = Router::new().route("/late", get(list).with_state("the late shop"));
    OpenApiRouter::default()
        .route("/plain", get(|| async { "plain" }))
        .route_service("/echo", echo)
        .nest_service("/pages", get_service(page))
        .route_layer(from_fn(stamp))
        .merge(late.into())
}

/// A router of its own, called as a service.
async fn inside(request: Request) -> Response {
    let state = routes!(health).with_state::<()>("no shop");
    let mut router: OpenApiRouter = OpenApiRouter::new()
        .routes(state.map(|methods| methods.merge(post(|| async { "posted" }))))
        .fallback_service(service_fn(|_| async { Ok(StatusCode::GONE) }));
    tower::Service::call(&mut router.as_service(), request)
        .await
        .unwrap()
}

pub(crate) fn app() -> Router {
    let mut app = OpenApiRouter::with_openapi(Documented::openapi())
        .nest("/api/books", books())
        .merge(undocumented())
        .route("/health", get(inside))
        .fallback(|| async { (StatusCode::NOT_FOUND, "no such page") })
        .with_state("a shop");
    app.get_openapi_mut().info.description = Some("of a shop".to_owned());
    let paths = app.get_openapi().paths.paths.len();
    let (app, document) = app.split_for_parts();
    let mut other = books();
    let taken = other.to_openapi();
    assert_eq!(other.into_openapi().paths.paths.len(), 0);
    app.route("/openapi.json", get(move || async { Json(document) }))
        .route("/paths", get(move || async move { paths.to_string() }))
        .route("/books.json", get(move || async { Json(taken) }))
}
