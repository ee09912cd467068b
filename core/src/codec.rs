//! The compact encoding of a cycle: what the recorder writes, the ring keeps and the link carries.

mod bodies;
mod decode;
mod delta;
pub(crate) mod format;
mod headless;
mod marks;
mod nest;
mod outcome;
pub(crate) mod read;
mod rejection;
mod routes;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) use outcome::{NESTED_FALLBACK, NESTED_SERVICE};
pub(crate) use routes::MOST as MOST_TRIED;

use crate::wire::{Cycle, Site, Stack};
use read::Reader;
use std::{fmt, ops::Range};

/// What a decoder must know of the app run to make a [`Cycle`] of its frames.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Name of the app.
    pub app: String,
    /// The app run.
    pub run: String,
    /// Sites by id.
    pub sites: std::collections::HashMap<u32, Site>,
    /// Names of types by number.
    pub types: Vec<String>,
    /// The map of the app, if it has come.
    pub stack: Option<Stack>,
}

/// Why bytes are not a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Where in the frame.
    pub offset: usize,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a cycle: {} at byte {}", self.what, self.offset)
    }
}

impl std::error::Error for DecodeError {}

/// Makes the model of a compact frame.
///
/// # Errors
/// If the bytes are not a whole cycle. Never panics, whatever the bytes.
pub fn decode(frame: &[u8], tables: &Tables) -> Result<Cycle, DecodeError> {
    decode::decode(frame, tables)
}

/// Where in a compact frame the kept bytes of its bodies stand: each content once, in order.
///
/// # Errors
/// If the bytes are not a frame. Never panics, whatever the bytes.
pub fn heads(frame: &[u8]) -> Result<Vec<Range<usize>>, DecodeError> {
    let mut reader = Reader::new(frame);
    reader.header()?;
    reader.bytes()?;
    let bodies = reader.bodies()?;
    Ok(bodies.into_iter().filter_map(|body| body.head).collect())
}
