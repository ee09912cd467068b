//! What the HTTP API answers. Every answer about cycles carries the [`Counters`](onionskin::wire::Counters).
//!
//! - `body`: a body as it is looked at
//! - `compare`: two cycles side by side
//! - `cycles`: the list, and what happens live
//! - `filter`: what fits at the cursor of a filter
//! - `insight`: what a reviewer would remark
//! - `keys`: the keys of both UIs
//! - `map`: the map of an app, with figures
//! - `message`: request and response at a step
//! - `problem`: failures
//! - `run_insight`: the same of an app, over its cycles
//! - `spans`: what other services did in the trace of a cycle
//! - `state`: the inspector itself, apps and their runs
//! - `timeline`: a cycle as rows, steps and marks

mod body;
mod compare;
mod cycles;
mod filter;
mod insight;
mod keys;
mod map;
mod message;
mod problem;
mod run_insight;
mod spans;
mod state;
mod timeline;

pub use body::{
    BodyView, Content, ContentKind, DecodedBody, DiffLine, HexRow, JsonLine, JsonValue, LineOp,
    PartView, SentEvent,
};
pub use compare::{ComparedRow, ComparedSide, Comparison};
pub use cycles::{CyclePage, ListedCycle, LiveEvent};
pub use filter::{Completion, CompletionKind, FilterError, FilterHelp};
pub use insight::{Insight, InsightKind};
pub use keys::{KeyGroup, KeyLine};
pub use map::{
    MapChain, MapEndpoint, MapPlace, MapRoute, PlaceFilters, PlaceStats, StackView, Stats,
};
pub use message::{BodyPlace, By, MessageLine, MessageView, Pair, StepView};
pub use problem::Problem;
pub use run_insight::{RunInsight, RunInsightKind, RunInsights};
pub use spans::{
    CycleSpans, Relation, ServiceLine, SpanAttribute, SpanCounters, SpanEvent, SpanKind, SpanLine,
    SpanStatus,
};
pub use state::{
    App, Memory, Opened, OtlpState, Recording, Run, Sending, StartRecording, StartSending, Status,
};
pub use timeline::{
    BodyLine, Edit, Found, MarkLine, MessagePart, Op, PanicView, Part, Refused, Row, RowState,
    Segment, Source, StepLine, Timeline, WhyView,
};
