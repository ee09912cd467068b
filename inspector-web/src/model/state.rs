//! The inspector itself, apps and their runs.

use super::SpanCounters;
use onionskin::wire::Counters;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/status`: the state of the tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Version of the inspector.
    pub version: String,
    /// Version of the wire model that it speaks.
    pub wire: u32,
    /// Its process id.
    pub pid: u32,
    /// When it started, microseconds since the Unix epoch.
    pub started_unix_us: u64,
    /// How long it has been running.
    pub uptime_ms: u64,
    /// What became of the cycles of all app runs; `dropped` says what was lost and why.
    pub counters: Counters,
    /// The store's use of memory, and its budget.
    pub memory: Memory,
    /// App runs connected now.
    pub connected: u64,
    /// Where apps connect.
    pub socket: Option<String>,
    /// What apps that connect by TCP are given as `ONIONSKIN_LINK`, the key in it; empty: there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Links closed because the peer spoke no language of ours, or another wire version.
    pub refused_links: u64,
    /// Clients that follow the live events now.
    pub live_clients: u64,
    /// How many may.
    pub live_clients_max: u64,
    /// The recording that runs, or ran last; none if there was none.
    pub recording: Option<Recording>,
    /// The sending to a collector that runs, or ran last; none if there was none.
    pub sending: Option<Sending>,
    /// The file that is shown, where it is a file.
    pub opened: Option<Opened>,
    /// Where spans of other services are received, and what became of them; none: they are not.
    pub otlp: Option<OtlpState>,
}

/// How the receiver of spans stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtlpState {
    /// Where it listens.
    pub addresses: Vec<String>,
    /// What became of the spans.
    pub spans: SpanCounters,
}

/// How a recording stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recording {
    /// The file, its path absolute.
    pub file: String,
    /// Whether cycles go into it still.
    pub running: bool,
    /// Cycles that were written since it began.
    pub cycles: u64,
    /// Cycles that came and are not in it, because the disk was too slow for them.
    pub missed: u64,
    /// Cycles that made room for newer ones, or became too old.
    pub expired: u64,
    /// Bytes in use in the file.
    pub bytes: u64,
    /// Why it stopped, when nobody asked it to.
    pub stopped_because: Option<String>,
}

/// A file that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    /// The file.
    pub file: String,
    /// What is not in it, or could not be read: for people.
    pub notes: Vec<String>,
}

/// `POST /api/recording`: what is to be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StartRecording {
    /// The file, its path absolute: a new one, or a recording to add to. Without it: a new one in the inspector's working
    /// directory, named after the time.
    pub file: Option<String>,
    /// Whether what the inspector has already goes into it too.
    pub history: bool,
    /// Bytes that the file may have; the oldest cycles make room.
    pub keep_bytes: Option<u64>,
    /// Cycles that began more than so many seconds ago go.
    pub keep_seconds: Option<u64>,
}

/// How a sending of cycles to a collector stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sending {
    /// Where to.
    pub endpoint: String,
    /// `http/protobuf`, `http/json` or `grpc`.
    pub protocol: String,
    /// Whether it is under way.
    pub running: bool,
    /// Whether it goes on with what comes.
    pub follows: bool,
    /// Cycles that are to be sent, as far as that is known.
    pub wanted: u64,
    /// Cycles that the receiver has.
    pub cycles: u64,
    /// Spans that it has.
    pub spans: u64,
    /// Bytes of the requests that it took, before compression.
    pub bytes: u64,
    /// Cycles that it refused.
    pub refused: u64,
    /// Spans that it refused of cycles that it took otherwise.
    pub rejected_spans: u64,
    /// Cycles that were to be sent and are not kept any more.
    pub missing: u64,
    /// What it said about what it refused, last.
    pub refused_because: Option<String>,
    /// Why the receiver takes nothing at present, while that is so.
    pub waits_because: Option<String>,
    /// Why it ended before it was done, when nobody asked it to.
    pub stopped_because: Option<String>,
}

/// `POST /api/send`: what is to be sent, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StartSending {
    /// Where it takes OTLP, such as `http://127.0.0.1:4318`. Without it: where the inspector's own `OTEL_EXPORTER_OTLP_ENDPOINT`
    /// and its like say, and as they say; else there.
    pub endpoint: Option<String>,
    /// `http/protobuf` (without it), `http/json` or `grpc`; only with an endpoint.
    pub protocol: Option<String>,
    /// The cycles with these ids; without any, those that match.
    pub ids: Vec<String>,
    /// A filter; an empty one lets all pass.
    pub filter: String,
    /// Whether it goes on with what comes, until it is stopped.
    pub follow: bool,
    /// Whether the kept heads of bodies are sent too.
    pub bodies: bool,
}

/// Bytes used and allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// In use.
    pub bytes: u64,
    /// Budget.
    pub cap: u64,
}

/// `GET /api/apps`: apps by name, each with its runs, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct App {
    /// Name of the app.
    pub name: String,
    /// Its runs.
    pub runs: Vec<Run>,
}

/// One start of one process of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// 12 hexadecimal digits.
    pub run: String,
    /// Which run of the app this is, from 1.
    pub ordinal: u32,
    /// Process id.
    pub pid: u32,
    /// The program.
    pub command: String,
    /// The directory that it was started in, if it said so: relative paths of source files start there.
    pub cwd: Option<String>,
    /// Start, microseconds since the Unix epoch.
    pub started_unix_us: u64,
    /// Whether its link is up.
    pub connected: bool,
    /// What became of its cycles.
    pub counters: Counters,
    /// Whether its map has come: `GET /api/apps/{run}/stack` and `…/map`.
    pub has_stack: bool,
}
