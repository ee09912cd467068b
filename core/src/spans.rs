//! A cycle as the spans of an OpenTelemetry trace, and back.
//!
//! The spans are for people: a SERVER span by the HTTP semantic conventions, and below it one span for each layer, for
//! `parse`, `resolve`, the view and `send`, nested as the calls were. Their events are the record: each carries a piece of
//! the cycle as JSON, and all of them together are the cycle, exactly: [`decode`] gives back what [`encode`] got. What is
//! left out is said: the kept heads of bodies, unless [`Content::Bodies`] is asked for.
//!
//! This is plain data without a dependency on any OpenTelemetry crate, so that apps that export nothing pay for nothing.
//! The format is written down in `docs/OTLP.md`.
//!
//! In reading order: the model here; `encode` (`http`: what the root says, `record`: the events, `ids`); `decode`; `json`:
//! the same as OTLP JSON.

mod decode;
mod encode;
mod http;
mod ids;
mod json;
mod record;

pub use decode::{Flaw, Found, decode};
pub use encode::{Content, Options, encode, trace_of, without_bodies};
pub use ids::{Parent, SpanId, TraceId, TraceRef};
pub use json::{JsonError, attributes_from_json, from_json, span_from_json, to_json};

pub(crate) use ids::Ids;
#[cfg(all(feature = "otel", any(debug_assertions, feature = "in-release")))]
pub(crate) use ids::has_span;

use serde::{Deserialize, Serialize};

/// Version of the record in the events.
pub const FORMAT: i64 = 1;

/// The keys of what is ours on a span.
pub mod key {
    /// On every span: the id of the cycle.
    pub const CYCLE: &str = "onionskin.cycle.id";
    /// On the root: [`FORMAT`](super::FORMAT).
    pub const FORMAT: &str = "onionskin.format";
    /// On the root: how many events the record has.
    pub const EVENTS: &str = "onionskin.events";
    /// On the root: XXH64 of the record, each piece followed by a line feed; 16 hexadecimal digits.
    pub const DIGEST: &str = "onionskin.digest";
    /// On the root: what of the cycle the record holds.
    pub const CONTENT: &str = "onionskin.content";
    /// On the root: how the cycle ended.
    pub const OUTCOME: &str = "onionskin.outcome";
    /// On the root: steps and marks that a cap on the cycle's size left out when it was recorded.
    pub const OMITTED: &str = "onionskin.omitted";
    /// On a span: the stage it stands for.
    pub const STAGE: &str = "onionskin.stage";
    /// On a span: which call of the layer outside this was, where not the first.
    pub const ATTEMPT: &str = "onionskin.attempt";
    /// On a span: time spent in this place itself, in nanoseconds.
    pub const OWN: &str = "onionskin.own_ns";
    /// On a span: how much of its own time it waited, in nanoseconds.
    pub const IDLE: &str = "onionskin.idle_ns";
    /// On an event: its place in the record, from 0.
    pub const SEQ: &str = "onionskin.seq";
    /// On an event: when, in nanoseconds from the start of the cycle.
    pub const T: &str = "onionskin.t";
    /// On an event: a piece of the record.
    pub const RECORD: &str = "onionskin.record";
    /// On an event: the piece goes on in the next event.
    pub const MORE: &str = "onionskin.more";
    /// On the root: a `traceparent` that is none, as it came.
    pub const INVALID_PARENT: &str = "onionskin.traceparent.invalid";
}

/// Spans of one service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// What the service says of itself: `service.name` and so on.
    pub resource: Vec<Attribute>,
    /// Its spans.
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub id: SpanId,
    /// The span it happened in.
    pub parent: Option<SpanId>,
    /// `tracestate` as it came.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// Name, for people.
    pub name: String,
    /// Role.
    pub kind: Kind,
    /// Start, nanoseconds since the Unix epoch.
    pub start: u64,
    /// End; always after the start.
    pub end: u64,
    /// Attributes, each key once.
    pub attributes: Vec<Attribute>,
    /// Events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Whether it is an error.
    #[serde(default)]
    pub status: Status,
}

/// Something that happened in a span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Name, for people.
    pub name: String,
    /// When, nanoseconds since the Unix epoch.
    pub time: u64,
    /// Attributes, each key once.
    pub attributes: Vec<Attribute>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Key.
    pub key: String,
    /// Value.
    pub value: Value,
}

/// A value of an attribute. Lists and maps of other apps are kept as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Text.
    Text(String),
}

/// The role of a span, by OTLP's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Not said.
    #[default]
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

impl Kind {
    /// All of them, at OTLP's numbers.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];
}

/// Whether a span is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Status {
    /// Nobody said.
    #[default]
    Unset,
    /// Somebody said that all is well.
    Ok,
    /// It is.
    Error {
        /// What went wrong.
        message: String,
    },
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl Attribute {
    /// A key and its value.
    pub fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

impl Span {
    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        find(&self.attributes, key)
    }

    /// The id of the cycle that it belongs to, if it is one of ours.
    pub fn cycle(&self) -> Option<&str> {
        self.attribute(key::CYCLE)?.as_str()
    }
}

impl Batch {
    /// `service.name`.
    pub fn service(&self) -> Option<&str> {
        find(&self.resource, "service.name")?.as_str()
    }
}

impl Value {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }
}

fn find<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|a| a.key == key)?;
    Some(&found.value)
}

#[cfg(test)]
mod tests;
