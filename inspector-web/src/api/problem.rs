//! Answers that say why there is no answer.

use crate::model;
use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use onionskin::replay::ReplayError;

/// A failure, as RFC 9457 has it.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    name: &'static str,
    detail: String,
    /// Of a filter: where it is wrong, and how long that part is.
    part: Option<(u32, u32)>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            name,
            detail: detail.into(),
            part: None,
        }
    }

    /// Says which part of a filter it is about.
    pub(crate) fn at(self, at: u32, len: u32) -> Self {
        let part = Some((at, len));
        Self { part, ..self }
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn title(&self) -> &'static str {
        match self.name {
            "body" => "No such body",
            "cycle" => "No such cycle",
            "filter" => "Filter not understood",
            "full" => "Too many clients",
            "host" => "Unknown host",
            "internal" => "Inspector failed",
            "long" => "Request too long",
            "method" => "Method not allowed",
            "origin" | "site" => "Foreign page",
            "parameter" => "Parameter not understood",
            "recording" => "Recording not possible",
            "replay" => "Cycle can't be replayed",
            "run" => "No such app run",
            "sending" => "Sending not possible",
            "stack" => "No such map",
            "step" => "No such step",
            "token" => "Token missing or wrong",
            _ => "No such route",
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let is_posted = self.detail.contains("POST");
        let problem = model::Problem {
            // A tag URI (RFC 4151): it names the kind of problem and leads nowhere.
            kind: format!("tag:onionskin-rs.github.io,2026:problem/{}", self.name),
            title: self.title().into(),
            status: self.status.as_u16(),
            detail: self.detail,
            at: self.part.map(|(at, _)| at),
            len: self.part.map(|(_, len)| len),
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, "application/problem+json");
        match self.status {
            StatusCode::UNAUTHORIZED => set(header::WWW_AUTHENTICATE, "Bearer"),
            StatusCode::METHOD_NOT_ALLOWED if is_posted => set(header::ALLOW, "POST"),
            StatusCode::METHOD_NOT_ALLOWED => set(header::ALLOW, "GET, HEAD"),
            StatusCode::SERVICE_UNAVAILABLE => set(header::RETRY_AFTER, "5"),
            _ => None,
        };
        response
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "parameter", rejection.body_text())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "parameter", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "parameter", rejection.body_text())
    }
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        // The cycle is the app's word; that it contradicts itself is not the client's fault, and not ours.
        let detail = error.to_string();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "replay", detail)
    }
}
