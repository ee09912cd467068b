//! Cycles in the formats of others, as attachments.

use super::{Api, Problem, cycles::find, filter};
use crate::export::{Exporter, Format, UnknownFormat, Wanted};
use axum::{
    body::Body,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;
use std::convert::Infallible;
use tokio::sync::mpsc;

/// Pieces that wait for a client.
const AHEAD: usize = 4;

/// The query of one cycle.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct FormatQuery {
    /// `har`, `curl`, `httpie`, `http-request`, `http-response`, `jsonl`, `markdown`, `trace`, `otlp` or `html`.
    format: String,
    /// Mask e-mail and IP addresses too.
    #[serde(default)]
    redact: bool,
}

/// The query of many.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ExportQuery {
    /// `har`, `curl`, `httpie`, `jsonl`, `markdown`, `trace` or `otlp`.
    format: String,
    /// Mask e-mail and IP addresses too.
    #[serde(default)]
    redact: bool,
    /// Only cycles of this app run.
    run: Option<String>,
    /// Only cycles that match this filter.
    filter: Option<String>,
}

pub(super) async fn one(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<FormatQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(id), Query(query)) = (id?, query?);
    let format = format(&query.format)?;
    let cycle = find(&api, &id)?;
    let mut exporter = Exporter::new(format, query.redact);
    let mut bytes = exporter.add(&cycle);
    bytes.extend(exporter.end());
    Ok(attachment(format, &cycle.id, bytes.into()))
}

pub(super) async fn many(
    State(api): State<Api>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let format = format(&query.format)?;
    if !format.holds_many() {
        let detail =
            format!("A file of {format} holds one cycle; ask for it at /api/cycles/{{id}}/export.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "parameter", detail));
    }
    let filter = filter::of(query.filter.as_deref(), query.run.as_deref())?;
    let (sender, receiver) = mpsc::channel::<Bytes>(AHEAD);
    let exporter = Exporter::new(format, query.redact);
    let (store, api) = (api.store.clone(), api.clone());
    // It ends when the client is gone: then nobody takes what is sent.
    tokio::spawn(async move {
        let exported = api.patiently(move |_| {
            store.export(&Wanted::filter(filter), exporter, |bytes, _| {
                bytes.is_empty() || sender.blocking_send(bytes.into()).is_ok()
            });
        });
        // A panic in it cuts the answer off; the client sees that.
        let _ = exported.await;
    });
    let pieces = stream::unfold(receiver, async |mut receiver| {
        let piece = receiver.recv().await?;
        Some((Ok::<_, Infallible>(piece), receiver))
    });
    Ok(attachment(format, "cycles", Body::from_stream(pieces)))
}

fn format(name: &str) -> Result<Format, Problem> {
    let unknown = |error: UnknownFormat| {
        Problem::new(StatusCode::BAD_REQUEST, "parameter", error.to_string())
    };
    name.parse().map_err(unknown)
}

/// Bytes from anywhere: never to be shown by a browser as if they were ours. The name is ours, or an id, which was checked to
/// be harmless in a header when it came.
fn attachment(format: Format, name: &str, body: Body) -> Response {
    let disposition = format!(
        "attachment; filename=\"onionskin-{name}.{}\"",
        format.ending()
    );
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.media_type()),
    );
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
