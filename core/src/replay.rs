//! The fold: the whole request and the whole response as they stood at a step.

use crate::wire::{BodyRef, Header};
use serde::{Deserialize, Serialize};

/// The request and the response as they stood right after a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Type names of the extensions.
    pub extensions: Vec<Held<String>>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Held<BodyRef>>,
}

/// A value, and the step that set it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held<T> {
    /// The value.
    pub value: T,
    /// `seq` of the step whose delta put it there.
    pub by: u32,
}
