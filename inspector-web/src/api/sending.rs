//! Sending to a collector, started and stopped.

use super::{Api, Problem, filter};
use crate::{
    model::{Sending, StartSending},
    sending::{Dispatch, Sender, Which},
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use http::StatusCode;
use onionskin::{
    otel::{Protocol, Settings, SettingsError},
    spans::Content,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Where a Collector or Jaeger takes OTLP if nobody says anything else.
const USUAL: &str = "http://127.0.0.1:4318";

/// How long a receiver that asks for patience gets it, where not everything that comes is sent.
const PATIENCE: Duration = Duration::from_secs(30);

/// The one sending of an inspector.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<Option<Dispatch>>);

impl Desk {
    /// How the sending stands that runs, or that ran last.
    pub(super) fn status(&self) -> Option<Sending> {
        self.lock().as_ref().map(Dispatch::status)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Dispatch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(status: StatusCode, detail: impl Into<String>) -> Problem {
    Problem::new(status, "sending", detail)
}

pub(super) async fn start(
    State(api): State<Api>,
    wanted: Result<Json<StartSending>, JsonRejection>,
) -> Result<Json<Sending>, Problem> {
    let Json(wanted) = wanted?;
    let settings = settings(&wanted)?;
    let patience = (!wanted.follow).then_some(PATIENCE);
    let content = match wanted.bodies {
        true => Content::Bodies,
        false => Content::Record,
    };
    if wanted.follow && api.opened.is_some() {
        return Err(refused(
            StatusCode::CONFLICT,
            "A file is shown here: nothing comes that could be sent on.",
        ));
    }
    let filter = filter::of(Some(&wanted.filter), None)?;
    let which = match (wanted.ids.is_empty(), wanted.follow) {
        (true, false) => Which::Matching(filter),
        (true, true) => Which::Following(filter),
        (false, false) if wanted.filter.is_empty() => Which::Ids(wanted.ids),
        (false, _) => {
            return Err(refused(
                StatusCode::BAD_REQUEST,
                "Cycles are chosen by ids, or by a filter and what comes; not by both.",
            ));
        }
    };
    let sender = Sender::new(settings, content, patience)
        .map_err(|error| refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{error}.")))?;
    let mut desk = api.sending.lock();
    if let Some(running) = desk.as_ref().map(Dispatch::status).filter(|s| s.running) {
        let detail = format!("It sends to {} already; stop that first.", running.endpoint);
        return Err(refused(StatusCode::CONFLICT, detail));
    }
    let started = Dispatch::start(&api.store, sender, which);
    let status = started.status();
    *desk = Some(started);
    Ok(Json(status))
}

pub(super) async fn stop(State(api): State<Api>) -> Result<Json<Sending>, Problem> {
    let desk = api.sending.lock();
    let running = desk.as_ref().filter(|sending| sending.status().running);
    let running = running.ok_or_else(|| refused(StatusCode::CONFLICT, "Nothing is sent."))?;
    running.stop();
    Ok(Json(running.status()))
}

/// Headers of the environment, which may hold credentials, go to the endpoint of the environment only.
fn settings(wanted: &StartSending) -> Result<Settings, Problem> {
    let bad = |error: SettingsError| {
        let detail = match error {
            SettingsError::Value { wanted, .. } => format!("The protocol must be {wanted}."),
            other => format!("{other}."),
        };
        refused(StatusCode::BAD_REQUEST, detail)
    };
    let Some(endpoint) = &wanted.endpoint else {
        // What is wrong with the environment is told in its own words.
        let said = Settings::from_env()
            .map_err(|error| refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{error}.")))?;
        return match said {
            Some(settings) => Ok(settings),
            None => Settings::new(USUAL, Protocol::default()).map_err(bad),
        };
    };
    let protocol = match &wanted.protocol {
        None => Protocol::default(),
        Some(protocol) => protocol.parse().map_err(bad)?,
    };
    Settings::new(endpoint, protocol).map_err(bad)
}
