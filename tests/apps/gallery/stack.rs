//! A buffer, load shedding, limits and a timeout, with their errors made answers.

use axum::{
    BoxError, Router,
    error_handling::HandleErrorLayer,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
    routing::get,
};
use std::{convert::Infallible, time::Duration};
use tower::{Service, ServiceBuilder, load_shed::error::Overloaded, timeout::error::Elapsed};
use tower_http::set_header::SetResponseHeaderLayer;

/// How long a request may take.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// So long that no test sees the next period.
const PERIOD: Duration = Duration::from_secs(3600);

fn routes() -> Router {
    Router::new()
        .route("/quick", get(quick))
        .route("/busy", get(busy))
        .route("/slow", get(slow))
}

/// The stack is a layer of the router: each route has a buffer of its own.
pub(crate) fn app() -> Router {
    let inner = SetResponseHeaderLayer::appending(
        HeaderName::from_static("x-inner"),
        HeaderValue::from_static("yes"),
    );
    routes()
        .layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(explain))
                .buffer(16)
                .load_shed()
                .concurrency_limit(1)
                .rate_limit(3, PERIOD)
                .timeout(PATIENCE)
                .layer(inner),
        )
        .route("/free", get(quick))
}

/// The stack is around the router: all routes share the buffer.
pub(crate) fn around()
-> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send {
    ServiceBuilder::new()
        .layer(HandleErrorLayer::new(explain))
        .buffer(16)
        .load_shed()
        .concurrency_limit(1)
        .rate_limit(3, PERIOD)
        .timeout(PATIENCE)
        .service(routes())
}

async fn explain(error: BoxError) -> (StatusCode, String) {
    let status = if error.is::<Elapsed>() {
        StatusCode::GATEWAY_TIMEOUT
    } else if error.is::<Overloaded>() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    (status, error.to_string())
}

async fn quick() -> &'static str {
    "quick"
}

async fn busy() -> &'static str {
    tokio::time::sleep(PATIENCE / 2).await;
    "done"
}

async fn slow() -> &'static str {
    tokio::time::sleep(PATIENCE * 50).await;
    "at last"
}
