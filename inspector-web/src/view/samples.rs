//! Real cycles for tests: small apps, recorded as their users' are.

use http::{HeaderValue, StatusCode, header};
use onionskin::{
    Router,
    body::Body,
    extract::{Path, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
    testing,
    wire::Cycle,
};

/// What became of a request in an app.
pub(crate) fn record(app: Router, request: Request) -> Cycle {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (_, recorded) = runtime.block_on(testing::run(app, request));
    Cycle::clone(&recorded)
}

pub(crate) fn get_request(path: &str) -> Request {
    Request::get(path)
        .header("host", "localhost:3000")
        .header("cookie", "sid=canary; theme=canary")
        .body(Body::empty())
        .unwrap()
}

/// Sets a header on the way in and on the way out.
async fn stamp(mut request: Request, next: Next) -> Response {
    request
        .headers_mut()
        .insert("x-stamp", HeaderValue::from_static("outer"));
    request.extensions_mut().insert(7_u32);
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert("x-served-by", HeaderValue::from_static("stamp"));
    response
}

/// Sets it again; takes out what came with the request; writes another status.
async fn restamp(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    headers.insert("x-stamp", HeaderValue::from_static("inner"));
    headers.remove(header::COOKIE);
    request.extensions_mut().remove::<u32>();
    let mut response = next.run(request).await;
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

async fn guard(request: Request, next: Next) -> Response {
    match request.headers().contains_key("x-key") {
        true => next.run(request).await,
        false => (StatusCode::UNAUTHORIZED, "who are you?").into_response(),
    }
}

async fn book(Path(id): Path<u64>) -> impl IntoResponse {
    let headers = [
        ("x-served-by", "book"),
        ("content-type", "application/json"),
    ];
    (headers, format!("{{\"id\":{id}}}"))
}

/// `stamp` around `restamp` around `/books/{id}`; behind `guard`, `/admin`.
pub(crate) fn shop() -> Router {
    let admin = Router::new()
        .route("/admin", post(async || "done").get(async || "hello"))
        .route_layer(from_fn(guard));
    Router::new()
        .route("/books/{id}", get(book))
        .merge(admin)
        .layer(from_fn(restamp))
        .layer(from_fn(stamp))
}
