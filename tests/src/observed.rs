//! What a layer saw with its own eyes, to be compared with what was recorded.

use serde::{Deserialize, Serialize};

/// A message's head at one place of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Whether it is the request on its way in; else the response on its way out.
    pub inward: bool,
    /// The request's method and target, or the response's status.
    pub line: String,
    /// Names and values, in the map's own order.
    pub headers: Vec<(String, Vec<u8>)>,
}
