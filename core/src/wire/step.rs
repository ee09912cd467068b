//! Steps: what happened, one after the other.

use super::{Delta, Sent, Stage};
use serde::{Deserialize, Serialize};

/// One recorded event of a cycle: a stage entered or left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Position in [`Cycle::steps`](super::Cycle::steps), from 0.
    pub seq: u32,
    /// The stage that was entered or left.
    pub stage: Stage,
    /// Entered or left.
    pub edge: Edge,
    /// Where, as an index into [`Cycle::sites`](super::Cycle::sites).
    pub site: Option<usize>,
    /// `seq` of the step that entered what this step is about (its own for an `in`).
    pub entry: u32,
    /// `seq` of the `in` step that this one happened inside of.
    pub parent: Option<u32>,
    /// 1, or more where the layer outside called in again.
    pub attempt: u32,
    /// When, from the start of the cycle.
    pub t_ns: u64,
    /// How much of the time up to now the app's task waited.
    pub idle_ns: u64,
    /// What recording this step took; it follows `t_ns`.
    pub cost_ns: u64,
    /// What changed in the request (`in`) or in the response (`out`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<Delta>,
    /// For `out`: how it was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
    /// For the `out` of `resolve`: what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// For the `out` of `send`: what went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// Whether a step enters or leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The request goes in.
    In,
    /// The response comes out.
    Out,
}

/// How a stage was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Left {
    /// With a response.
    Returned,
    /// With an error, which goes to the layer outside.
    Error {
        /// What it says, to its last source, where it is boxed as tower's are; else the name of its type.
        error: String,
    },
    /// It was dropped before it answered.
    Dropped,
    /// A panic passed.
    Unwound,
    /// `send`: all of the body was taken.
    Sent,
    /// `send`: the body was dropped before its end.
    Cut,
}

/// What the router found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resolved {
    /// The pattern that matched; none: a fallback answered, or a nested service, of which axum says no pattern.
    pub route: Option<String>,
    /// Path parameters, in order of the pattern.
    pub params: Vec<(String, String)>,
    /// Where no view of the app took the request (404, 405): the routes of the map, the nearest first, and why each was
    /// refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
}

/// A route that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tried {
    /// The pattern.
    pub route: String,
    /// Why it was refused.
    pub why: Why,
}

impl Tried {
    /// Whether the path is one of this route's.
    pub fn is_of_path(&self) -> bool {
        !matches!(self.why, Why::Path { .. })
    }
}

/// Why a route was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// The path parts from the pattern at these segments; none: there it is at its end.
    Path {
        /// Of the pattern.
        wanted: Option<String>,
        /// Of the path.
        got: Option<String>,
    },
    /// The path matches, the method does not.
    Method {
        /// Methods that the route takes.
        allowed: Vec<String>,
    },
    /// It was not: the path and the method match, and still a fallback answered.
    Matched,
}
