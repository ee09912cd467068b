//! Deltas: what changed in a message.

use super::Octets;
use serde::{Deserialize, Serialize};

/// A value and the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Change_of_{T}"))]
pub struct Change<T> {
    /// Before; none where there was no message before.
    pub from: Option<T>,
    /// After.
    pub to: T,
}

/// What changed in a message since another step. Empty: nothing did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delta {
    /// `seq` of the step that this is a difference to; none: to nothing at all, everything is new.
    pub base: Option<u32>,
    /// `http.request.method`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Change<String>>,
    /// The request target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Change<String>>,
    /// `HTTP/1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Change<String>>,
    /// `http.response.status_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Change<u16>>,
    /// Edits to the header list, to be done in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderEdit>,
    /// Extensions that came and went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionEdit>,
    /// Another body took the place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Change<BodyRef>>,
    /// Nothing changed, but the body that the message had and that nobody had looked at is counted from here on: it is this
    /// one of the cycle's bodies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<usize>,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.uri.is_none()
            && self.version.is_none()
            && self.status.is_none()
            && self.headers.is_empty()
            && self.extensions.is_empty()
            && self.body.is_none()
    }
}

/// A header as it was seen, credentials masked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Header {
    /// Lower-case name.
    pub name: String,
    /// The value, or what the mask left of it.
    pub value: Octets,
    /// Whether the value, or a part of it, is masked. The four hexadecimal digits behind the mask are a keyed
    /// fingerprint: equal in one app run means the same value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// One edit of a header list. Positions are those of the list at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum HeaderEdit {
    /// A header was put in at `at`.
    Add {
        /// Position.
        at: usize,
        /// The header.
        header: Header,
    },
    /// The header at `at` was taken out.
    Remove {
        /// Position.
        at: usize,
        /// The header.
        header: Header,
    },
    /// The value at `at` changed.
    Change {
        /// Position.
        at: usize,
        /// Before.
        from: Header,
        /// After.
        to: Header,
    },
    /// A header went from one place in the list to another: `http::HeaderMap` moves its last entry into the place of one
    /// that is removed.
    Move {
        /// Old position.
        from: usize,
        /// New position.
        at: usize,
        /// The header.
        header: Header,
    },
}

/// An extension that came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ExtensionEdit {
    /// A value of this type was put in.
    Add {
        /// Type name.
        type_name: String,
        /// The value, if the app watches this type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// The value of this type was taken out.
    Remove {
        /// Type name.
        type_name: String,
    },
    /// The value of this type, which the app watches, is another.
    Change {
        /// Type name.
        type_name: String,
        /// Before, if it was watched then.
        from: Option<String>,
        /// After.
        to: String,
    },
}

impl ExtensionEdit {
    /// The type it is about.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Add { type_name, .. }
            | Self::Remove { type_name }
            | Self::Change { type_name, .. } => type_name,
        }
    }
}

/// An extension as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Extension {
    /// Type name.
    pub type_name: String,
    /// The value, credentials masked, if the app watches this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What is known of a body at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BodyRef {
    /// Index into [`Cycle::bodies`](super::Cycle::bodies); none where the bytes were not looked at.
    pub body: Option<usize>,
    /// Exact length announced by the body's size hint.
    pub announced: Option<u64>,
}
