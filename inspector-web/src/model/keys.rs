//! The keys of both UIs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/keys`: commands that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyGroup {
    /// What they have in common.
    pub title: String,
    /// The commands.
    pub commands: Vec<KeyLine>,
}

/// A command and its keys. Keys are written as `?`, `q`, `Ctrl-C`, `Shift-Tab`, `Space`, `Enter`, `Esc`, `Up`, `PageDown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyLine {
    /// Name of the command.
    pub command: String,
    /// What it does, for people.
    pub what: String,
    /// What it does in the browser, where that is something else.
    pub web_what: Option<String>,
    /// Its keys in the terminal; none: the terminal has no such command.
    pub terminal: Vec<String>,
    /// Its keys in the browser.
    pub web: Vec<String>,
}
