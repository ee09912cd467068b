//! What happens between the steps.

use super::{EntryId, Recording, cut};
use crate::{
    capture::{panics::OwnFrame, redact},
    codec::format::{put_bytes, put_varint, tag},
};

impl Recording {
    /// The layer outside built its request afresh.
    pub(crate) fn rebuilt(&mut self, inside: Option<EntryId>) {
        let t = self.now();
        let _ = self.mark(tag::REBUILT, t, inside);
    }

    /// Whether no response came from inside of this entry: the one that leaves it was made here.
    pub(crate) fn is_first_response(&self, entry: EntryId) -> bool {
        self.entries
            .get(entry as usize)
            .is_some_and(|e| e.inner.is_none())
    }

    /// The response stands for an error.
    pub(crate) fn error(&mut self, inside: EntryId, chain: &[String]) {
        const CAP: usize = 8 << 10;
        let t = self.now();
        if self.mark(tag::ERROR, t, Some(inside)).is_some() {
            put_varint(&mut self.events, chain.len() as u64);
            for error in chain {
                let masked = redact::masked_text(cut(error, CAP));
                put_bytes(&mut self.events, &masked);
            }
        }
    }

    /// The app panicked.
    pub(crate) fn panicked(
        &mut self,
        inside: Option<EntryId>,
        message: &str,
        at: &str,
        frames: &[OwnFrame],
    ) {
        const CAP: usize = 8 << 10;
        let t = self.now();
        if self.mark(tag::PANIC, t, inside).is_some() {
            put_bytes(&mut self.events, &redact::masked_text(cut(message, CAP)));
            put_bytes(&mut self.events, cut(at, CAP).as_bytes());
            put_varint(&mut self.events, frames.len() as u64);
            for frame in frames {
                put_bytes(&mut self.events, cut(&frame.function, CAP).as_bytes());
                put_bytes(&mut self.events, cut(&frame.at, CAP).as_bytes());
                put_varint(&mut self.events, frame.folded);
            }
        }
    }

    #[cfg(feature = "subscriber")]
    /// A `tracing` event; the caller has masked nothing, so values are masked here.
    pub(crate) fn log(
        &mut self,
        inside: Option<EntryId>,
        level: u8,
        target: &str,
        fields: &[(&str, String)],
    ) {
        const CAP: usize = 8 << 10;
        let t = self.now();
        if self.mark(tag::LOG, t, inside).is_none() {
            return;
        }
        self.events.push(level);
        put_bytes(&mut self.events, target.as_bytes());
        let message = fields
            .iter()
            .find(|(name, _)| *name == "message")
            .map_or("", |(_, m)| m.as_str());
        put_bytes(&mut self.events, &redact::masked_text(cut(message, CAP)));
        let others = fields.iter().filter(|(name, _)| *name != "message");
        put_varint(&mut self.events, others.clone().count() as u64);
        for (name, value) in others {
            put_bytes(&mut self.events, name.as_bytes());
            put_bytes(
                &mut self.events,
                &redact::masked_field(name, cut(value, CAP)),
            );
        }
    }
}
