//! The fold: the whole request and the whole response as they stood at a step.
//!
//! A step may carry a delta. Of a step that goes `in`, and of any step of the stage `parse`, it is about the request; of
//! a step that comes `out`, and of the one where the response reaches the server (`in` of `send`), about the response.
//! Each delta is relative to the message as it stood after an earlier step, its base. [`Replay`] folds them once and
//! then answers for every step, and for who set a value ([`Replay::history`]); [`diff`] is the other direction, two lists of
//! headers to the edits between them.

mod blame;
mod diff;
mod fold;

pub use blame::{Part, Setting, author};
pub use diff::diff;

use crate::wire::{BodyRef, Cycle, Edge, Extension, Header, Side, Stage, Step};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The request and the response as they stood right after a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// `seq` of the step.
    pub step: u32,
    /// The request, as the step's own place saw it last.
    pub request: Message,
    /// The response; none before there is one.
    pub response: Option<Message>,
}

/// A message, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// `http.request.method`, of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Held<String>>,
    /// The request target, of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Held<String>>,
    /// `http.response.status_code`, of a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Held<u16>>,
    /// `HTTP/1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Held<String>>,
    /// Headers in order, duplicates kept.
    pub headers: Vec<Held<Header>>,
    /// The extensions.
    pub extensions: Vec<Held<Extension>>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Held<BodyRef>>,
}

/// A value, and the step that set it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Held_of_{T}"))]
pub struct Held<T> {
    /// The value.
    pub value: T,
    /// `seq` of the step whose delta put it there.
    pub by: u32,
}

/// A delta that does not fit the message it is relative to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// `seq` of the step that carries it.
    pub step: u32,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the delta of step {} does not fit: {}",
            self.step, self.what
        )
    }
}

impl std::error::Error for ReplayError {}

/// The messages of a cycle, folded.
///
/// Each state of a message is kept once, however many steps left it as it was.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// The distinct states; the first is the empty message.
    messages: Vec<Message>,
    /// For each of them, what made it.
    origins: Vec<Origin>,
    /// For each step, which of them stood after it.
    steps: Vec<State>,
}

/// The step whose delta made a message, and the message that the delta is relative to.
#[derive(Clone, Copy, Debug, Default)]
struct Origin {
    step: u32,
    base: usize,
}

/// Indices into [`Replay::messages`].
#[derive(Clone, Copy, Debug, Default)]
struct State {
    request: usize,
    response: Option<usize>,
}

impl Replay {
    /// Folds the deltas of a cycle.
    ///
    /// # Errors
    /// If a delta does not fit the message it is relative to; the error names the step.
    pub fn new(cycle: &Cycle) -> Result<Self, ReplayError> {
        let mut replay = Self {
            messages: vec![Message::default()],
            origins: vec![Origin::default()],
            steps: Vec::with_capacity(cycle.steps.len()),
        };
        for step in &cycle.steps {
            let state = replay.state_after(step).map_err(|what| ReplayError {
                step: step.seq,
                what,
            })?;
            replay.steps.push(state);
        }
        Ok(replay)
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether the cycle has no step.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The request as it stood right after a step; none if there is no such step.
    pub fn request(&self, step: u32) -> Option<&Message> {
        Some(&self.messages[self.state(step)?.request])
    }

    /// The response as it stood right after a step; none if there is no such step or no response yet.
    pub fn response(&self, step: u32) -> Option<&Message> {
        Some(&self.messages[self.state(step)?.response?])
    }

    /// Both messages as they stood right after a step; none if there is no such step.
    pub fn snapshot(&self, step: u32) -> Option<Snapshot> {
        Some(Snapshot {
            step,
            request: self.request(step)?.clone(),
            response: self.response(step).cloned(),
        })
    }

    /// The snapshots of all steps, in order.
    pub fn snapshots(&self) -> impl Iterator<Item = Snapshot> + '_ {
        (0..).map_while(|step| self.snapshot(step))
    }

    fn state(&self, step: u32) -> Option<State> {
        self.steps.get(usize::try_from(step).ok()?).copied()
    }

    fn state_after(&mut self, step: &Step) -> Result<State, &'static str> {
        if usize::try_from(step.seq) != Ok(self.steps.len()) {
            return Err("its number is not its place among the steps");
        }
        let mut state = self.steps.last().copied().unwrap_or_default();
        if (step.stage, step.edge) == (Stage::Send, Edge::Out)
            && let Some(sent) = self.state(step.entry)
        {
            // A task that a layer left behind may have answered in the meantime; that was not sent.
            state = sent;
        }
        let Some(delta) = &step.delta else {
            return Ok(state);
        };
        let side = side_of(step);
        let base = match delta.base {
            None => 0,
            Some(base) => {
                let base = self.state(base).ok_or("its base is not a step before it")?;
                match side {
                    Side::Request => base.request,
                    Side::Response => base.response.ok_or("its base has no response")?,
                }
            }
        };
        let index = if delta.is_empty() && delta.counted.is_none() && base != 0 {
            base
        } else {
            let mut message = self.messages[base].clone();
            fold::apply(&mut message, delta, step.seq)?;
            self.messages.push(message);
            let step = step.seq;
            self.origins.push(Origin { step, base });
            self.messages.len() - 1
        };
        match side {
            Side::Request => state.request = index,
            Side::Response => state.response = Some(index),
        }
        Ok(state)
    }
}

/// Both messages as they stood right after a step of a cycle; none if there is no such step.
///
/// For more than one step of the same cycle, keep a [`Replay`].
///
/// # Errors
/// If a delta does not fit the message it is relative to.
pub fn snapshot(cycle: &Cycle, step: u32) -> Result<Option<Snapshot>, ReplayError> {
    Ok(Replay::new(cycle)?.snapshot(step))
}

/// Which message the delta of a step is about.
pub fn side_of(step: &Step) -> Side {
    side(step.stage, step.edge)
}

/// Which message a stage is about where it is entered or left.
pub fn side(stage: Stage, edge: Edge) -> Side {
    match (stage, edge) {
        (Stage::Parse, _) => Side::Request,
        (Stage::Send, Edge::In) => Side::Response,
        (_, Edge::In) => Side::Request,
        (_, Edge::Out) => Side::Response,
    }
}

#[cfg(test)]
mod tests;
