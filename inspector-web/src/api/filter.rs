//! Filters: as parameters of other questions, and the help in writing one.

use super::{Api, Problem};
use crate::{
    filter::{self, Filter, byte_at, utf16},
    model::{Completion, FilterError, FilterHelp},
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

/// Cycles that completion takes values from.
const RECENT: u64 = 2000;

/// The filter of a parameter, for the cycles of one run if that is wanted.
pub(super) fn of(text: Option<&str>, run: Option<&str>) -> Result<Filter, Problem> {
    let text = text.unwrap_or_default();
    let filter = Filter::parse(text).map_err(|error| {
        let error = told(text, &error);
        Problem::new(StatusCode::BAD_REQUEST, "filter", error.message).at(error.at, error.len)
    })?;
    Ok(match run {
        Some(run) => filter.of_run(run),
        None => filter,
    })
}

fn told(text: &str, error: &filter::Error) -> FilterError {
    let at = utf16(text, error.at);
    FilterError {
        at,
        len: utf16(text, error.at + error.len) - at,
        message: error.message.clone(),
    }
}

/// The query of the help.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct HelpQuery {
    /// The text of the filter, as far as it is written.
    #[serde(default)]
    q: String,
    /// Where the cursor is in it, in UTF-16 code units; its end where it is not said.
    cursor: Option<u32>,
}

pub(super) async fn help(
    State(api): State<Api>,
    query: Result<Query<HelpQuery>, QueryRejection>,
) -> Result<Json<FilterHelp>, Problem> {
    let Query(HelpQuery { q, cursor }) = query?;
    let store = api.store.clone();
    api.patiently(move |_| {
        let recent = store.newest(RECENT);
        let subjects: Vec<_> = recent
            .subjects()
            .rev()
            .map(|(_, subject)| subject)
            .collect();
        let cursor = byte_at(&q, cursor.unwrap_or(u32::MAX));
        let offers = filter::complete(&q, cursor, &subjects);
        let completions = offers.into_iter().map(|offer| Completion {
            text: offer.text,
            from: utf16(&q, offer.from),
            to: utf16(&q, offer.to),
            what: offer.what,
            detail: offer.detail,
        });
        let parsed = Filter::parse(&q);
        Json(FilterHelp {
            ok: parsed.is_ok(),
            canonical: parsed.as_ref().ok().map(Filter::to_string),
            error: parsed.err().map(|error| told(&q, &error)),
            completions: completions.collect(),
        })
    })
    .await
}
