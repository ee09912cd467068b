//! Marks: what happened between the steps.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mark {
    /// When, from the start of the cycle.
    pub t_ns: u64,
    /// `seq` of the last step before it.
    pub after: u32,
    /// `seq` of the `in` step inside which it happened, if known.
    pub inside: Option<u32>,
    /// What happened.
    #[serde(flatten)]
    pub what: MarkKind,
}

/// What a [`Mark`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "mark", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MarkKind {
    /// A frame of a body passed.
    BodyFrame {
        /// Index into [`Cycle::bodies`](super::Cycle::bodies).
        body: usize,
        /// Bytes.
        len: u64,
    },
    /// A `tracing` event.
    Log {
        /// `TRACE` … `ERROR`.
        level: String,
        /// Target.
        target: String,
        /// Message.
        message: String,
        /// Fields.
        fields: BTreeMap<String, String>,
    },
    /// A `tracing` span; the mark stands where it ended.
    Span {
        /// `TRACE` … `ERROR`.
        level: String,
        /// Target.
        target: String,
        /// Name.
        name: String,
        /// Fields, as they were at its end.
        fields: BTreeMap<String, String>,
        /// From its beginning to its end.
        elapsed_ns: u64,
        /// How much of that time it was entered.
        busy_ns: u64,
    },
    /// A request that the app sent to another server: a span of kind `client` with OpenTelemetry's HTTP attributes.
    Call {
        /// `http.request.method`.
        method: String,
        /// `url.full`, or what of it the span says.
        url: String,
        /// `http.response.status_code`.
        status: Option<u16>,
        /// What went wrong: `error.message`, `error.type`.
        error: Option<String>,
        /// From the beginning of the span to its end.
        elapsed_ns: u64,
    },
    /// A template that was rendered: see [`crate::template`].
    Template {
        /// Its name.
        name: String,
        /// How long it took.
        elapsed_ns: u64,
    },
    /// A statement that sqlx or diesel ran.
    Sql {
        /// The statement.
        statement: String,
        /// Rows returned.
        rows: Option<u64>,
        /// How long it took.
        elapsed_ns: Option<u64>,
    },
    /// The error that the response stands for: see [`crate::Cause`].
    Error {
        /// `Display` of the error, of its source, and so on.
        chain: Vec<String>,
    },
    /// A panic.
    Panic {
        /// Its message.
        message: String,
        /// `file:line`.
        at: String,
        /// The frames of the app's own code, innermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        backtrace: Vec<Frame>,
    },
    /// The layer outside handed on a request that was built afresh; the cycle was found again through the task.
    Rebuilt,
}

impl MarkKind {
    /// How long it took, where that is known; it was over when it was noted.
    pub fn duration_ns(&self) -> Option<u64> {
        match self {
            Self::Span { elapsed_ns, .. }
            | Self::Call { elapsed_ns, .. }
            | Self::Template { elapsed_ns, .. } => Some(*elapsed_ns),
            Self::Sql { elapsed_ns, .. } => *elapsed_ns,
            _ => None,
        }
    }
}

/// A frame of a backtrace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Frame {
    /// The function, as the compiler names it.
    pub function: String,
    /// `file:line:column`.
    pub at: String,
    /// Frames of libraries that were left out between this one and the one before.
    pub folded: u64,
}
