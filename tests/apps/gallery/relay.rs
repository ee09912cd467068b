//! A router that asks another, in the same process, and a middleware that makes a new request of the old one.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderValue, Method, StatusCode, Uri},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tower::ServiceExt as _;

pub(crate) fn app() -> Router {
    Router::new()
        .route("/relay/{*path}", any(relay))
        .route("/twice/{*path}", get(twice))
        .route("/shout", post(echo).layer(from_fn(rebuilt)))
        .with_state(router_behind())
}

fn router_behind() -> Router {
    Router::new()
        .route("/hello/{name}", get(hello))
        .route("/echo", post(echo))
        .layer(from_fn(behind))
}

/// By its name: a request that was passed on has the parameters of both routers.
#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn hello(Path(Named { name }): Path<Named>) -> String {
    format!("hello, {name}")
}

async fn echo(method: Method, uri: Uri, request: Request) -> Response {
    let kind = request.headers().get("x-kind").cloned();
    let mut response = Response::new(request.into_body());
    let line = format!("{method} {uri}").parse().expect("plain text");
    response.headers_mut().insert("x-line", line);
    if let Some(kind) = kind {
        response.headers_mut().insert("x-kind", kind);
    }
    response
}

async fn behind(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .append("x-by", HeaderValue::from_static("behind"));
    response
}

/// Passes the request on, under the rest of its path.
async fn relay(
    State(behind): State<Router>,
    Path(path): Path<String>,
    mut request: Request,
) -> Result<Response, StatusCode> {
    let uri = format!("/{path}").parse();
    *request.uri_mut() = uri.map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut response = behind.oneshot(request).await.expect("infallible");
    response
        .headers_mut()
        .append("x-by", HeaderValue::from_static("relay"));
    Ok(response)
}

/// Asks twice, with requests and routers of its own, and puts the answers together.
async fn twice(Path(path): Path<String>) -> Response {
    let mut both = Vec::new();
    for _ in 0..2 {
        let request = Request::get(format!("/{path}")).body(Body::empty());
        let asked = router_behind().oneshot(request.expect("a request"));
        let body = asked.await.expect("infallible").into_body();
        both.extend(body.collect().await.expect("a body in memory").to_bytes());
        both.push(b'\n');
    }
    both.into_response()
}

/// Everything new: method, head and body of the request.
async fn rebuilt(request: Request, next: Next) -> Result<Response, StatusCode> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1000).await;
    let bytes = bytes.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let new = Request::builder()
        .method(parts.method)
        .uri(format!("{}?loud", parts.uri.path()))
        .header("x-kind", "rebuilt")
        .body(Body::from(bytes.to_ascii_uppercase()));
    Ok(next.run(new.expect("a request")).await)
}
