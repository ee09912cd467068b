//! `GET /api/cycles/{id}/timeline`: the onion of one cycle, ready to be drawn.

use onionskin::wire::{
    BodyEnd, Connection, CycleSummary, Edge, Frame, Header, KnownBy, Left, MarkKind, Octets,
    Omitted, Resolved, Sent, Side, SiteKind, Stage, Tried,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cycle as rows, steps and marks. Times are nanoseconds from its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// Its line in the list.
    #[serde(flatten)]
    pub cycle: CycleSummary,
    /// The outcome, in words.
    pub outcome_text: String,
    /// Time in which the app's task waited and was not polled.
    pub idle_ns: u64,
    /// Time that recording itself took.
    pub cost_ns: u64,
    /// The connection, where the cycle was seen from `serve`.
    pub connection: Option<Connection>,
    /// What a cap on the cycle's size left out.
    pub omitted: Omitted,
    /// The same in words; none where it has all.
    pub omitted_text: Option<String>,
    /// The places entered, in order of entry, and those that never ran.
    pub rows: Vec<Row>,
    /// The steps, in order of time.
    pub steps: Vec<StepLine>,
    /// What happened between the steps, in order of time.
    pub marks: Vec<MarkLine>,
    /// Who had the time, in order of time: the critical path.
    pub segments: Vec<Segment>,
    /// What explains how it ended; none where there is nothing to explain.
    pub why: Option<WhyView>,
    /// The bodies, without their bytes.
    pub bodies: Vec<BodyLine>,
}

/// `GET /api/cycles/{id}/search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The steps, in order of time.
    pub steps: Vec<usize>,
}

/// A bar of the timeline: one passing of a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// `seq` of the step that entered it; none for what never ran.
    pub entry: Option<u32>,
    /// `seq` of the step that left it.
    pub out: Option<u32>,
    /// The site's name, or the stage where that says more.
    pub name: String,
    /// The stage; that of a router is `resolve`.
    pub stage: Stage,
    /// What stands there.
    pub kind: Option<SiteKind>,
    /// How many layers are around it.
    pub depth: usize,
    /// 1, or more where the layer outside called in again.
    pub attempt: u32,
    /// When it was entered.
    pub from_ns: u64,
    /// When it was left.
    pub to_ns: u64,
    /// Its own time, up to where it first called the service inside it.
    pub in_ns: u64,
    /// The time of everything inside it.
    pub inner_ns: u64,
    /// Its own time, after the service inside it first answered.
    pub out_ns: u64,
    /// How much of its own time the task waited.
    pub idle_ns: u64,
    /// How much of its own time it was polled.
    pub busy_ns: u64,
    /// Whether it ran, and to its end.
    pub state: RowState,
    /// How it was left.
    pub left: Option<Left>,
    /// Where it was added.
    pub source: Option<Source>,
    /// The full type name.
    pub type_name: Option<String>,
    /// For a handler: the types of its extractors.
    pub extractors: Vec<String>,
    /// How many things it changed, in the request and in the response.
    pub changes: usize,
}

/// What became of a [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// It was entered and left.
    Left,
    /// It was entered, and nothing says that it was left.
    Open,
    /// A layer before it answered by itself.
    NeverRan,
}

/// A line of the app's source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// As the compiler has it: most often relative to the app's workspace.
    pub file: String,
    /// From 1.
    pub line: u32,
}

/// A stretch of time that belongs to one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// Index into the rows; none: what is inside a `traced` layer and not seen itself.
    pub row: Option<usize>,
    /// When it began.
    pub from_ns: u64,
    /// When it ended.
    pub to_ns: u64,
    /// Which part of the row's own time it is.
    pub part: Part,
    /// How much of it the task waited.
    pub idle_ns: u64,
}

