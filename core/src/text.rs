//! Cycles as plain text, and the one function that makes untrusted bytes fit to be shown.
//!
//! - [`escape`], [`escape_bytes`]: what every byte of a message passes before a person sees it.
//! - [`timeline`]: a cycle, step by step; [`omitted`] what it does not have; [`notes`] what there is to say of its steps.
//! - [`line()`], [`target`], [`mark`]: a cycle, its target, and what happened in it, on one line; [`lines`] a mark in full.
//! - [`grouped`], [`counted`], [`duration`], [`size`], [`clock`]: figures with their units.

#[cfg(test)]
use crate::wire;

mod escape;
mod line;
mod marks;
mod timeline;
mod units;

pub mod edits;
pub mod notes;

pub use escape::{escape, escape_bytes};
pub use line::{line, target};
pub use marks::{lines, mark};
pub use timeline::{Timeline, omitted, timeline};
pub use units::{clock, counted, duration, grouped, size};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
