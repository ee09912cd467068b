//! A cycle as it is looked at: pure functions from the wire's model to [`crate::model`], for every UI alike.
//!
//! - [`timeline()`]: rows, steps, marks, and what explains the ending
//! - [`step()`]: request and response at a step, with who set what
//! - [`body()`]: a body, decoded and taken apart, compared with another
//! - [`compare()`]: two cycles side by side
//! - [`insights()`]: what a reviewer would remark
//! - [`is_fault()`]: whether something went wrong
//! - [`search()`]: where a text is
//! - `spans()`: what other services did in the same trace
//!
//! Cycles come from outside: nothing here panics, whatever they say. Every string is data; who shows it escapes it.

mod bodies;
mod compare;
mod content;
mod edits;
mod insights;
mod lcs;
mod pairs;
mod places;
mod problems;
mod search;
mod spans;
mod step;
mod timeline;
mod why;

pub use bodies::{BodyOptions, body};
pub use compare::compare;
pub use insights::insights;
pub use problems::is_fault;
pub use search::search;
pub(crate) use spans::spans;
pub use step::step;
pub use timeline::timeline;

#[cfg(test)]
mod samples;
