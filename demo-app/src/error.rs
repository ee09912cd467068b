//! What can go wrong in a handler, and the page that says so.

use std::error::Error;
use std::num::ParseIntError;
use std::path::PathBuf;

use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::pages::trouble::problem_page;

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// There is no such thing in the shop.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// The database refused.
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
    /// A template could not be filled in.
    #[error("a page could not be drawn")]
    Template(#[from] askama::Error),
    /// A file of the data folder could not be read or written.
    #[error("cannot use the file {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An upload that cannot be read: too large, cut off, or not multipart.
    #[error("the upload cannot be read")]
    Upload(#[from] MultipartError),
    /// An upload that was read and is not wanted.
    #[error("the upload is not wanted: {reason}")]
    Unwanted {
        /// What to do better.
        reason: &'static str,
    },
    /// A report could not be made.
    #[error("the report '{report}' cannot be made")]
    Report {
        /// Which one.
        report: &'static str,
        /// Why.
        source: ReportError,
    },
}

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A setting that should be a number is none.
    #[error("the setting {name} is {value:?}, which is not a number")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What somebody typed.
        value: String,
        /// What the parser says.
        source: ParseIntError,
    },
    /// The setting is missing.
    #[error("the setting {name} is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
}

impl ShopError {
    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Upload(error) => error.status(),
            Self::Unwanted { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(_) | Self::Template(_) | Self::File { .. } | Self::Report { .. } => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// Itself and its causes, outermost first: `the report … : the setting … : invalid digit …`.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = if status.is_server_error() {
            tracing::error!(error = %self.chain(), "a page failed");
            // Causes go to the log, not to the reader.
            problem_page(status, "That did not work", &self.to_string()).into_response()
        } else {
            tracing::info!(error = %self.chain(), "a page was refused");
            problem_page(status, "Sorry", &self.to_string()).into_response()
        };
        response.extensions_mut().insert(axum::Cause::new(self));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_names_every_cause() {
        let source = "twelve".parse::<i64>().unwrap_err();
        let error = ShopError::Report {
            report: "margins",
            source: ReportError::Setting {
                name: "margin_percent",
                value: String::from("twelve"),
                source,
            },
        };
        assert_eq!(
            error.chain(),
            "the report 'margins' cannot be made: the setting margin_percent is \"twelve\", which is not a number: \
             invalid digit found in string"
        );
    }
}
