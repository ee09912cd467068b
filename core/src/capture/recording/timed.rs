//! What took a while between the steps: marks that stand at its end and say how long it took.

use super::{EntryId, Recording, cut};
use crate::{
    capture::redact,
    codec::format::{put_bytes, put_varint, tag},
};
use std::time::Duration;

/// Most bytes of a name, a statement or a value that are kept.
const CAP: usize = 8 << 10;

/// A `tracing` span that has ended.
#[cfg(feature = "subscriber")]
pub(crate) struct EndedSpan<'a> {
    /// 1 `ERROR` … 5 `TRACE`.
    pub(crate) level: u8,
    pub(crate) target: &'a str,
    pub(crate) name: &'a str,
    pub(crate) elapsed: Duration,
    pub(crate) busy: Duration,
    /// Not masked yet.
    pub(crate) fields: &'a [(&'static str, String)],
}

impl Recording {
    /// A span ended.
    #[cfg(feature = "subscriber")]
    pub(crate) fn span(&mut self, inside: Option<EntryId>, span: &EndedSpan<'_>) {
        let t = self.now();
        if self.mark(tag::SPAN, t, inside).is_none() {
            return;
        }
        self.events.push(span.level);
        for text in [span.target, span.name] {
            put_bytes(&mut self.events, cut(text, CAP).as_bytes());
        }
        for time in [span.elapsed, span.busy] {
            put_varint(&mut self.events, time.as_nanos() as u64);
        }
        put_varint(&mut self.events, span.fields.len() as u64);
        for (name, value) in span.fields {
            put_bytes(&mut self.events, name.as_bytes());
            let masked = redact::masked_field(name, cut(value, CAP));
            put_bytes(&mut self.events, &masked);
        }
    }

    /// A template was rendered.
    pub(crate) fn template(&mut self, inside: Option<EntryId>, name: &str, took: Duration) {
        self.took(
            tag::TEMPLATE,
            inside,
            &redact::masked_text(cut(name, CAP)),
            took,
        );
    }

    /// A statement ran.
    #[cfg(feature = "diesel")]
    pub(crate) fn statement(&mut self, inside: Option<EntryId>, sql: &str, took: Duration) {
        self.took(
            tag::STATEMENT,
            inside,
            &redact::masked_statement(cut(sql, CAP)),
            took,
        );
    }

    fn took(&mut self, tag: u8, inside: Option<EntryId>, what: &[u8], took: Duration) {
        let t = self.now();
        if self.mark(tag, t, inside).is_some() {
            put_bytes(&mut self.events, what);
            put_varint(&mut self.events, took.as_nanos() as u64);
        }
    }
}
