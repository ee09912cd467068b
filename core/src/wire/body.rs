//! Bodies.

use super::{Header, Octets};
use serde::{Deserialize, Serialize};

/// What was seen of one body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl Body {
    /// Most bytes of a body that an app keeps.
    pub(crate) const HEAD_CAP: usize = 64 << 10;

    /// How many of the first bytes are kept. A mask is not as long as what it stands for: of a body with masks it is all, up to
    /// the cap.
    pub fn kept(&self) -> u64 {
        let head = self.head.0.len() as u64;
        match self.redacted && head > 0 && self.len <= Self::HEAD_CAP as u64 {
            true => self.len,
            false => head.min(self.len),
        }
    }
}

/// Which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The request.
    Request,
    /// The response.
    Response,
}

/// How a body ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BodyEnd {
    /// All of it passed.
    Complete,
    /// Nobody read it to its end.
    Cut,
    /// It broke.
    Error {
        /// `Display` of the error, and of its sources.
        error: String,
    },
}
