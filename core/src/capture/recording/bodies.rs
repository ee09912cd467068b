//! Bodies: counted, hashed, and their beginning kept.

use super::{EntryId, Recording, cut};
use crate::{
    capture::{events::EventCounter, redact},
    codec::format::{UNHASHED, end, head, put_bytes, put_varint, tag},
    wire::{Body, Side},
};
use std::hash::Hasher as _;
use twox_hash::XxHash64;

/// Most bodies of one cycle.
const BODIES_CAP: usize = 64;
/// Frames of one body that get a mark of their own.
const FRAME_MARKS: u64 = 256;

fn hash_of(data: &[u8]) -> XxHash64 {
    let mut hash = XxHash64::with_seed(0);
    hash.write(data);
    hash
}

/// What is known of one body.
pub(super) struct BodyRecord {
    pub(super) side: Side,
    /// Exact length by the size hint.
    pub(super) announced: Option<u64>,
    pub(super) len: u64,
    pub(super) frames: u64,
    /// Of all the data, if there is more than `head` holds; else it is worked out of that, later.
    pub(super) hash: Option<XxHash64>,
    pub(super) head: Vec<u8>,
    /// Behind `head` are bytes that were not looked at: the hash of all is not known.
    pub(super) has_gap: bool,
    pub(super) trailers: Vec<u8>,
    pub(super) trailer_count: u64,
    pub(super) events: Option<EventCounter>,
    pub(super) end: Option<Result<(), String>>,
    pub(super) first: Option<u64>,
    pub(super) last: u64,
    /// Address and length of the last frame.
    pub(super) last_frame: (usize, usize),
}

impl Recording {
    /// A body begins to be looked at; `None` if there are too many in this cycle.
    pub(crate) fn body(&mut self, side: Side, announced: Option<u64>) -> Option<u16> {
        if self.bodies.len() >= BODIES_CAP {
            self.omitted_bodies += 1;
            return None;
        }
        self.sent_body(side, announced)
    }

    /// As [`Self::body`], for the one that is sent: it is kept however many there were before.
    pub(crate) fn sent_body(&mut self, side: Side, announced: Option<u64>) -> Option<u16> {
        if self.has_ended() {
            return None;
        }
        self.bodies.push(BodyRecord {
            side,
            announced,
            len: 0,
            frames: 0,
            hash: None,
            head: self.body_heads.pop().unwrap_or_default(),
            has_gap: false,
            trailers: Vec::new(),
            trailer_count: 0,
            events: None,
            end: None,
            first: None,
            last: 0,
            last_frame: (0, 0),
        });
        Some(self.bodies.len() as u16 - 1)
    }

    /// The body is a stream of events.
    pub(crate) fn expect_events(&mut self, body: u16) {
        if let Some(record) = self.bodies.get_mut(body as usize) {
            record.events = Some(EventCounter::default());
        }
    }

    /// A frame of data passed.
    pub(crate) fn body_data(&mut self, body: u16, inside: Option<EntryId>, data: &[u8]) {
        let t = self.now();
        let keeps = self.keeps_bodies;
        let Some(record) = self.bodies.get_mut(body as usize) else {
            return;
        };
        record.len += data.len() as u64;
        record.frames += 1;
        record.first.get_or_insert(t);
        record.last = t;
        record.last_frame = (data.as_ptr().addr(), data.len());
        if let Some(events) = &mut record.events {
            events.feed(data);
        }
        if keeps {
            record.keep(data);
        }
        if record.frames > FRAME_MARKS {
            self.omitted_marks += 1;
        } else if self.mark(tag::FRAME, t, inside).is_some() {
            put_varint(&mut self.events, u64::from(body));
            put_varint(&mut self.events, data.len() as u64);
        }
    }

    /// Trailers passed.
    pub(crate) fn body_trailers(&mut self, body: u16, trailers: &http::HeaderMap) {
        let Some(record) = self.bodies.get_mut(body as usize) else {
            return;
        };
        for (name, value) in trailers {
            let mut shown = Vec::new();
            let class = redact::class_of(name);
            let masked =
                redact::put_value(&mut shown, class, value.is_sensitive(), value.as_bytes());
            put_bytes(&mut record.trailers, name.as_str().as_bytes());
            record.trailers.push(u8::from(masked));
            put_bytes(&mut record.trailers, &shown);
            record.trailer_count += 1;
        }
    }

    /// A body came to its end, or broke. The first word counts.
    pub(crate) fn body_end(&mut self, body: u16, how: Result<(), String>) {
        if let Some(record) = self.bodies.get_mut(body as usize) {
            record.end.get_or_insert(how);
        }
    }
}

impl BodyRecord {
    fn keep(&mut self, data: &[u8]) {
        let room = Body::HEAD_CAP
            .saturating_sub(self.head.len())
            .min(data.len());
        if room < data.len() && self.hash.is_none() {
            self.hash = Some(hash_of(&self.head));
        }
        if let Some(hash) = &mut self.hash {
            hash.write(data);
        }
        self.head.extend_from_slice(&data[..room]);
    }

    /// The hash of all the data, as far as it was kept.
    pub(super) fn digest(&self) -> u64 {
        match &self.hash {
            Some(hash) => hash.finish(),
            None => hash_of(&self.head).finish(),
        }
    }

    pub(super) fn put(&self, kept: bool, out: &mut Vec<u8>) {
        let has_hash = kept && !self.has_gap;
        let unhashed = has_hash && self.hash.is_none();
        let flags = u8::from(self.side == Side::Response) | u8::from(has_hash) << 1;
        out.push(if unhashed { flags | UNHASHED } else { flags });
        for value in [
            self.len,
            self.frames,
            self.first.map_or(0, |t| t + 1),
            self.last,
        ] {
            put_varint(out, value);
        }
        let hash = self.hash.as_ref().map_or(0, |hash| hash.finish());
        out.extend_from_slice(&hash.to_le_bytes());
        match &self.end {
            None => out.push(end::CUT),
            Some(Ok(())) => out.push(end::COMPLETE),
            Some(Err(error)) => {
                out.push(end::ERROR);
                put_bytes(out, &redact::masked_text(cut(error, 4 << 10)));
            }
        }
        put_varint(out, self.events.as_ref().map_or(0, |e| e.events + 1));
        put_varint(out, self.trailer_count);
        out.extend_from_slice(&self.trailers);
        // Hashed, masked and kept once by the agent, before the ring.
        out.push(head::CLEAR);
        put_bytes(out, &self.head);
    }
}
