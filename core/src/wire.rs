//! The model of a cycle: what the link carries, the API answers, recordings keep.
//!
//! Everything here is plain data with serde on it. Times are integer nanoseconds from the start of the cycle, which has
//! one wall-clock anchor ([`Cycle::started_unix_us`]). Bytes that came from a message are [`Octets`]: text where they are
//! UTF-8, base64 with a marker where they are not. Field names follow OpenTelemetry's HTTP semantic conventions where
//! one exists.
//!
//! A [`Cycle`] is whole in itself: it carries the sites its steps name and the bodies its deltas refer to. The state of
//! the request or the response at a step is the fold of the deltas up to it: see [`crate::replay`].

mod octets;
mod stack;
mod summary;

pub use octets::Octets;
pub use stack::{Stack, StackChain, StackRoute};
pub use summary::{Bar, CycleSummary};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this model. Peers of another version are refused, with both versions named.
pub const WIRE_VERSION: u32 = 1;

/// One request and its response, from the first byte read to the last byte sent or the moment it was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
        /// Type name of the rejection or the extractor.
        extractor: String,
    },
    /// The service or the response body ended in an error.
    Failed {
        /// Where the error came from, if a probe saw it.
        site: Option<usize>,
        /// `Display` of the error.
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

/// What the server knew of the connection when the cycle began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// A place in the app's code where a probe stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    /// Number of the site in its app run.
    pub id: u32,
    /// What stands there.
    pub kind: SiteKind,
    /// Short name, for people: `TimeoutLayer`, `require_login`, `show_book`.
    pub name: String,
    /// `code.function.name`: the full type name as the compiler has it.
    pub type_name: String,
    /// `code.file.path` where it was added.
    pub file: String,
    /// `code.line.number` where it was added.
    pub line: u32,
    /// For a handler: the types of its extractors, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extractors: Vec<String>,
}

/// What stands at a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// The server: `onionskin::serve`.
    Server,
    /// Layers around the whole router that were not traced one by one.
    Around,
    /// A router's own `call`.
    Router,
    /// A layer added with `Router::layer`.
    Layer,
    /// A layer added with `Router::route_layer`.
    RouteLayer,
    /// A layer added to a `MethodRouter`.
    MethodLayer,
    /// What axum does to a request for a nested router: it takes the prefix off the path.
    Nest,
    /// A layer in a `ServiceBuilder`.
    BuilderLayer,
    /// A layer named with `traced`.
    Traced,
    /// The inner edge of a traced layer: it bounds the layer and is not one itself.
    Edge,
    /// A handler.
    Handler,
    /// A service used as a route.
    Service,
    /// A fallback of the app.
    Fallback,
    /// axum's own 404 or 405.
    DefaultFallback,
    /// A router that was built without probes inside.
    Opaque,
}

impl SiteKind {
    /// The stage that a step at such a site belongs to.
    pub fn stage(self) -> Stage {
        match self {
            Self::Server => Stage::Parse,
            Self::Router => Stage::Resolve,
            Self::Around
            | Self::Layer
            | Self::RouteLayer
            | Self::MethodLayer
            | Self::Nest
            | Self::BuilderLayer
            | Self::Traced
            | Self::Edge => Stage::Middleware,
            Self::Handler
            | Self::Service
            | Self::Fallback
            | Self::DefaultFallback
            | Self::Opaque => Stage::View,
        }
    }

    /// Whether a layer stands here (and not a view, a router or an edge).
    pub fn is_layer(self) -> bool {
        self.stage() == Stage::Middleware && self != Self::Edge
    }
}

