//! What the HTTP API answers. Every answer about cycles carries the [`Counters`].

mod message;
mod timeline;

pub use message::{BodyPlace, By, MessageLine, MessageView, Pair, StepView};
pub use timeline::{
    BodyLine, Edit, MarkLine, MessagePart, Op, PanicView, Part, Refused, Row, RowState, Segment,
    Source, StepLine, Timeline, WhyView,
};

use onionskin::wire::{Counters, CycleSummary};
use serde::{Deserialize, Serialize};

/// `GET /api/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the inspector.
    pub version: String,
    /// Version of the wire model that it speaks.
    pub wire: u32,
    /// What became of the cycles of all app runs.
    pub counters: Counters,
    /// The store's use of memory.
    pub memory: Memory,
    /// App runs connected now.
    pub connected: usize,
    /// Where apps connect.
    pub socket: Option<String>,
    /// Links closed because the peer spoke no language of ours, or another wire version.
    pub refused_links: u64,
}

/// Bytes used and allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// In use.
    pub bytes: u64,
    /// Budget.
    pub cap: u64,
}

/// `GET /api/apps`: apps by name, each with its runs, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Name of the app.
    pub name: String,
    /// Its runs.
    pub runs: Vec<Run>,
}

/// One start of one process of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// 12 hexadecimal digits.
    pub run: String,
    /// Which run of the app this is, from 1.
    pub ordinal: u32,
    /// Process id.
    pub pid: u32,
    /// The program.
    pub command: String,
    /// Start, microseconds since the Unix epoch.
    pub started_unix_us: u64,
    /// Whether its link is up.
    pub connected: bool,
    /// What became of its cycles.
    pub counters: Counters,
    /// Whether its map has come: `GET /api/apps/{run}/stack`.
    pub has_stack: bool,
}

/// `GET /api/cycles?limit=&before=`: newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CyclePage {
    /// The lines.
    pub cycles: Vec<ListedCycle>,
    /// Cursor for `before=` of the next, older page; none at the end.
    pub next: Option<u64>,
    /// What became of all cycles.
    pub counters: Counters,
    /// The store's use of memory.
    pub memory: Memory,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedCycle {
    /// Position in the store's order of arrival: the cursor, and the id of the live event.
    pub position: u64,
    /// The line.
    #[serde(flatten)]
    pub cycle: CycleSummary,
}

/// `GET /api/live`: one server-sent event each; the event's name is the tag. Cycles have their position as event id;
/// `Last-Event-ID` resumes after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum LiveEvent {
    /// A cycle was stored.
    Cycle(Box<ListedCycle>),
    /// An app run came, went, or sent its map.
    Run(Box<Run>),
    /// Figures, when they changed, at most a few times a second.
    Counters {
        /// What became of all cycles.
        counters: Counters,
        /// The store's use of memory.
        memory: Memory,
    },
    /// Events that this client missed, because it was slow or because what it wanted to resume from is evicted.
    Lagged {
        /// How many.
        missed: u64,
    },
}

/// Any answer of the API that is a failure: RFC 9457, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, for people.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// What was wrong this time, and what to do.
    pub detail: String,
}