/// A part of a row's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Before it called what is inside.
    In,
    /// All of it: it called nothing.
    Own,
    /// After what is inside answered.
    Out,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepLine {
    /// Its position.
    pub seq: u32,
    /// When.
    pub t_ns: u64,
    /// How much of the time up to now the task waited.
    pub idle_ns: u64,
    /// What recording it took.
    pub cost_ns: u64,
    /// The stage that was entered or left.
    pub stage: Stage,
    /// Entered or left.
    pub edge: Edge,
    /// Index into the rows.
    pub row: Option<usize>,
    /// 1, or more where the layer outside called in again.
    pub attempt: u32,
    /// How it was left.
    pub left: Option<Left>,
    /// What changed.
    pub edits: Vec<Edit>,
    /// Of the last step: what went out.
    pub sent: Option<Sent>,
    /// Of `resolve`: what was found.
    pub resolved: Option<Resolved>,
    /// Whether something went wrong here: it was left by an error, a panic, or before its end; an error was told or logged
    /// before the next step; or it set the status with which the cycle ended badly.
    pub problem: bool,
}

/// One thing that changed in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// Which part of the message.
    pub what: MessagePart,
    /// What happened to it.
    pub op: Op,
    /// Name of the header, type of the extension.
    pub name: Option<String>,
    /// The value before. Of a body: its length, in words.
    pub from: Option<Octets>,
    /// The value after. Of a body: its length, in words.
    pub to: Option<Octets>,
    /// Whether one of the values, or a part of it, is masked.
    pub redacted: bool,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessagePart {
    /// The method of a request.
    Method,
    /// The target of a request.
    Uri,
    /// The version.
    Version,
    /// The status of a response.
    Status,
    /// A header.
    Header,
    /// An extension.
    Extension,
    /// The body.
    Body,
}

/// What happened to a part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It came.
    Add,
    /// It went.
    Remove,
    /// Another value took its place.
    Change,
    /// It went to another place in the list.
    Move,
}

/// Something that happened between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarkLine {
    /// When it was noted: of what has a duration, its end.
    pub t_ns: u64,
    /// How long it took, where that is known.
    pub duration_ns: Option<u64>,
    /// Index into the rows, of the place in which it happened, where that is known.
    pub row: Option<usize>,
    /// `seq` of the last step before it.
    pub after: u32,
    /// What happened.
    #[serde(flatten)]
    pub what: MarkKind,
}

/// What explains how a cycle ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhyView {
    /// For 404 and 405: the routes tried, the nearest first.
    pub routes: Vec<Tried>,
    /// How many of them say most: those of this path, else the nearest few.
    pub nearest: usize,
    /// The extractor that refused the request.
    pub extractor: Option<Refused>,
    /// The error that the response stands for, its source, and so on.
    pub chain: Vec<String>,
    /// The panic.
    pub panic: Option<PanicView>,
    /// The row that answered in place of what is inside it.
    pub answered_by: Option<usize>,
    /// The rows that never ran because of that.
    pub never_ran: Vec<usize>,
}

/// An extractor that refused a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The extractor, as the handler's list has it; where that is not certain, the type of the rejection.
    pub extractor: String,
    /// The type of the rejection, where it is axum's.
    pub rejection: Option<String>,
    /// Index into the rows, of the handler.
    pub row: Option<usize>,
    /// Which of the handler's extractors it was, where that is certain.
    pub argument: Option<usize>,
    /// What it said, where axum's event was heard.
    pub message: Option<String>,
    /// How many bytes of the request's body had been read by then, where that is known.
    pub read: Option<u64>,
    /// Who says so.
    pub known_by: KnownBy,
}

/// A panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PanicView {
    /// Its message, if the hook saw it.
    pub message: Option<String>,
    /// `file:line`, if the hook saw it.
    pub at: Option<String>,
    /// The frames of the app's own code, innermost first.
    pub backtrace: Vec<Frame>,
}

/// A body without its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyLine {
    /// Its number in the cycle.
    pub index: usize,
    /// The request's or the response's.
    pub side: Side,
    /// Bytes that passed.
    pub len: u64,
    /// How many of them are kept.
    pub kept: usize,
    /// Frames of data that passed.
    pub frames: u64,
    /// How it ended.
    pub end: BodyEnd,
    /// XXH64 of all bytes that passed; none where they were not looked at.
    pub hash: Option<String>,
    /// Whether something in it is masked.
    pub redacted: bool,
    /// Events, of a body of type `text/event-stream`.
    pub events: Option<u64>,
    /// Trailers.
    pub trailers: Vec<Header>,
    /// When the first frame passed.
    pub first_ns: Option<u64>,
    /// When the last frame passed.
    pub last_ns: Option<u64>,
    /// What the message says that it is.
    pub content_type: Option<String>,
}
