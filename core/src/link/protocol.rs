//! What is said on the link.
//!
//! The app opens the connection and sends one JSON line, a [`Hello`]; the inspector answers with one JSON line, a
//! [`Welcome`] or a [`Refusal`]. After that the app sends [messages](Message), in one of two formats that it named:
//!
//! - `frames`: a 32-bit little-endian length, then as many bytes: one byte for the kind, and the payload. A cycle's
//!   payload is the compact encoding of [`crate::codec`]; the payload of every other kind is JSON.
//! - `json`: one JSON object a line. Easy to write from any language.
//!
//! Cycles travel in the order in which they ended, but for a few milliseconds between the threads of an app, and are
//! numbered from 0 by their place in that order. The welcome says
//! which one the inspector wants next, so that a reconnect sends nothing twice.

use crate::wire::{Cycle, Site, Stack};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest line or frame that a peer may send; a longer one is garbage.
pub const MAX_MESSAGE: usize = 16 << 20;

/// Longest hello or welcome.
pub const MAX_HELLO: usize = 64 << 10;

/// First line of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Always `"link"`: says that the peer means us.
    pub onionskin: String,
    /// [`crate::wire::WIRE_VERSION`] of the app.
    pub wire: u32,
    /// How the app is going to speak.
    pub format: Format,
    /// Name of the app.
    pub app: String,
    /// The app run: 12 hexadecimal digits, drawn at start.
    pub run: String,
    /// Process id.
    pub pid: u32,
    /// Start of the app run, microseconds since the Unix epoch.
    pub started_unix_us: u64,
    /// The program.
    pub command: String,
    /// The directory that it was started in: relative paths of source files start there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

/// How messages are written after the hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Length, kind, payload.
    Frames,
    /// One JSON object a line.
    Json,
}

/// First line of an inspector that takes the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Always `"link"`.
    pub onionskin: String,
    /// [`crate::wire::WIRE_VERSION`] of the inspector.
    pub wire: u32,
    /// Number of the cycle, in order of ending, that the inspector has not got yet.
    pub next: u64,
}

/// First and last line of an inspector that does not take the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Always `"link"`.
    pub onionskin: String,
    /// [`crate::wire::WIRE_VERSION`] of the inspector.
    pub wire: u32,
    /// Why, for people, with what to do.
    pub error: String,
}

/// Either answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Taken.
    Welcome(Welcome),
    /// Not taken.
    Refusal(Refusal),
}

/// What an app says after the hello.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// A site that later cycles and stacks name by its id.
    Site {
        /// The site.
        site: Site,
    },
    /// Names of types that later cycles in the compact encoding name by their number.
    Types {
        /// Number of the first of them.
        from: u32,
        /// The names.
        names: Vec<String>,
    },
    /// The map of the app. A later one replaces it.
    Stack {
        /// The map.
        stack: Stack,
    },
    /// The next cycle is number `next`. Numbers between the one that was wanted and this one are lost.
    Resume {
        /// Number.
        next: u64,
    },
    /// A cycle, whole.
    Cycle {
        /// The cycle.
        cycle: Box<Cycle>,
    },
    /// What became of the app's cycles up to now.
    Counters {
        /// The figures.
        counters: AppCounters,
    },
    /// The app ends in good order; nothing is left unsent.
    Bye,
}

/// What became of an app's cycles, as the app knows it: `seen = open + recorded + filtered + dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppCounters {
    /// Began.
    pub seen: u64,
    /// Those of them that are a head which never became a request.
    #[serde(default)]
    pub headless: u64,
    /// Not ended yet.
    pub open: u64,
    /// Ended and numbered; the ring keeps the newest of them.
    pub recorded: u64,
    /// Made room for newer ones in the ring.
    pub evicted: u64,
    /// Lost, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Left out because a filter said so.
    pub filtered: u64,
    /// Bytes that the ring holds.
    pub ring_bytes: u64,
    /// Bytes that the ring may hold.
    pub ring_cap: u64,
}

/// Kinds of frames, the byte after the length.
pub mod kind {
    /// Every [`super::Message`] but a cycle that is compact, as JSON.
    pub const JSON: u8 = 1;
    /// A cycle in the compact encoding.
    pub const CYCLE: u8 = 2;
}

/// Appends a frame.
pub fn put_frame(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    let len = u32::try_from(payload.len() + 1).expect("frames are capped far below 4 GiB");
    out.extend_from_slice(&len.to_le_bytes());
    out.push(kind);
    out.extend_from_slice(payload);
}

/// Appends a message as a frame of kind [`kind::JSON`].
pub fn put_message(out: &mut Vec<u8>, message: &Message) {
    let json = serde_json::to_vec(message).expect("the model has only string keys");
    put_frame(out, kind::JSON, &json);
}