/// One recorded event of a cycle: a stage entered or left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Position in [`Cycle::steps`], from 0.
    pub seq: u32,
    /// The stage that was entered or left.
    pub stage: Stage,
    /// Entered or left.
    pub edge: Edge,
    /// Where, as an index into [`Cycle::sites`].
    pub site: Option<usize>,
    /// `seq` of the step that entered what this step is about (its own for an `in`).
    pub entry: u32,
    /// `seq` of the `in` step that this one happened inside of.
    pub parent: Option<u32>,
    /// 1, or more where the layer outside called in again.
    pub attempt: u32,
    /// When, from the start of the cycle.
    pub t_ns: u64,
    /// How much of the time up to now the app's task waited.
    pub idle_ns: u64,
    /// What recording this step took; it follows `t_ns`.
    pub cost_ns: u64,
    /// What changed in the request (`in`) or in the response (`out`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<Delta>,
    /// For `out`: how it was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
    /// For the `out` of `resolve`: what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// For the `out` of `send`: what went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// Whether a step enters or leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The request goes in.
    In,
    /// The response comes out.
    Out,
}

/// How a stage was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Left {
    /// With a response.
    Returned,
    /// With an error, which goes to the layer outside.
    Error {
        /// Type name of the error.
        error: String,
    },
    /// It was dropped before it answered.
    Dropped,
    /// A panic passed.
    Unwound,
    /// `send`: all of the body was taken.
    Sent,
    /// `send`: the body was dropped before its end.
    Cut,
}

/// What the server sent of a response. The figures of the connection are there where the cycle was seen from `serve`, and
/// on HTTP/1 only: streams of HTTP/2 share a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// When the server was done with the body.
    pub body_end_ns: u64,
    /// Bytes written to the connection, head and framing included.
    pub bytes_out: Option<u64>,
    /// When the first of them was.
    pub first_byte_ns: Option<u64>,
    /// When the last of them was.
    pub last_byte_ns: Option<u64>,
    /// After an upgrade (status 101): what went over the connection until it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgraded: Option<Traffic>,
}

/// What went over an upgraded connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Bytes from the client.
    pub bytes_in: u64,
    /// Bytes to the client.
    pub bytes_out: u64,
    /// Of a WebSocket: its frames by direction and kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<FrameCount>,
}

/// Frames of one kind in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameCount {
    /// `request`: from the client; `response`: to it.
    pub side: Side,
    /// The kind.
    pub kind: FrameKind,
    /// How many.
    pub frames: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
}

/// Kinds of frames of a WebSocket: RFC 6455, section 11.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// Opcode 0.
    Continuation,
    /// Opcode 1.
    Text,
    /// Opcode 2.
    Binary,
    /// Opcode 8.
    Close,
    /// Opcode 9.
    Ping,
    /// Opcode 10.
    Pong,
}

impl FrameKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Continuation,
        Self::Text,
        Self::Binary,
        Self::Close,
        Self::Ping,
        Self::Pong,
    ];

    /// The word for it, as shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continuation => "continuation",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "close",
            Self::Ping => "ping",
            Self::Pong => "pong",
        }
    }
}

/// What the router found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The pattern that matched; none: a fallback answered.
    pub route: Option<String>,
    /// Path parameters, in order of the pattern.
    pub params: Vec<(String, String)>,
    /// Where no view of the app took the request (404, 405): the routes of the map, the nearest first, and why each was
    /// refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
}

/// A route that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The pattern.
    pub route: String,
    /// Why it was refused.
    pub why: Why,
}

/// Why a route was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// The path parts from the pattern at these segments; none: there it is at its end.
    Path {
        /// Of the pattern.
        wanted: Option<String>,
        /// Of the path.
        got: Option<String>,
    },
    /// The path matches, the method does not.
    Method {
        /// Methods that the route takes.
        allowed: Vec<String>,
    },
    /// It was not: the path and the method match, and still a fallback answered.
    Matched,
}

/// A value and the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// Before; none where there was no message before.
    pub from: Option<T>,
    /// After.
    pub to: T,
}

