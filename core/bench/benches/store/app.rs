//! The app whose cycles are the sample: six layers, some routes, answers of several kinds.

use anyhow::{Result, ensure};
use axum::{
    body::Body,
    extract::{Path, Request},
    http::{HeaderValue, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use onionskin::{Router, routing::get};
use std::time::Duration;
use tower::ServiceExt;
use tower_http::{compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer};

/// Serves some requests of each kind, without a socket, and waits until the inspector has heard of them.
pub(crate) async fn record() -> Result<()> {
    let app = app();
    // The app connects when the first cycle is there.
    for round in 0..20 {
        for (method, path) in [
            ("GET", "/books/7?page=2"),
            ("GET", "/books/81"),
            ("POST", "/cart"),
            ("GET", "/health"),
            ("GET", "/nothing/here"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("host", "localhost:3000")
                .header("user-agent", "bench")
                .header("accept", "application/json")
                .body(Body::from(format!("round {round}")))?;
            let response = app.clone().oneshot(request).await?;
            axum::body::to_bytes(response.into_body(), usize::MAX).await?;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let flush = || onionskin::flush(Duration::from_secs(10));
    let heard = tokio::task::spawn_blocking(flush).await?;
    ensure!(heard, "nobody heard of the cycles");
    Ok(())
}

fn app() -> Router {
    Router::new()
        .route(
            "/books/{id}",
            get(async |Path(id): Path<u64>| format!("{{\"id\":{id}}}")),
        )
        .route(
            "/cart",
            get(async || "cart").post(async || StatusCode::UNPROCESSABLE_ENTITY),
        )
        .route("/health", get(async || "up"))
        .layer(from_fn(session))
        .layer(from_fn(request_id))
        .layer(CorsLayer::permissive())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(5),
        ))
        .layer(CompressionLayer::new())
        .layer(from_fn(auth))
}

async fn session(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(7u64);
    next.run(request).await
}

async fn request_id(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert("x-request-id", HeaderValue::from_static("7-abc"));
    response
}

async fn auth(request: Request, next: Next) -> Response {
    match request.uri().path() {
        "/cart" => StatusCode::UNAUTHORIZED.into_response(),
        _ => next.run(request).await,
    }
}
