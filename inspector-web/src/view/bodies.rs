//! Bodies as they are looked at: decoded, masked again, shown by what they are.
//!
//! `decode` takes codings off (`brotli` and `zstd` two of them); `kinds` decides how to show what is there; a reader for each kind. None of
//! them panics, needs stack or memory by what the bytes say, or gives more than [`MAX_LINES`].

mod brotli;
mod decode;
mod events;
mod hex;
mod image;
mod json;
mod kinds;
mod lines;
mod multipart;
mod xml;
mod zstd;

use super::{
    content::{Label, Labels},
    pairs,
};
use crate::model::{BodyView, Content, ContentKind, DecodedBody, Pair};
use onionskin::{
    redact,
    wire::{BodyEnd, Cycle},
};
use std::borrow::Cow;

/// Lines, pairs, parts or events of a view, at most.
const MAX_LINES: usize = 20_000;

/// What is wanted of a body's view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BodyOptions {
    /// How to show it; none: as it is best.
    pub kind: Option<ContentKind>,
    /// The bytes as they passed, codings and all.
    pub encoded: bool,
    /// Number of a body of the same cycle to compare it with.
    pub against: Option<usize>,
}

/// A body as it is looked at; none if the cycle has no such body.
pub fn body(cycle: &Cycle, index: usize, options: BodyOptions) -> Option<BodyView> {
    let labels = Labels::of(cycle);
    let open = |index: usize| Opened::new(cycle, &labels, index, options.encoded);
    let (this, other) = (open(index)?, options.against.and_then(open));
    let body = &cycle.bodies[index];
    let kinds = this.kinds();
    let kind = options.kind.unwrap_or(kinds[0]);
    let (content, before) = match &other {
        Some(other) => this.against(kind, other),
        None => (this.content(kind), None),
    };
    Some(BodyView {
        index,
        side: body.side,
        content_type: this.label.content_type.clone(),
        codings: this.label.codings.clone(),
        len: body.len,
        kept: body.kept() as usize,
        complete: this.is_complete,
        hash: body.hash.clone(),
        redacted: body.redacted || this.is_masked,
        end: body.end.clone(),
        decoded: this.decoded,
        kind,
        kinds,
        against: options.against.filter(|_| other.is_some()),
        content,
        before,
    })
}

/// A body, ready to be read.
struct Opened<'c> {
    label: &'c Label,
    bytes: Cow<'c, [u8]>,
    /// Whether the whole body is kept.
    is_complete: bool,
    /// Whether the bytes end before the content does.
    is_cut: bool,
    is_masked: bool,
    decoded: Option<DecodedBody>,
    len: u64,
}

impl<'c> Opened<'c> {
    fn new(cycle: &'c Cycle, labels: &'c Labels, index: usize, encoded: bool) -> Option<Self> {
        let body = cycle.bodies.get(index)?;
        let label = labels.of_body(index);
        let head = &body.head.0;
        let is_complete = body.end == BodyEnd::Complete && body.kept() >= body.len;
        let mut opened = Self {
            label,
            bytes: Cow::Borrowed(head),
            is_complete,
            is_cut: !is_complete,
            is_masked: false,
            decoded: None,
            len: body.len,
        };
        if !encoded && !label.codings.is_empty() && !head.is_empty() {
            opened.decode();
        }
        Some(opened)
    }

    /// Takes the codings off. The app masked what it could read; this it couldn't.
    fn decode(&mut self) {
        let decoded = decode::decode(&self.bytes, &self.label.codings, self.is_complete);
        self.decoded = Some(DecodedBody {
            len: decoded.bytes.len(),
            truncated: decoded.truncated,
            error: decoded.error,
        });
        self.is_cut = decoded.truncated;
        let masked = redact::mask_decoded(&decoded.bytes);
        self.is_masked = masked.is_some();
        self.bytes = Cow::Owned(masked.unwrap_or(decoded.bytes));
    }

    fn kinds(&self) -> Vec<ContentKind> {
        if self.len == 0 && self.bytes.is_empty() {
            return vec![ContentKind::Empty];
        }
        if self.bytes.is_empty() && self.decoded.is_none() {
            return vec![ContentKind::NotKept];
        }
        kinds::kinds(self.label.content_type.as_deref(), &self.bytes)
    }

    fn content(&self, kind: ContentKind) -> Content {
        let content_type = self.label.content_type.as_deref();
        read(kind, content_type, &self.bytes, self.is_cut, true)
    }

    /// The content with the difference to another in it, or both.
    fn against(&self, kind: ContentKind, other: &Self) -> (Content, Option<Content>) {
        let (old, new) = (&other.bytes, &self.bytes);
        let content = match kind {
            ContentKind::Json => json::difference(old, new, self.is_cut),
            ContentKind::Text => lines::text(&lines::of_text(new), Some(&lines::of_text(old))),
            ContentKind::Xml => lines::xml(&xml::lines(new), Some(&xml::lines(old))),
            ContentKind::Html => lines::html(new, Some(old)),
            _ => return (self.content(kind), Some(other.content(kind))),
        };
        (content, None)
    }
}

/// Reads bytes as what they are asked to be. Parts of a multipart body have no parts themselves.
fn read(
    kind: ContentKind,
    content_type: Option<&str>,
    bytes: &[u8],
    is_cut: bool,
    may_have_parts: bool,
) -> Content {
    match kind {
        ContentKind::Empty => Content::Empty,
        ContentKind::NotKept => Content::NotKept,
        ContentKind::Json => json::content(bytes, is_cut),
        ContentKind::Text => lines::text(&lines::of_text(bytes), None),
        ContentKind::Form => form(bytes),
        ContentKind::Multipart if may_have_parts => multipart::content(content_type, bytes, is_cut),
        ContentKind::Image => image::content(bytes),
        ContentKind::Html => lines::html(bytes, None),
        ContentKind::Xml => lines::xml(&xml::lines(bytes), None),
        ContentKind::Events => events::content(bytes),
        ContentKind::Hex | ContentKind::Multipart => hex::content(bytes),
    }
}

fn form(bytes: &[u8]) -> Content {
    let mut pairs: Vec<Pair> = pairs::form(bytes.trim_ascii_end());
    let more = pairs.len().saturating_sub(MAX_LINES);
    pairs.truncate(MAX_LINES);
    Content::Form { pairs, more }
}

#[cfg(test)]
mod tests;
