//! The model of a cycle: what the link carries, the API answers, recordings keep.
//!
//! Everything here is plain data with serde on it. Times are integer nanoseconds from the start of the cycle, which has
//! one wall-clock anchor ([`Cycle::started_unix_us`]). Bytes that came from a message are [`Octets`]: text where they are
//! UTF-8, base64 with a marker where they are not. Field names follow OpenTelemetry's HTTP semantic conventions where
//! one exists.
//!
//! A [`Cycle`] is whole in itself: it carries the sites its steps name and the bodies its deltas refer to. The state of
//! the request or the response at a step is the fold of the deltas up to it: see [`crate::replay`].

mod body;
mod delta;
mod mark;
mod octets;
mod sent;
mod site;
mod stack;
mod step;
mod summary;

pub use body::{Body, BodyEnd, Side};
pub use delta::{BodyRef, Change, Delta, Extension, ExtensionEdit, Header, HeaderEdit};
pub use mark::{Frame, Mark, MarkKind};
pub use octets::Octets;
pub use sent::{FrameCount, FrameKind, Sent, Traffic};
pub use site::{Site, SiteKind};
pub use stack::{Stack, StackChain, StackRoute};
pub use step::{Edge, Left, Resolved, Step, Tried, Why};
pub use summary::{Bar, CycleSummary};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this model. Peers of another version are refused, with both versions named.
pub const WIRE_VERSION: u32 = 1;

/// One request and its response, from the first byte read to the last byte sent or the moment it was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cycle {
    /// [`WIRE_VERSION`] of the writer.
    pub wire: u32,
    /// `{run}-{number}`: unique among all app runs.
    pub id: String,
    /// Name of the app.
    pub app: String,
    /// The app run: one start of one process, 12 hexadecimal digits.
    pub run: String,
    /// Number of the cycle in its run, from 1, in order of arrival.
    pub number: u64,
    /// Wall-clock time of the start, microseconds since the Unix epoch.
    pub started_unix_us: u64,
    /// From the start to the end.
    pub duration_ns: u64,
    /// Time in which the app's task waited and was not polled.
    pub idle_ns: u64,
    /// Time that recording itself took; it is inside `duration_ns`, and inside no stage's own time.
    pub cost_ns: u64,
    /// `http.request.method` as received.
    pub method: String,
    /// The request target as received, credentials in the query masked.
    pub target: String,
    /// `http.route`: the pattern that matched.
    pub route: Option<String>,
    /// `http.response.status_code` as sent.
    pub status: Option<u16>,
    /// How the cycle ended.
    pub outcome: Outcome,
    /// The connection, where the cycle was seen from `serve`.
    pub connection: Option<Connection>,
    /// The places in the app that the steps name by index.
    pub sites: Vec<Site>,
    /// In order of time.
    pub steps: Vec<Step>,
    /// What happened between the steps, in order of time.
    pub marks: Vec<Mark>,
    /// Bodies, each stored once; deltas refer to them by index.
    pub bodies: Vec<Body>,
    /// Sites (by index) that would have run had no layer before them answered by itself.
    pub never_ran: Vec<usize>,
    /// What a cap on the cycle's size left out.
    pub omitted: Omitted,
}

/// How a cycle ended. `site` is an index into [`Cycle::sites`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The view answered and the response was sent whole.
    Completed,
    /// A layer answered without asking the service inside it.
    ShortCircuited {
        /// The layer.
        site: usize,
    },
    /// An extractor refused the request.
    Rejected {
        /// The handler whose extractor it was.
        site: Option<usize>,
        /// The extractor, as the handler's list has it; where that is not certain, the type of the rejection.
        extractor: String,
        /// The type of the rejection, where it is axum's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rejection: Option<String>,
        /// How many bytes of the request's body had been read by then; none: the request has no body, or bodies were not
        /// looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read: Option<u64>,
        /// Who says so.
        known_by: KnownBy,
    },
    /// The service or the response body ended in an error.
    Failed {
        /// Where the error came from, if a probe saw it.
        site: Option<usize>,
        /// `Display` of the error, and of its sources.
        error: String,
    },
    /// The app panicked.
    Panicked {
        /// The innermost probe that the panic passed.
        site: Option<usize>,
        /// The panic's message, if the hook saw it.
        message: Option<String>,
        /// `file:line` of the panic, if the hook saw it.
        at: Option<String>,
        /// Whether a layer turned the panic into a response.
        caught: bool,
    },
    /// A layer gave up waiting for the service inside it and answered.
    TimedOut {
        /// The layer.
        site: usize,
    },
    /// The server dropped the cycle: the client went away, or the server shut down.
    Cancelled {
        /// The stage in which it happened.
        stage: Stage,
        /// The innermost site entered at that time.
        site: Option<usize>,
    },
    /// The connection was handed over to another protocol (status 101).
    Upgraded {
        /// The `upgrade` header of the response.
        protocol: String,
    },
}

