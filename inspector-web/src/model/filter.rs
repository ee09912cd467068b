//! What fits at the cursor of a filter. Places in its text are counted in UTF-16 code units, as JavaScript does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/filter`: whether a filter is understood, and what could be written at the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterHelp {
    /// Whether it is understood.
    pub ok: bool,
    /// Why it is not.
    pub error: Option<FilterError>,
    /// The filter as we would write it, where it is understood.
    pub canonical: Option<String>,
    /// What fits at the cursor, the likeliest first.
    pub completions: Vec<Completion>,
}

/// Why a filter is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterError {
    /// Where the part starts that is wrong.
    pub at: u32,
    /// How long it is.
    pub len: u32,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Something that fits: put `text` in the place of what stands from `from` to `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Start of what it replaces.
    pub from: u32,
    /// End of what it replaces.
    pub to: u32,
    /// What it is.
    pub what: CompletionKind,
    /// For people: what the field means, or how often the value was seen.
    pub detail: String,
}

/// What a [`Completion`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// The name of a field.
    Field,
    /// An operator.
    Operator,
    /// A value that was seen.
    Value,
    /// `and`, `or`, `not`, `health`.
    Word,
}
