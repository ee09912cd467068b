//! The HTTP API: what there is to ask.
//!
//! `routes` is the table of all questions, of which the router and the OpenAPI document (`openapi`) are made. What can't be
//! answered is a [`Problem`](crate::model::Problem). Beside the API there is a static page, which needs no token because it
//! holds nothing.

mod cycles;
mod export;
mod filter;
mod live;
mod openapi;
mod page;
mod patient;
mod problem;
mod recording;
mod routes;
mod sending;
mod view;

pub(crate) use page::is_public;
pub(crate) use problem::Problem;
pub(crate) use routes::takes_post;

use crate::{Limits, guard::Guard, otlp::Receiver, recording::OpenedFile, store::Store};
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use onionskin::link::tcp::Address;
use std::{
    path::Path,
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};
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

/// Longest path with its query: room for a filter of which every byte is escaped.
const MAX_TARGET: usize = 16 << 10;

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    store: Store,
    socket: Option<Arc<str>>,
    limits: Limits,
    live: Arc<Semaphore>,
    /// Places for answers that take a while.
    patience: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
    started: Started,
    recording: Arc<recording::Desk>,
    sending: Arc<sending::Desk>,
    opened: Option<OpenedFile>,
    otlp: Option<Receiver>,
    links: Arc<[String]>,
}

/// When the inspector started.
#[derive(Clone, Copy, Debug)]
struct Started {
    by_clock: SystemTime,
    at: Instant,
}

impl Api {
    pub(crate) fn new(
        store: Store,
        socket: Option<&Path>,
        opened: Option<OpenedFile>,
        limits: Limits,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            socket: socket.map(|socket| socket.to_string_lossy().into()),
            recording: Arc::default(),
            sending: Arc::default(),
            opened,
            otlp: None,
            links: Arc::default(),
            live: Arc::new(Semaphore::new(limits.live_clients)),
            patience: Arc::new(Semaphore::new(patient::AT_ONCE)),
            limits,
            closing,
            started: Started {
                by_clock: SystemTime::now(),
                at: Instant::now(),
            },
        }
    }

    /// The same, with spans that are received.
    pub(crate) fn receiving(self, otlp: Option<Receiver>) -> Self {
        Self { otlp, ..self }
    }

    /// The same, where apps connect by TCP too.
    pub(crate) fn linked(self, links: &[Address]) -> Self {
        let links = links.iter().map(Address::to_string).collect();
        Self { links, ..self }
    }
}

/// All routes.
pub(crate) fn router(api: Api) -> Router {
    let questions = routes::questions().into_iter();
    questions
        .fold(Router::new(), |router, question| {
            router.route(question.path, question.handler)
        })
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
        Ok(())
            if request
                .uri()
                .path_and_query()
                .is_some_and(|t| t.as_str().len() > MAX_TARGET) =>
        {
            let detail = format!("The path and query may be {MAX_TARGET} bytes long.");
            Problem::new(StatusCode::URI_TOO_LONG, "long", detail).into_response()
        }
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
    let since_epoch = api.started.by_clock.duration_since(UNIX_EPOCH);
    let live_clients_max = api.limits.live_clients as u64;
    Json(crate::model::Status {
        version: env!("CARGO_PKG_VERSION").into(),
        wire: onionskin::wire::WIRE_VERSION,
        pid: std::process::id(),
        started_unix_us: since_epoch.unwrap_or_default().as_micros() as u64,
        uptime_ms: api.started.at.elapsed().as_millis() as u64,
        counters: api.store.counters(),
        memory: api.store.memory(),
        connected: api.store.connected() as u64,
        socket: api.socket.as_deref().map(str::to_owned),
        links: api.links.to_vec(),
        refused_links: api.store.refused_links(),
        live_clients: live_clients_max.saturating_sub(api.live.available_permits() as u64),
        live_clients_max,
        recording: api.recording.status(),
        sending: api.sending.status(),
        opened: api.opened.as_ref().map(|opened| opened.told.clone()),
        otlp: api.otlp.as_ref().map(|otlp| crate::model::OtlpState {
            addresses: otlp.addresses.iter().map(ToString::to_string).collect(),
            spans: otlp.spans.counters(),
        }),
    })
}

#[cfg(test)]
mod tests;
