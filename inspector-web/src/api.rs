//! The HTTP API: what there is to ask.
//!
//! | route | answers |
//! |---|---|
//! | `/api/status` | [`Status`](crate::model::Status) |
//! | `/api/apps` | list of [`App`](crate::model::App) |
//! | `/api/apps/{run}/stack` | [`Stack`](onionskin::wire::Stack) |
//! | `/api/cycles?limit=&before=&run=` | [`CyclePage`](crate::model::CyclePage) |
//! | `/api/cycles/{id}` | [`Cycle`](onionskin::wire::Cycle) |
//! | `/api/cycles/{id}/steps/{k}` | [`Snapshot`](onionskin::replay::Snapshot) |
//! | `/api/cycles/{id}/bodies/{n}` | the head of a body, as an attachment |
//! | `/api/cycles/{id}/timeline` | [`Timeline`](crate::model::Timeline) |
//! | `/api/cycles/{id}/steps/{k}/view` | [`StepView`](crate::model::StepView) |
//! | `/api/live` | server-sent [`LiveEvent`](crate::model::LiveEvent)s |
//!
//! What can't be answered is a [`Problem`](crate::model::Problem). Beside the API there is a static page, which needs no
//! token because it holds nothing.

mod cycles;
mod live;
mod page;
mod problem;
mod view;

pub(crate) use page::is_public;
pub(crate) use problem::Problem;

use crate::{Limits, guard::Guard, store::Store};
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use std::{path::Path, sync::Arc};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// On every answer that does not say otherwise.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    store: Store,
    socket: Arc<str>,
    limits: Limits,
    live: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
}

impl Api {
    pub(crate) fn new(
        store: Store,
        socket: &Path,
        limits: Limits,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            socket: socket.to_string_lossy().into(),
            live: Arc::new(Semaphore::new(limits.live_clients)),
            limits,
            closing,
        }
    }
}

/// All routes.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .route("/api/status", get(status))
        .route("/api/apps", get(cycles::apps))
        .route("/api/apps/{run}/stack", get(cycles::stack))
        .route("/api/cycles", get(cycles::list))
        .route("/api/cycles/{id}", get(cycles::one))
        .route("/api/cycles/{id}/steps/{step}", get(cycles::snapshot))
        .route("/api/cycles/{id}/bodies/{body}", get(cycles::body))
        .route("/api/cycles/{id}/timeline", get(view::timeline))
        .route("/api/cycles/{id}/steps/{step}/view", get(view::step))
        .route("/api/live", get(live::live))
        .merge(page::router())
        .fallback(async || {
            Problem::new(
                StatusCode::NOT_FOUND,
                "route",
                "There is nothing at this path.",
            )
        })
        .with_state(api)
}

/// Answers a request that the guard lets in, and one that it doesn't.
pub(crate) async fn answer<B>(guard: &Guard, router: Router, request: Request<B>) -> Response
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let mut response = match guard.check(&request).await {
        Ok(()) => match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Err(problem) => problem.into_response(),
    };
    protect(response.headers_mut());
    response
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

async fn status(State(api): State<Api>) -> Json<crate::model::Status> {
    Json(crate::model::Status {
        version: env!("CARGO_PKG_VERSION").into(),
        wire: onionskin::wire::WIRE_VERSION,
        counters: api.store.counters(),
        memory: api.store.memory(),
        connected: api.store.connected(),
        socket: Some(api.socket.to_string()),
        refused_links: api.store.refused_links(),
    })
}

#[cfg(test)]
mod tests;
