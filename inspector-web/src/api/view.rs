//! Questions about how a cycle looks: see [`crate::view`].

use super::{
    Api, Problem,
    cycles::{find, no_body, no_step},
};
use crate::{
    model::{BodyView, Comparison, ContentKind, CycleSpans, Found, Insight, StepView, Timeline},
    recording::FiledSpans,
    view::{self, BodyOptions},
};
use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::atomic::AtomicBool;

pub(super) async fn timeline(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Timeline>, Problem> {
    let Path(id) = id?;
    Ok(Json(view::timeline(&find(&api, &id)?)))
}

pub(super) async fn step(
    State(api): State<Api>,
    path: Result<Path<(String, u32)>, PathRejection>,
) -> Result<Json<StepView>, Problem> {
    let Path((id, step)) = path?;
    let cycle = find(&api, &id)?;
    let view = view::step(&cycle, step)?;
    view.map(Json).ok_or_else(|| no_step(&cycle))
}

/// The query of a search.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SearchQuery {
    /// The text, in either case of letters.
    q: String,
}

pub(super) async fn search(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Json<Found>, Problem> {
    let (Path(id), Query(query)) = (id?, query?);
    let timeline = view::timeline(&find(&api, &id)?);
    let work = move |_: &AtomicBool| view::search(&timeline, &query.q);
    let steps = api.patiently(work).await?;
    Ok(Json(Found {
        steps: steps.into_iter().collect(),
    }))
}

/// The query of a body's view.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct BodyQuery {
    /// How to show it; as it is best, where it is not said.
    #[serde(rename = "as", default)]
    #[schemars(with = "ContentKind")]
    kind: Option<ContentKind>,
    /// 1: the bytes as they passed, content codings and all.
    #[schemars(range(min = 0, max = 1))]
    encoded: Option<u8>,
    /// Number of a body of the same cycle to compare it with.
    against: Option<usize>,
}

pub(super) async fn body(
    State(api): State<Api>,
    path: Result<Path<(String, usize)>, PathRejection>,
    query: Result<Query<BodyQuery>, QueryRejection>,
) -> Result<Json<BodyView>, Problem> {
    let (Path((id, number)), Query(query)) = (path?, query?);
    let encoded = query.encoded.unwrap_or(0);
    if encoded > 1 {
        let detail = "encoded must be 0 or 1.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "parameter", detail));
    }
    let cycle = find(&api, &id)?;
    if query.against.is_some_and(|n| n >= cycle.bodies.len()) {
        return Err(no_body(&cycle));
    }
    let options = BodyOptions {
        kind: query.kind,
        encoded: encoded == 1,
        against: query.against,
    };
    let work = move |_: &AtomicBool| {
        let view = view::body(&cycle, number, options);
        view.map(Json).ok_or_else(|| no_body(&cycle))
    };
    api.patiently(work).await?
}

/// The query of a comparison.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CompareQuery {
    /// A cycle, as in `Cycle.id`.
    a: String,
    /// The cycle to compare it with; of another run or app too.
    b: String,
}

pub(super) async fn compare(
    State(api): State<Api>,
    query: Result<Query<CompareQuery>, QueryRejection>,
) -> Result<Json<Comparison>, Problem> {
    let Query(query) = query?;
    let (a, b) = (find(&api, &query.a)?, find(&api, &query.b)?);
    let compared = api.patiently(move |_| view::compare(&a, &b));
    Ok(Json(compared.await??))
}

pub(super) async fn insights(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Vec<Insight>>, Problem> {
    let Path(id) = id?;
    Ok(Json(view::insights(&find(&api, &id)?)))
}

pub(super) async fn spans(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<CycleSpans>, Problem> {
    let Path(id) = id?;
    let cycle = find(&api, &id)?;
    if api.otlp.is_none() && api.opened.is_none() {
        return Ok(Json(CycleSpans::default()));
    }
    let receiving = api.otlp.is_some();
    let kept = match (&api.otlp, &api.opened) {
        (Some(otlp), _) => Some(otlp.spans.clone()),
        (None, opened) => opened.as_ref().and_then(|opened| opened.beside.clone()),
    };
    let store = api.store.clone();
    let work = move |_: &AtomicBool| {
        let trace = onionskin::spans::trace_of(&cycle).0;
        let FiledSpans { spans, damaged } = match kept {
            Some(kept) => FiledSpans {
                spans: kept.of(trace),
                damaged: 0,
            },
            None => store.filed_spans(trace),
        };
        Json(CycleSpans {
            receiving,
            damaged,
            ..view::spans(&cycle, spans)
        })
    };
    api.patiently(work).await
}