/// What changed in a message since another step. Empty: nothing did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// `seq` of the step that this is a difference to; none: to nothing at all, everything is new.
    pub base: Option<u32>,
    /// `http.request.method`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Change<String>>,
    /// The request target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Change<String>>,
    /// `HTTP/1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Change<String>>,
    /// `http.response.status_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Change<u16>>,
    /// Edits to the header list, to be done in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderEdit>,
    /// Extensions that came and went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionEdit>,
    /// Another body took the place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Change<BodyRef>>,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.uri.is_none()
            && self.version.is_none()
            && self.status.is_none()
            && self.headers.is_empty()
            && self.extensions.is_empty()
            && self.body.is_none()
    }
}

/// A header as it was seen, credentials masked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Header {
    /// Lower-case name.
    pub name: String,
    /// The value, or what the mask left of it.
    pub value: Octets,
    /// Whether the value, or a part of it, is masked. The four hexadecimal digits behind the mask are a keyed
    /// fingerprint: equal in one app run means the same value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// One edit of a header list. Positions are those of the list at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum HeaderEdit {
    /// A header was put in at `at`.
    Add {
        /// Position.
        at: usize,
        /// The header.
        header: Header,
    },
    /// The header at `at` was taken out.
    Remove {
        /// Position.
        at: usize,
        /// The header.
        header: Header,
    },
    /// The value at `at` changed.
    Change {
        /// Position.
        at: usize,
        /// Before.
        from: Header,
        /// After.
        to: Header,
    },
    /// A header went from one place in the list to another: `http::HeaderMap` moves its last entry into the place of one
    /// that is removed.
    Move {
        /// Old position.
        from: usize,
        /// New position.
        at: usize,
        /// The header.
        header: Header,
    },
}

/// An extension that came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ExtensionEdit {
    /// A value of this type was put in.
    Add {
        /// Type name.
        type_name: String,
    },
    /// The value of this type was taken out.
    Remove {
        /// Type name.
        type_name: String,
    },
}

/// What is known of a body at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyRef {
    /// Index into [`Cycle::bodies`]; none where the bytes were not looked at.
    pub body: Option<usize>,
    /// Exact length announced by the body's size hint.
    pub announced: Option<u64>,
}

/// What was seen of one body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The request's or the response's.
    pub side: Side,
    /// Bytes that passed.
    pub len: u64,
    /// Frames of data that passed.
    pub frames: u64,
    /// How it ended.
    pub end: BodyEnd,
    /// XXH64 of all bytes that passed, 16 hexadecimal digits; none where the bytes were counted and not looked at.
    pub hash: Option<String>,
    /// The first bytes, up to the cap, credentials masked.
    pub head: Octets,
    /// Whether something in `head` is masked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// Events, of a body of type `text/event-stream`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
    /// Trailers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trailers: Vec<Header>,
    /// When the first frame passed.
    pub first_ns: Option<u64>,
    /// When the last frame passed.
    pub last_ns: Option<u64>,
}

/// Which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The request.
    Request,
    /// The response.
    Response,
}

/// How a body ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BodyEnd {
    /// All of it passed.
    Complete,
    /// Nobody read it to its end.
    Cut,
    /// It broke.
    Error {
        /// `Display` of the error.
        error: String,
    },
}

/// Something that happened between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[serde(tag = "mark", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MarkKind {
    /// A frame of a body passed.
    BodyFrame {
        /// Index into [`Cycle::bodies`].
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
pub struct Frame {
    /// The function, as the compiler names it.
    pub function: String,
    /// `file:line:column`.
    pub at: String,
    /// Frames of libraries that were left out between this one and the one before.
    pub folded: u64,
}

/// What a cap on one cycle's size left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omitted {
    /// Marks.
    pub marks: u64,
    /// Steps. The fold is exact up to the last step kept.
    pub steps: u64,
}

/// What became of all cycles: `seen = open + stored + evicted + dropped + filtered`, and `open` is zero when the app rests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        self.dropped.values().sum()
    }

    /// Adds the figures of another app run.
    pub fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        self.open += other.open;
        self.stored += other.stored;
        self.evicted += other.evicted;
        self.filtered += other.filtered;
        for (reason, n) in &other.dropped {
            *self.dropped.entry(reason.clone()).or_default() += n;
        }
    }
}
