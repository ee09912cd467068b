//! `GET /api/apps/{run}/insights`: what a reviewer would remark on an app, over the cycles that are kept.

use super::{InsightKind, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The remarks on an app run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunInsights {
    /// The app run.
    pub run: String,
    /// How many cycles match the filter.
    pub cycles: u64,
    /// How many of them, the newest, were looked into step by step; the rest is counted.
    pub looked_into: u64,
    /// The remarks.
    pub insights: Vec<RunInsight>,
}

/// A remark on an app, with its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunInsight {
    /// What it is about.
    pub kind: RunInsightKind,
    /// The remark that cycles have in common, where it is `recurring`.
    pub remark: Option<InsightKind>,
    /// The remark, a sentence. It quotes what came from the app: escape it before it is shown.
    pub text: String,
    /// Where the layer, handler or route stands.
    pub source: Option<Source>,
    /// In how many cycles it is so.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// A filter that lets those cycles pass, or all that passed the place.
    pub filter: String,
    /// The newest cycle that shows it.
    pub example: Option<String>,
}

/// What a [`RunInsight`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunInsightKind {
    /// A remark on single cycles that many of them have in common.
    Recurring,
    /// A place takes much of all the time.
    MostTime,
    /// A layer answers much of what comes to it by itself.
    AnswersMuch,
    /// A layer never changed anything and never answered.
    IdleLayer,
    /// Layers stand in a row that were added one at a time.
    OneByOne,
    /// An endpoint that no cycle came to.
    NeverReached,
}
