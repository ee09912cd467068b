//! Texts that stand in a recording as they came, and are to be masked.
//!
//! The thread of a request only says where they are. They go into its outbox so, behind the frame, and the agent masks them
//! on the way out of it (`agent/mask.rs`): nothing that is kept or sent holds one.

use super::heads::Span;
use crate::capture::redact::Class;
use std::ops::Range;

/// A text in the events.
#[derive(Clone, Copy)]
pub(crate) struct Unmasked {
    text: Span,
    class: Class,
    /// The target of a request, which has no flag before it as a header's value has.
    is_target: bool,
}

/// Bytes of one behind a frame.
const SIZE: usize = 9;
const TARGET: u8 = 0x80;

impl Unmasked {
    /// The value of a header.
    pub(crate) fn value(text: Span, class: Class) -> Self {
        Self {
            text,
            class,
            is_target: false,
        }
    }

    /// The target of a request.
    pub(crate) fn target(text: Span) -> Self {
        Self {
            text,
            class: Class::Url,
            is_target: true,
        }
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.text.range()
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    pub(crate) fn is_target(&self) -> bool {
        self.is_target
    }

    fn put(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; SIZE];
        bytes[..4].copy_from_slice(&self.text.at.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.text.len.to_le_bytes());
        bytes[8] = self.class as u8 | if self.is_target { TARGET } else { 0 };
        out.extend_from_slice(&bytes);
    }

    fn read(bytes: &[u8; SIZE]) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let (at, len) = (number(0), number(4));
        Some(Self {
            text: Span { at, len },
            class: *Class::ALL.get(usize::from(bytes[8] & !TARGET))?,
            is_target: bytes[8] & TARGET != 0,
        })
    }
}

/// Appends what is to be masked in a frame to it.
pub(crate) fn put<'a>(lists: impl IntoIterator<Item = &'a [Unmasked]>, out: &mut Vec<u8>) {
    let start = out.len();
    for text in lists.into_iter().flatten() {
        text.put(out);
    }
    let count = ((out.len() - start) / SIZE) as u32;
    out.extend_from_slice(&count.to_le_bytes());
}

/// Takes off what [`put`] appended: the length of the frame itself, and into `texts` its texts to mask in the order in which
/// they stand. Of those that are there twice the one that is masked whole comes first.
pub(crate) fn split(raw: &[u8], texts: &mut Vec<Unmasked>) -> Option<usize> {
    texts.clear();
    let (rest, count) = raw.split_last_chunk()?;
    let count = u32::from_le_bytes(*count) as usize;
    let len = rest.len().checked_sub(count.checked_mul(SIZE)?)?;
    let (packed, []) = rest[len..].as_chunks() else {
        return None;
    };
    texts.reserve(packed.len());
    for text in packed {
        texts.push(Unmasked::read(text)?);
    }
    texts.sort_unstable_by_key(|t| (t.text.at, t.class != Class::Secret));
    texts.dedup_by_key(|t| t.text.at);
    Some(len)
}