impl Outcome {
    /// Its `kind`, as JSON has it.
    ///
    /// ```
    /// assert_eq!(onionskin::wire::Outcome::Completed.kind(), "completed");
    /// ```
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::ShortCircuited { .. } => "short_circuited",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
            Self::Panicked { .. } => "panicked",
            Self::TimedOut { .. } => "timed_out",
            Self::Cancelled { .. } => "cancelled",
            Self::Upgraded { .. } => "upgraded",
        }
    }
}

/// From whom it is known that an extractor refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KnownBy {
    /// The app: see [`crate::Rejected`].
    App,
    /// axum, in its event; heard while a `log_layer` is installed.
    Event,
    /// The answer, which is word for word one of axum's rejections.
    Answer,
}

/// What the server knew of the connection when the cycle began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Connection {
    /// Number of the connection in its run, from 1.
    pub number: u64,
    /// Which request on this connection this one was, from 1.
    pub reuse: u32,
    /// `network.peer.address` and port.
    pub peer: Option<String>,
    /// Bytes read from the connection for this request up to the start of the cycle: the head, and what of the body came
    /// with it. 0 where they came together with the request before (pipelining), and on HTTP/2, whose streams share them;
    /// the same holds for the two times.
    pub bytes_in: u64,
    /// How long before the start of the cycle the first of these bytes was read.
    pub first_byte_before_ns: u64,
    /// How long before the start of the cycle the last of these bytes was read.
    pub last_byte_before_ns: u64,
}

/// A kind of place in the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The server reads the head of the request.
    Parse,
    /// A layer of the app.
    Middleware,
    /// The router picks a route.
    Resolve,
    /// The handler or service behind the route.
    View,
    /// The server takes the response.
    Send,
}

impl Stage {
    /// The word for it, as shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Middleware => "middleware",
            Self::Resolve => "resolve",
            Self::View => "view",
            Self::Send => "send",
        }
    }
}

/// What a cap on one cycle's size left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Omitted {
    /// Marks.
    pub marks: u64,
    /// Steps. The fold is exact up to the last step kept.
    pub steps: u64,
    /// How often a body was not looked at: once at each probe that it passed.
    #[serde(default)]
    pub bodies: u64,
}

/// What became of all cycles: `seen = open + stored + evicted + dropped + filtered`, and `open` is zero when the app rests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counters {
    /// Began.
    pub seen: u64,
    /// Not ended yet, or on their way.
    pub open: u64,
    /// Kept.
    pub stored: u64,
    /// Were kept, and made room for newer ones.
    pub evicted: u64,
    /// Lost, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Left out because a filter said so.
    pub filtered: u64,
}

impl Counters {
    /// All that were lost, whatever the reason.
    pub fn dropped_total(&self) -> u64 {
        self.dropped
            .values()
            .fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Adds the figures of another app run.
    pub fn add(&mut self, other: &Self) {
        // An app may say anything.
        let add = |to: &mut u64, n: u64| *to = to.saturating_add(n);
        add(&mut self.seen, other.seen);
        add(&mut self.open, other.open);
        add(&mut self.stored, other.stored);
        add(&mut self.evicted, other.evicted);
        add(&mut self.filtered, other.filtered);
        for (reason, n) in &other.dropped {
            add(self.dropped.entry(reason.clone()).or_default(), *n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_somebody_else_that_are_too_large_are_the_largest() {
        let most = Counters {
            seen: u64::MAX,
            dropped: [("a".into(), u64::MAX), ("b".into(), 1)].into(),
            ..Counters::default()
        };
        let mut sum = most.clone();
        sum.add(&most);
        assert_eq!((sum.seen, sum.dropped_total()), (u64::MAX, u64::MAX));
    }
}
