//! The list, and what happens live.

use super::{Memory, Run, SpanCounters};
use onionskin::wire::{Counters, CycleSummary, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/cycles`: newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CyclePage {
    /// The lines.
    pub cycles: Vec<ListedCycle>,
    /// Cursor for `before=` of the next, older page; none at the end.
    pub next: Option<u64>,
    /// How many kept cycles up to `until` match in all.
    pub matched: u64,
    /// The newest position that was looked at: with `until=` of this, later pages see the same list.
    pub until: u64,
    /// What became of all cycles.
    pub counters: Counters,
    /// The store's use of memory.
    pub memory: Memory,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedCycle {
    /// Position in the store's order of arrival, from 1: the cursor, and the id of the live event.
    pub position: u64,
    /// The line.
    #[serde(flatten)]
    pub cycle: CycleSummary,
    /// The outcome in words.
    pub outcome_text: String,
    /// Whether it went wrong: it failed or panicked, had no answer, or one with a status from 500 on.
    pub problem: bool,
}

impl ListedCycle {
    /// The line of a cycle at a position.
    pub fn new(position: u64, cycle: CycleSummary) -> Self {
        Self {
            position,
            outcome_text: cycle.outcome.describe(cycle.outcome_site.as_deref()),
            problem: is_problem(&cycle),
            cycle,
        }
    }
}

/// Whether a cycle is worth a look because it went wrong.
fn is_problem(cycle: &CycleSummary) -> bool {
    cycle.status.is_none_or(|status| status >= 500)
        || matches!(
            cycle.outcome,
            Outcome::Panicked { .. } | Outcome::Failed { .. }
        )
}

/// `GET /api/live`: one server-sent event each; the event's name is the tag, its data the content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum LiveEvent {
    /// A cycle was stored. Its position is the event's id; `Last-Event-ID` resumes after it.
    Cycle(Box<ListedCycle>),
    /// An app run came, went, or sent its map.
    Run(Box<Run>),
    /// Figures, when they changed, at most a few times a second. The event's id is the newest position that was looked
    /// at, so that a filter which lets little pass resumes there.
    Counters {
        /// What became of all cycles.
        counters: Counters,
        /// The store's use of memory.
        memory: Memory,
        /// How many kept cycles match the filter; none where there is no filter.
        matched: Option<u64>,
    },
    /// Spans of other services came, where they are received: what became of all of them. At most a few times a second.
    Spans(SpanCounters),
    /// Events that this client missed, because it was slow or because what it wanted to resume from is evicted.
    Lagged {
        /// How many. Of those that were evicted nobody knows whether they match a filter: all of them count.
        missed: u64,
    },
}
