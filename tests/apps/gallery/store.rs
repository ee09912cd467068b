//! Keys and values: bytes as they are, a limit for them, and a part for who has the token.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::{delete, get},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
    task::{Context, Poll},
};
use tower::{Layer, Service};
use tower_http::limit::RequestBodyLimitLayer;

type Values = Arc<RwLock<BTreeMap<String, Bytes>>>;

pub(crate) fn app() -> Router {
    let values = Values::default();
    let admin = Router::new()
        .route("/keys", delete(clear))
        .route("/key/{key}", delete(remove))
        .layer(BearerLayer("Bearer let-me-in"));
    Router::new()
        .route(
            "/{key}",
            get(read)
                .put(write)
                .layer((DefaultBodyLimit::disable(), RequestBodyLimitLayer::new(100))),
        )
        .route("/small/{key}", get(read).put(write))
        .layer(DefaultBodyLimit::max(10))
        .route("/keys", get(keys))
        .nest("/admin", admin)
        .with_state(values)
}

async fn read(State(values): State<Values>, Path(key): Path<String>) -> Result<Bytes, StatusCode> {
    let values = values.read().unwrap();
    values.get(&key).cloned().ok_or(StatusCode::NOT_FOUND)
}

async fn write(State(values): State<Values>, Path(key): Path<String>, value: Bytes) -> StatusCode {
    match values.write().unwrap().insert(key, value) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::CREATED,
    }
}

async fn keys(State(values): State<Values>) -> String {
    let values = values.read().unwrap();
    values.keys().cloned().collect::<Vec<_>>().join("\n")
}

async fn clear(State(values): State<Values>) {
    values.write().unwrap().clear();
}

async fn remove(State(values): State<Values>, Path(key): Path<String>) -> StatusCode {
    match values.write().unwrap().remove(&key) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

/// Lets in who says this in `authorization`.
#[derive(Clone)]
struct BearerLayer(&'static str);

#[derive(Clone)]
struct Bearer<S> {
    inner: S,
    token: &'static str,
}

impl<S> Layer<S> for BearerLayer {
    type Service = Bearer<S>;

    fn layer(&self, inner: S) -> Bearer<S> {
        Bearer {
            inner,
            token: self.0,
        }
    }
}

impl<S> Service<Request> for Bearer<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future =
        futures_util::future::Either<S::Future, std::future::Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let given = request.headers().get(header::AUTHORIZATION);
        if given.is_some_and(|given| given == self.token) {
            return futures_util::future::Either::Left(self.inner.call(request));
        }
        let mut refused = Response::new(Body::empty());
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        let how = HeaderValue::from_static("Bearer");
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, how);
        futures_util::future::Either::Right(std::future::ready(Ok(refused)))
    }
}
