//! Recordings started and stopped.

use super::{Api, Problem};
use crate::{
    model::{Recording, StartRecording},
    recording::{Recorder, Retention},
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use http::StatusCode;
use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::{OffsetDateTime, macros::format_description};

/// The one recording of an inspector.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<Option<Recorder>>);

impl Desk {
    /// How the recording stands that runs, or that ran last.
    pub(super) fn status(&self) -> Option<Recording> {
        self.lock().as_ref().map(Recorder::status)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Recorder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(status: StatusCode, detail: impl Into<String>) -> Problem {
    Problem::new(status, "recording", detail)
}

pub(super) async fn start(
    State(api): State<Api>,
    wanted: Result<Json<StartRecording>, JsonRejection>,
) -> Result<Json<Recording>, Problem> {
    let Json(wanted) = wanted?;
    if api.opened.is_some() {
        return Err(refused(
            StatusCode::CONFLICT,
            "A file is shown here: nothing comes that could be recorded.",
        ));
    }
    let file = file(wanted.file)?;
    let keep = Retention {
        bytes: wanted.keep_bytes,
        age: wanted.keep_seconds.map(Duration::from_secs),
    };
    let (desk, store) = (api.recording.clone(), api.store.clone());
    let spans = api.otlp.as_ref().map(|otlp| otlp.spans.clone());
    let started = api.patiently(move |_| {
        let mut recorder = desk.lock();
        if let Some(running) = recorder
            .as_ref()
            .map(Recorder::status)
            .filter(|r| r.running)
        {
            let detail = format!(
                "It records into {} already; end that first, with `R` in a UI or Ctrl-C where it was started.",
                running.file
            );
            return Err(refused(StatusCode::CONFLICT, detail));
        }
        let started = Recorder::start_with(&store, spans, &file, keep, wanted.history);
        let started = started
            .map_err(|error| refused(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
        let status = started.status();
        *recorder = Some(started);
        Ok(Json(status))
    });
    started.await?
}

pub(super) async fn stop(State(api): State<Api>) -> Result<Json<Recording>, Problem> {
    let desk = api.recording.clone();
    let stopped = api.patiently(move |_| {
        let mut recorder = desk.lock();
        let running = recorder.as_mut().filter(|r| r.status().running);
        let running =
            running.ok_or_else(|| refused(StatusCode::CONFLICT, "Nothing is recorded."))?;
        running.end();
        Ok(Json(running.status()))
    });
    stopped.await?
}

fn file(wanted: Option<String>) -> Result<PathBuf, Problem> {
    let Some(wanted) = wanted else {
        let now =
            format_description!("onionskin-[year][month][day]-[hour][minute][second].onionskin");
        let name = OffsetDateTime::now_utc()
            .format(&now)
            .expect("it names parts of a date and a time");
        let here = std::env::current_dir().map_err(|error| {
            refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("There is no working directory: {error}"),
            )
        })?;
        return Ok(here.join(name));
    };
    let file = PathBuf::from(wanted);
    match file.is_absolute() {
        true => Ok(file),
        false => Err(refused(
            StatusCode::BAD_REQUEST,
            "The path of the file must be absolute.",
        )),
    }
}
