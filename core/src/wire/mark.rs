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
    /// A statement that sqlx ran.
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
