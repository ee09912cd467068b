//! Cycles as plain text, and the one function that makes untrusted bytes fit to be shown.
//!
//! - [`escape`], [`escape_bytes`]: what every byte of a message passes before a person sees it.
//! - [`timeline`]: a cycle, step by step; [`omitted`] what it does not have.
//! - [`line()`], [`mark`]: a cycle, and what happened in it, on one line.
//! - [`duration`], [`size`], [`clock`]: figures with their units.

#[cfg(test)]
use crate::wire;

mod escape;
mod line;
mod timeline;
mod units;

pub mod edits;

pub use escape::{escape, escape_bytes};
pub use line::line;
pub use timeline::{Timeline, mark, omitted, timeline, tried};
pub use units::{clock, duration, size};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
