//! Questions about how a cycle looks: see [`crate::view`].

use super::{
    Api, Problem,
    cycles::{find, no_step},
};
use crate::{
    model::{StepView, Timeline},
    view,
};
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};

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
