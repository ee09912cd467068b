//! `GET /api/cycles/{id}/spans`: what other services did in the trace of a cycle.

use super::Memory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of the spans that were received: `received = kept + evicted + repeated + refused`, at every moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpanCounters {
    /// Spans that came.
    pub received: u64,
    /// Spans that are kept.
    pub kept: u64,
    /// Spans that made room for newer ones, their trace as a whole.
    pub evicted: u64,
    /// Spans that had come before: the later one is kept.
    pub repeated: u64,
    /// Spans that were refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Requests that were refused as a whole: nobody knows how many spans were in them.
    pub refused_requests: u64,
    /// Their use of memory, and its budget.
    pub memory: Memory,
}

/// The spans that were received of the trace of a cycle, now or when it was recorded, without those of the cycle itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CycleSpans {
    /// Whether spans are received now.
    pub receiving: bool,
    /// The trace: 32 hexadecimal digits.
    pub trace: String,
    /// Whether the request named the trace (`traceparent`). Otherwise only an app that exports its cycles tells it to anybody.
    pub joined: bool,
    /// Who the spans are from, by name.
    pub services: Vec<ServiceLine>,
    /// The spans as a tree: each behind the one that it happened in, children by time.
    pub spans: Vec<SpanLine>,
    /// How many there are that are not among `spans`, because there are too many to show.
    pub more: u64,
    /// How many, at least, are in the recording and can't be read: it is damaged.
    pub damaged: u64,
    /// How many spans of the cycle itself came back: they are its timeline, and not shown twice.
    pub own: u64,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceLine {
    /// `service.name`; none if it does not say.
    pub name: Option<String>,
    /// Its spans.
    pub spans: u64,
}

/// A span. Its times are those of its service's clock: between machines clocks differ, and nothing here makes up for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpanLine {
    /// Its id: 16 hexadecimal digits.
    pub id: String,
    /// The span that it happened in, received or not.
    pub parent: Option<String>,
    /// `service.name`.
    pub service: Option<String>,
    /// What it did.
    pub name: String,
    /// Its role.
    pub kind: SpanKind,
    /// How it stands to the cycle.
    pub relation: Relation,
    /// Of what hangs right beneath the cycle: the layer or view that it hangs at.
    pub under: Option<String>,
    /// The cycle that it is a part of, where another app with Onionskin made it.
    pub cycle: Option<String>,
    /// How many of the spans received are around it.
    pub depth: usize,
    /// When it began, in nanoseconds from the start of the cycle, less than 0 before it; none where it does not say, or says a
    /// time more than 30 days away.
    pub from_ns: Option<i64>,
    /// How long it took; none where it says no end, or one before its start.
    pub duration_ns: Option<u64>,
    /// Whether it went well.
    pub status: SpanStatus,
    /// What went wrong.
    pub message: Option<String>,
    /// What else it says.
    pub attributes: Vec<SpanAttribute>,
    /// What happened in it.
    pub events: Vec<SpanEvent>,
    /// How many attributes, events and ends of texts were left out.
    pub left_out: u32,
}

/// How a span stands to a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The cycle happened in it: the request came from there.
    Above,
    /// It happened in the cycle.
    Beneath,
    /// In the same trace; what is between it and the cycle is not known, or it is another branch.
    Beside,
}

/// The role of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Not said.
    Unspecified,
    /// Inside a service.
    Internal,
    /// A request is answered.
    Server,
    /// A request is made.
    Client,
    /// A message is sent.
    Producer,
    /// A message is taken.
    Consumer,
}

/// Whether a span went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanStatus {
    /// Nobody said.
    Unset,
    /// Somebody said so.
    Ok,
    /// It did not.
    Error,
}

/// A key and its value, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpanAttribute {
    /// Key.
    pub key: String,
    /// Value. Lists and maps are JSON.
    pub value: String,
}

/// Something that happened in a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpanEvent {
    /// What.
    pub name: String,
    /// When, as `from_ns` of the span.
    pub t_ns: Option<i64>,
    /// What else is said of it.
    pub attributes: Vec<SpanAttribute>,
}
