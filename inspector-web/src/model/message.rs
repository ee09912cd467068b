//! `GET /api/cycles/{id}/steps/{k}/view`: request and response at a step, line by line.

use super::timeline::{MessagePart, Op};
use onionskin::wire::Octets;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Request and response as they stood right after a step, with what the step did to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// `seq` of the step.
    pub step: u32,
    /// The request.
    pub request: MessageView,
    /// The response; none before there is one.
    pub response: Option<MessageView>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageView {
    /// First line, headers, extensions, in order; what the step took out stands in its old place.
    pub lines: Vec<MessageLine>,
    /// The query of the target, decoded.
    pub query: Vec<Pair>,
    /// Cookies that were sent or set, with their attributes.
    pub cookies: Vec<Pair>,
    /// The body.
    pub body: Option<BodyPlace>,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageLine {
    /// Which part.
    pub what: MessagePart,
    /// What the step did to it; none: nothing.
    pub op: Option<Op>,
    /// Name of the header, type of the extension.
    pub name: Option<String>,
    /// The value; none for an extension.
    pub value: Option<Octets>,
    /// The value before the step, where the step changed it.
    pub before: Option<Octets>,
    /// Whether the value, or a part of it, is masked.
    pub redacted: bool,
    /// Who set it, the last first.
    pub history: Vec<By>,
}

/// Somebody who set a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct By {
    /// `seq` of the step that shows it.
    pub step: u32,
    /// Index into the rows of the timeline; none: it came from outside.
    pub row: Option<usize>,
    /// The row's name, or `client`, or `outside` where the cycle was not seen from `serve`.
    pub name: String,
    /// The value that it set.
    pub value: Option<Octets>,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether the value, or a part of it, is masked.
    pub redacted: bool,
}

/// Where a message has its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BodyPlace {
    /// Number of the body in the cycle; none where its bytes were not looked at.
    pub index: Option<usize>,
    /// The exact length that it announces.
    pub announced: Option<u64>,
    /// Its length, and how it stands to the one whose place it took at this step, in words.
    pub text: String,
    /// What the step did to it.
    pub op: Option<Op>,
    /// Number of the body whose place it took at this step.
    pub before: Option<usize>,
    /// Who put it there, the last first.
    pub history: Vec<By>,
}
