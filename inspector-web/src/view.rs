//! A cycle as it is looked at: pure functions from the wire's model to [`crate::model`], for every UI alike.
//!
//! - [`timeline()`]: rows, steps, marks, and what explains the ending
//! - [`step()`]: request and response at a step, with who set what
//!
//! Cycles come from outside: nothing here panics, whatever they say. Every string is data; who shows it escapes it.

mod content;
mod edits;
mod pairs;
mod places;
mod step;
mod timeline;
mod why;

pub use step::step;
pub use timeline::timeline;

#[cfg(test)]
mod samples;
