//! Why a question got no answer.

use crate::model::Problem;
use std::{error::Error, time::Duration};

type BoxError = Box<dyn Error + Send + Sync>;

/// What is at the bottom of an error: there it says what happened.
pub(crate) fn innermost<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    error.source().map_or(error, innermost)
}

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL is not one that an inspector prints.
    #[error(
        "not the URL of an inspector; it looks like http://127.0.0.1:7335/#token=… and the inspector prints it at start"
    )]
    Url,
    /// Nobody answers there.
    #[error("can't reach the inspector at {url}: {}; is it still running?", innermost(&**source))]
    Unreachable {
        /// The URL without its token.
        url: String,
        /// Why not.
        source: BoxError,
    },
    /// It answers, but not this.
    #[error("the inspector refused: {} ({}): {}", .0.title, .0.status, .0.detail)]
    Refused(Problem),
    /// The answer broke off or is too long.
    #[error("the inspector's answer broke off: {0}")]
    Broken(BoxError),
    /// The answer is not what was asked for.
    #[error(
        "the inspector's answer is not understood: {0}; use the same version of onionskin for both"
    )]
    Json(serde_json::Error),
    /// The answer took too long.
    #[error("the inspector did not answer within {0:?}")]
    TooSlow(Duration),
    /// Nothing came on the line of live events, not even that the inspector is still there.
    #[error("the inspector has said nothing for {0:?}")]
    Silent(Duration),
}
