//! `GET /api/cycles/{id}/insights`: what a reviewer would remark.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A remark on a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Insight {
    /// What it is about.
    pub kind: InsightKind,
    /// The remark, a sentence. It quotes what came from the app: escape it before it is shown.
    pub text: String,
    /// The header, cookie, statement or message that it is about, where the kind leaves that open: two remarks of one kind
    /// on one place that differ in it say different things.
    pub about: Option<String>,
    /// Index into the rows of the timeline.
    pub row: Option<usize>,
    /// `seq` of the step that shows it.
    pub step: Option<u32>,
}

/// What an [`Insight`] is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum InsightKind {
    /// A place ran the same statement again and again.
    RepeatedQuery,
    /// A layer gave another value to a header that was set inside.
    HeaderOverwritten,
    /// A body was compressed that was compressed already.
    CompressedTwice,
    /// Scripts of the page can read a cookie that holds a session.
    ReadableCookie,
    /// A place kept its thread for long, without waiting once.
    BlockedThread,
    /// A preflight was refused before the CORS layer saw it.
    PreflightRefused,
    /// A layer took in a whole body and put a copy of it in its place.
    BodyBuffered,
}
