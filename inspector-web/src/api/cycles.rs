//! Questions about apps and cycles.

use super::{Api, Problem, filter};
use crate::{
    map,
    model::{App, CyclePage, RunInsights, StackView},
    store::Question,
};
use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use onionskin::{
    replay::{self, Snapshot},
    wire::{Cycle, Stack},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Cycles on a page if the client does not say.
const PAGE: usize = 100;

/// Cycles on a page, at most.
const MAX_PAGE: usize = 1000;

pub(super) async fn apps(State(api): State<Api>) -> Json<Vec<App>> {
    Json(api.store.apps())
}

pub(super) async fn stack(
    State(api): State<Api>,
    run: Result<Path<String>, PathRejection>,
) -> Result<Json<Stack>, Problem> {
    let Path(run) = run?;
    let missing = || {
        let detail = "No such app run is known, or it has not sent its map.";
        Problem::new(StatusCode::NOT_FOUND, "stack", detail)
    };
    api.store.stack(&run).map(Json).ok_or_else(missing)
}

/// The query of what is worked out over the cycles of a run.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct MapQuery {
    /// Only the cycles that match this filter are counted.
    filter: Option<String>,
}

pub(super) async fn map(
    State(api): State<Api>,
    run: Result<Path<String>, PathRejection>,
    query: Result<Query<MapQuery>, QueryRejection>,
) -> Result<Json<StackView>, Problem> {
    let (Path(run), Query(query)) = (run?, query?);
    let filter = filter::of(query.filter.as_deref(), None)?;
    let store = api.store.clone();
    let map = api.patiently(move |stop| map::of_run(&store, &run, &filter, stop));
    map.await?.map(Json).ok_or_else(no_run)
}

pub(super) async fn insights(
    State(api): State<Api>,
    run: Result<Path<String>, PathRejection>,
    query: Result<Query<MapQuery>, QueryRejection>,
) -> Result<Json<RunInsights>, Problem> {
    let (Path(run), Query(query)) = (run?, query?);
    let filter = filter::of(query.filter.as_deref(), None)?;
    let store = api.store.clone();
    let work = move |stop: &_| map::insights_of_run(&store, &run, &filter, stop);
    api.patiently(work).await?.map(Json).ok_or_else(no_run)
}

fn no_run() -> Problem {
    let detail = "No such app run is known.";
    Problem::new(StatusCode::NOT_FOUND, "run", detail)
}

/// The query of a list.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ListQuery {
    /// Cycles on the page; 100 where it is not said.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// Only cycles before this position: `next` of the page before.
    before: Option<u64>,
    /// Only cycles up to this position: `until` of the page before keeps the list as it was.
    until: Option<u64>,
    /// So many of the newest are left out.
    #[serde(default)]
    skip: u32,
    /// Only cycles of this app run.
    run: Option<String>,
    /// Only cycles that match this filter.
    filter: Option<String>,
}

pub(super) async fn list(
    State(api): State<Api>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<CyclePage>, Problem> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "parameter",
            format!("limit must be from 1 to {MAX_PAGE}."),
        ));
    }
    let question = Question {
        limit,
        before: query.before,
        until: query.until,
        skip: query.skip as usize,
        filter: filter::of(query.filter.as_deref(), query.run.as_deref())?,
    };
    let store = api.store.clone();
    api.patiently(move |stop| Json(store.page(&question, stop)))
        .await
}

pub(super) async fn one(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Cycle>, Problem> {
    let Path(id) = id?;
    find(&api, &id).map(Json)
}

pub(super) async fn snapshot(
    State(api): State<Api>,
    path: Result<Path<(String, u32)>, PathRejection>,
) -> Result<Json<Snapshot>, Problem> {
    let Path((id, step)) = path?;
    let cycle = find(&api, &id)?;
    let snapshot = replay::snapshot(&cycle, step)?;
    snapshot.map(Json).ok_or_else(|| no_step(&cycle))
}

pub(super) async fn body(
    State(api): State<Api>,
    path: Result<Path<(String, usize)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((id, number)) = path?;
    let mut cycle = find(&api, &id)?;
    if number >= cycle.bodies.len() {
        return Err(no_body(&cycle));
    }
    let body = cycle.bodies.swap_remove(number);
    // Bytes from anywhere: never to be shown by a browser as if they were ours. The id is checked to be harmless in a
    // header when the link takes it.
    let disposition = format!("attachment; filename=\"{}-body-{number}.bin\"", cycle.id);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox".to_owned(),
        ),
    ];
    Ok((headers, body.head.0).into_response())
}

pub(super) fn no_step(cycle: &Cycle) -> Problem {
    let detail = format!("The cycle has {} steps, from 0.", cycle.steps.len());
    Problem::new(StatusCode::NOT_FOUND, "step", detail)
}

pub(super) fn no_body(cycle: &Cycle) -> Problem {
    let detail = format!("The cycle has {} bodies, from 0.", cycle.bodies.len());
    Problem::new(StatusCode::NOT_FOUND, "body", detail)
}

pub(super) fn find(api: &Api, id: &str) -> Result<Cycle, Problem> {
    api.store.cycle(id).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "cycle",
            "No such cycle is kept; it may have made room for newer ones.",
        )
    })
}
