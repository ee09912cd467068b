//! What the server sent.

use super::Side;
use serde::{Deserialize, Serialize};

/// What the server sent of a response. The figures of the connection are there where the cycle was seen from `serve`, and
/// on HTTP/1 only: streams of HTTP/2 share a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
