//! `GET /api/compare`: two cycles side by side.

use super::{Edit, RowState};
use onionskin::wire::{CycleSummary, Edge, SiteKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Two cycles, aligned by layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The one.
    pub a: CycleSummary,
    /// The other.
    pub b: CycleSummary,
    /// The places that either passed, in order.
    pub rows: Vec<ComparedRow>,
    /// Where they part first, in order of time: an index into the rows; none where they do not.
    pub first: Option<usize>,
    /// Whether they part there on the way in or on the way out.
    pub first_edge: Option<Edge>,
}

/// A place that either of two cycles passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedRow {
    /// Its name; of two views that are not the same, both.
    pub name: String,
    /// What stands there.
    pub kind: Option<SiteKind>,
    /// How the one passed it; none: it did not come there.
    pub a: Option<ComparedSide>,
    /// How the other passed it.
    pub b: Option<ComparedSide>,
    /// What is different in the request where it came here, and was not at the row before.
    pub differences: Vec<Edit>,
    /// What is different in the response where it left here, and was not at the row inside.
    pub out_differences: Vec<Edit>,
    /// Whether nothing became different here.
    pub same: bool,
}

/// How one of two cycles passed a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedSide {
    /// Index into the rows of its timeline.
    pub row: usize,
    /// Its own time, before it called what is inside.
    pub in_ns: u64,
    /// Its own time, after that.
    pub out_ns: u64,
    /// How much of both the task waited.
    pub idle_ns: u64,
    /// Whether it ran, and to its end.
    pub state: RowState,
}
