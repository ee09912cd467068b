//! Failures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Any answer of the API that is a failure: RFC 9457, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, for people.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// What was wrong this time, and what to do.
    pub detail: String,
    /// Of a filter that is not understood: where, in UTF-16 code units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u32>,
    /// Of a filter that is not understood: how long the part is, in UTF-16 code units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub len: Option<u32>,
}
