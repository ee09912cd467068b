//! `GET /api/cycles/{id}/bodies/{n}/view`: a body as it is looked at.

use super::message::Pair;
use onionskin::wire::{BodyEnd, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A body, decoded and taken apart; with `against`, compared with another of the same cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyView {
    /// Its number in the cycle.
    pub index: usize,
    /// The request's or the response's.
    pub side: Side,
    /// What the message says that it is.
    pub content_type: Option<String>,
    /// Its content codings, in the order in which they were applied.
    pub codings: Vec<String>,
    /// Bytes that passed.
    pub len: u64,
    /// How many of them are kept.
    pub kept: usize,
    /// Whether all that passed is kept, and all of the body passed.
    pub complete: bool,
    /// XXH64 of all bytes that passed; none where they were not looked at.
    pub hash: Option<String>,
    /// Whether something in it is masked.
    pub redacted: bool,
    /// How it ended.
    pub end: BodyEnd,
    /// What was behind the codings; none where there are none or `encoded` was asked for.
    pub decoded: Option<DecodedBody>,
    /// How it is shown.
    pub kind: ContentKind,
    /// How it can be shown, the best first: what `as` may ask for.
    pub kinds: Vec<ContentKind>,
    /// Number of the body that it is compared with.
    pub against: Option<usize>,
    /// The content. Of JSON and of what has lines, with the difference to `against` in it.
    pub content: Content,
    /// The content of `against`, where the difference is not in `content`.
    pub before: Option<Content>,
}

/// What was behind the content codings of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecodedBody {
    /// Bytes that are shown.
    pub len: usize,
    /// Whether there is more: only the head is kept, or it is more than a view shows (1 MiB).
    pub truncated: bool,
    /// Why it can't be decoded any further.
    pub error: Option<String>,
}

/// A way to show a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// There are no bytes.
    Empty,
    /// Bytes passed, and none is kept.
    NotKept,
    /// A tree.
    Json,
    /// Lines of text.
    Text,
    /// Names and values.
    Form,
    /// Parts with headers.
    Multipart,
    /// An image.
    Image,
    /// A document, for a preview that may do nothing, and its text.
    Html,
    /// Lines, indented.
    Xml,
    /// Server-sent events.
    Events,
    /// Bytes.
    Hex,
}

impl ContentKind {
    /// As `as` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotKept => "not_kept",
            Self::Json => "json",
            Self::Text => "text",
            Self::Form => "form",
            Self::Multipart => "multipart",
            Self::Image => "image",
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Events => "events",
            Self::Hex => "hex",
        }
    }
}

/// The content of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// There are no bytes.
    Empty,
    /// Bytes passed, and none is kept.
    NotKept,
    /// A tree, flat.
    Json {
        /// Its lines.
        lines: Vec<JsonLine>,
        /// How many more there are.
        more: usize,
        /// Where it is no JSON, or where it was cut.
        error: Option<String>,
    },
    /// Lines of text.
    Text {
        /// The lines.
        lines: Vec<DiffLine>,
        /// How many more there are.
        more: usize,
    },
    /// Names and values.
    Form {
        /// In order, duplicates kept.
        pairs: Vec<Pair>,
        /// How many more there are.
        more: usize,
    },
    /// Parts with headers.
    Multipart {
        /// In order.
        parts: Vec<PartView>,
        /// How many more there are.
        more: usize,
        /// What is wrong with it, or where it was cut.
        error: Option<String>,
    },
    /// An image.
    Image {
        /// By its first bytes, whatever the message says.
        media_type: String,
        /// In pixels.
        width: Option<u32>,
        /// In pixels.
        height: Option<u32>,
        /// The bytes that are there.
        base64: String,
    },
    /// A document.
    Html {
        /// Its source.
        lines: Vec<DiffLine>,
        /// How many more lines there are.
        more: usize,
        /// All of it: for a frame that is sandboxed, without scripts and without a network.
        document: String,
    },
    /// XML.
    Xml {
        /// Indented.
        lines: Vec<DiffLine>,
        /// How many more there are.
        more: usize,
    },
    /// Server-sent events.
    Events {
        /// In order.
        events: Vec<SentEvent>,
        /// How many more there are.
        more: usize,
        /// Whether the last one has not ended: a client has not seen it.
        open: bool,
    },
    /// Bytes.
    Hex {
        /// Sixteen bytes each.
        rows: Vec<HexRow>,
        /// How many more bytes there are.
        more: usize,
    },
}

/// A line of a JSON tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JsonLine {
    /// How many arrays and objects are around it.
    pub depth: usize,
    /// Its name in the object around it, decoded.
    pub key: Option<String>,
    /// What stands there.
    pub value: JsonValue,
    /// A string decoded, without quotes; other scalars as written; `{`, `[`, `{}`, `[]`, `}` or `]`.
    pub text: String,
    /// Of an object or an array: its members.
    pub count: Option<usize>,
    /// Compared with the other body.
    pub op: Option<LineOp>,
    /// Of a changed scalar: what stood there.
    pub before: Option<String>,
    /// JSON Pointer (RFC 6901) to it; none where that would be longer than 256 bytes.
    pub path: Option<String>,
}

/// What a [`JsonLine`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JsonValue {
    /// An object begins.
    Object,
    /// An array begins.
    Array,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// An object or an array ends.
    End,
}

/// What happened to a line between two bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineOp {
    /// It came.
    Add,
    /// It went.
    Remove,
    /// A scalar took the place of another.
    Change,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffLine {
    /// `add` or `remove`.
    pub op: Option<LineOp>,
    /// Without its end.
    pub text: String,
}

/// A part of a multipart body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartView {
    /// Its headers.
    pub headers: Vec<Pair>,
    /// `name` of its `content-disposition`.
    pub name: Option<String>,
    /// `filename` of its `content-disposition`.
    pub filename: Option<String>,
    /// What it says that it is.
    pub content_type: Option<String>,
    /// Bytes of it that are there.
    pub len: usize,
    /// Its content.
    pub content: Content,
}

/// A server-sent event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentEvent {
    /// Its type, where it has one.
    pub event: Option<String>,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its data, lines joined.
    pub data: String,
}

/// Sixteen bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HexRow {
    /// Of the first of them.
    pub offset: usize,
    /// Two digits each, with spaces between.
    pub hex: String,
    /// What of them is printable ASCII; a dot for the others.
    pub text: String,
}
