//! What happened in one cycle, encoded as it happens.
//!
//! A recording is pooled: its buffers serve one cycle after another. Steps and marks go into `events` at once, in the
//! compact encoding; at the end the header and the bodies are put around them and the whole is handed to the outbox.

mod sending;

use super::{
    events::EventCounter,
    heads::{Head, Heads, VersionId},
    map::RouterMap,
    panics::OwnFrame,
    written::Written,
};
use crate::{
    codec::format::{FORMAT, end, put_bytes, put_varint, tag},
    wire::{Connection, Side, Site, SiteKind},
};
use std::{sync::Arc, time::Instant};
use twox_hash::XxHash64;

/// Events up to here are kept whatever they are; marks above it are left out.
const MARKS_CAP: usize = 256 << 10;
/// Steps above it are left out as well.
const STEPS_CAP: usize = 1 << 20;
/// Most bytes of one body that are kept.
const HEAD_CAP: usize = 64 << 10;
/// Most bodies of one cycle.
const BODIES_CAP: usize = 64;
/// Buffers for heads of bodies that are kept for the next cycle: most cycles have two bodies.
const HEADS_KEPT: usize = 2;
/// Frames of one body that get a mark of their own.
const FRAME_MARKS: u64 = 256;

/// Number of an entry: one passing of a probe.
pub(crate) type EntryId = u32;

struct Entry {
    request: VersionId,
    /// The response that the service inside gave last.
    inner: Option<VersionId>,
    parent: Option<EntryId>,
    open: bool,
    is_layer: bool,
}

struct BodyRecord {
    side: Side,
    /// Exact length by the size hint.
    announced: Option<u64>,
    len: u64,
    frames: u64,
    hash: XxHash64,
    head: Vec<u8>,
    trailers: Vec<u8>,
    trailer_count: u64,
    events: Option<EventCounter>,
    end: Option<Result<(), String>>,
    first: Option<u64>,
    last: u64,
    /// Address and length of the last frame.
    last_frame: (usize, usize),
}

/// One cycle being recorded.
#[derive(Default)]
pub(crate) struct Recording {
    number: u64,
    started_unix_us: u64,
    start: Option<Instant>,
    events: Vec<u8>,
    last_t: u64,
    last_idle: u64,
    cost: u64,
    idle: u64,
    polled: u32,
    parked: Option<u64>,
    entries: Vec<Entry>,
    request: Heads,
    response: Heads,
    bodies: Vec<BodyRecord>,
    /// Memory for the heads of bodies, left over from cycles before.
    body_heads: Vec<Vec<u8>>,
    resolving: Option<EntryId>,
    straight: Option<EntryId>,
    omitted_marks: u64,
    omitted_steps: u64,
    connection: Option<Connection>,
    keeps_bodies: bool,
    awaits_writing: bool,
    /// Whether all of the response's body was taken, and when that was over.
    body_over: Option<(bool, u64)>,
    sending: sending::Sending,
    /// What was written of the response, and whether that is all of it.
    written: Option<(Written, bool)>,
    ended: bool,
    /// Where the frame goes, if not into the outbox.
    pub(super) tap: Option<super::tap::Tap>,
}

impl Recording {
    /// Begins a cycle.
    pub(crate) fn begin(&mut self, number: u64, now: Instant, unix_us: u64, keeps_bodies: bool) {
        self.clear();
        self.number = number;
        self.started_unix_us = unix_us;
        self.start = Some(now);
        self.keeps_bodies = keeps_bodies;
    }

    fn clear(&mut self) {
        const KEEP: usize = 64 << 10;
        let (mut events, mut entries) = (
            std::mem::take(&mut self.events),
            std::mem::take(&mut self.entries),
        );
        let (mut request, mut response) = (
            std::mem::take(&mut self.request),
            std::mem::take(&mut self.response),
        );
        let (mut bodies, mut body_heads) = (
            std::mem::take(&mut self.bodies),
            std::mem::take(&mut self.body_heads),
        );
        events.clear();
        events.shrink_to(KEEP);
        entries.clear();
        entries.shrink_to(1024);
        request.clear();
        response.clear();
        for body in bodies.drain(..) {
            if body_heads.len() < HEADS_KEPT && (1..=KEEP).contains(&body.head.capacity()) {
                body_heads.push(body.head);
            }
        }
        body_heads.iter_mut().for_each(Vec::clear);
        *self = Self {
            events,
            entries,
            request,
            response,
            bodies,
            body_heads,
            ..Self::default()
        };
    }

    #[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
    pub(crate) fn set_connection(&mut self, connection: Connection) {
        self.connection = Some(connection);
    }

    /// The peer's address, if the server did not know it.
    #[cfg(feature = "tokio")]
    pub(crate) fn set_peer(&mut self, peer: std::net::SocketAddr) {
        if let Some(connection) = &mut self.connection {
            connection.peer.get_or_insert_with(|| peer.to_string());
        }
    }

    /// Whether the heads of bodies are kept in this cycle.
    pub(crate) fn keeps_bodies(&self) -> bool {
        self.keeps_bodies
    }

    /// Whether the cycle is over; what comes later belongs to no cycle.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    fn now(&self) -> u64 {
        self.start
            .map_or(0, |start| start.elapsed().as_nanos() as u64)
    }

    /// The app's task is being polled from here on.
    pub(crate) fn resume(&mut self) {
        if let Some(parked) = self.parked.take() {
            self.idle += self.now().saturating_sub(parked);
        }
        self.polled += 1;
    }

    /// A poll of the app's task is over; `waits`: it waits for something before the next one.
    pub(crate) fn park(&mut self, waits: bool) {
        self.polled = self.polled.saturating_sub(1);
        if waits && self.polled == 0 && !self.ended {
            self.parked = Some(self.now());
        }
    }

    /// Gives the cycle up. Returns whether it was still open.
    pub(crate) fn abandon(&mut self) -> bool {
        !std::mem::replace(&mut self.ended, true)
    }

    /// Writes an event's tag and time. Times never go back.
    fn event(&mut self, tag: u8, t: u64) {
        self.events.push(tag);
        put_varint(&mut self.events, t.saturating_sub(self.last_t));
        self.last_t = self.last_t.max(t);
    }

    /// Writes a step's beginning; `None` if steps are not kept any more.
    fn step(&mut self, tag: u8, t: u64) -> Option<()> {
        if self.ended {
            return None;
        }
        if self.events.len() + self.request.len() + self.response.len() > STEPS_CAP {
            self.omitted_steps += 1;
            return None;
        }
        self.event(tag, t);
        put_varint(&mut self.events, self.idle - self.last_idle);
        self.last_idle = self.idle;
        Some(())
    }

    /// Writes a mark's beginning; `None` if marks are not kept any more.
    fn mark(&mut self, tag: u8, t: u64, inside: Option<EntryId>) -> Option<()> {
        if self.ended {
            return None;
        }
        if self.events.len() > MARKS_CAP {
            self.omitted_marks += 1;
            return None;
        }
        self.event(tag, t);
        put_varint(&mut self.events, inside.map_or(0, |e| u64::from(e) + 1));
        Some(())
    }

    /// Writes what recording the step took, from `t` until now.
    fn settle(&mut self, t: u64) {
        let cost = self.now().saturating_sub(t);
        self.cost += cost;
        put_varint(&mut self.events, cost);
    }

    /// The entry that was opened last and is still open: the best guess at where an unknown task comes from.
    pub(crate) fn innermost_open(&self) -> Option<EntryId> {
        self.entries.iter().rposition(|e| e.open).map(|i| i as u32)
    }

    /// Whether a layer (or the router or the server), not a view, stands at this entry.
    pub(crate) fn is_layer(&self, entry: EntryId) -> bool {
        self.entries.get(entry as usize).is_some_and(|e| e.is_layer)
    }

    /// The length that a body announced when it was first seen.
    pub(crate) fn announced(&self, body: u16) -> Option<Option<u64>> {
        self.bodies.get(body as usize).map(|b| b.announced)
    }

    /// A request passes a probe. `route` is asked only where the router has just found one.
    pub(crate) fn enter<'a>(
        &mut self,
        site: &Site,
        parent: Option<EntryId>,
        head: &Head<'a>,
        route: impl FnOnce() -> Option<&'a str>,
    ) -> Option<EntryId> {
        let t = self.now();
        if let Some(router) = self.resolving.take()
            && self.step(tag::RESOLVED, t).is_some()
        {
            put_varint(&mut self.events, u64::from(router));
            match route() {
                Some(route) => {
                    put_varint(&mut self.events, route.len() as u64 + 1);
                    self.events.extend_from_slice(route.as_bytes());
                }
                None => self.events.push(0),
            }
        }
        self.step(tag::IN, t)?;
        put_varint(&mut self.events, u64::from(site.id));
        put_varint(&mut self.events, parent.map_or(0, |p| u64::from(p) + 1));
        let base = parent.map(|p| self.entries[p as usize].request);
        let request = self.request.delta(base, head, &mut self.events);
        self.settle(t);
        let is_layer = !matches!(site.kind.stage(), crate::wire::Stage::View);
        self.entries.push(Entry {
            request,
            inner: None,
            parent,
            open: true,
            is_layer,
        });
        Some(self.entries.len() as u32 - 1)
    }

    /// From this entry the request goes straight to the router.
    pub(crate) fn goes_straight(&mut self, entry: EntryId) {
        self.straight = Some(entry);
    }

    /// Whether a request that enters here comes straight from its parent, so that nothing can have touched it.
    pub(crate) fn comes_straight(&mut self, site: &Site, parent: Option<EntryId>) -> bool {
        let straight = self.straight.take();
        site.kind == SiteKind::Router && straight.is_some() && straight == parent
    }

    /// The router of this entry looks for a route: the next probe that is passed knows which. Returns whether its map is
    /// for the whole process.
    pub(crate) fn resolving(&mut self, entry: EntryId, map: &Arc<RouterMap>) -> bool {
        self.resolving = Some(entry);
        if let Some(tap) = &mut self.tap {
            tap.meets(map);
        }
        self.tap.is_none()
    }

    fn close(&mut self, entry: EntryId) -> bool {
        let Some(entry) = self.entries.get_mut(entry as usize) else {
            return false;
        };
        std::mem::replace(&mut entry.open, false)
    }

    /// A response passes a probe.
    pub(crate) fn leave(&mut self, entry: EntryId, head: &Head<'_>) {
        let t = self.now();
        if !self.close(entry) || self.step(tag::OUT, t).is_none() {
            return;
        }
        put_varint(&mut self.events, u64::from(entry));
        let base = self.entries[entry as usize].inner;
        let response = self.response.delta(base, head, &mut self.events);
        self.settle(t);
        if let Some(parent) = self.entries[entry as usize].parent {
            self.entries[parent as usize].inner = Some(response);
        }
        self.entries[entry as usize].inner = Some(response);
    }

    /// An error passes a probe.
    pub(crate) fn leave_with_error(&mut self, entry: EntryId, error: &str) {
        let t = self.now();
        if self.close(entry) && self.step(tag::ERR, t).is_some() {
            put_varint(&mut self.events, u64::from(entry));
            put_bytes(&mut self.events, error.as_bytes());
        }
    }

    /// A probe's future was dropped before it answered: by a layer, or with the whole cycle.
    pub(crate) fn dropped(&mut self, entry: EntryId, by_layer: bool) {
        let t = self.now();
        let tag = if by_layer {
            tag::DROPPED
        } else {
            tag::CANCELLED
        };
        if self.close(entry) && self.step(tag, t).is_some() {
            put_varint(&mut self.events, u64::from(entry));
        }
    }

    /// A panic passes a probe.
    pub(crate) fn unwound(&mut self, entry: EntryId) {
        let t = self.now();
        if self.close(entry) && self.step(tag::UNWOUND, t).is_some() {
            put_varint(&mut self.events, u64::from(entry));
        }
    }

    /// The head of the response goes to the server.
    pub(crate) fn send(&mut self, entry: EntryId, head: &Head<'_>) {
        let t = self.now();
        if self.step(tag::SEND, t).is_none() {
            return;
        }
        put_varint(&mut self.events, u64::from(entry));
        let base = self.entries.get(entry as usize).and_then(|e| e.inner);
        let response = self.response.delta(base, head, &mut self.events);
        self.settle(t);
        if let Some(entry) = self.entries.get_mut(entry as usize) {
            entry.open = false;
            entry.inner = Some(response);
        }
    }

    /// The cycle ends when the response is written, not when the server has taken it.
    pub(crate) fn await_writing(&mut self) {
        self.awaits_writing = true;
    }

    /// The server took all of the response's body, or dropped it. Returns whether that ends the cycle.
    pub(crate) fn end_body(&mut self, whole: bool) -> bool {
        self.body_over = Some((whole, self.now()));
        !self.awaits_writing
    }

    /// Whether the server is done with the response's body.
    pub(crate) fn body_is_over(&self) -> bool {
        self.body_over.is_some()
    }

    /// Nothing more of the response is written. Returns whether that ends the cycle.
    pub(crate) fn end_writing(&mut self, written: Written, delivered: bool) -> bool {
        self.awaits_writing = false;
        self.written = Some((written, delivered));
        self.body_is_over()
    }

    /// The last step.
    pub(crate) fn sent(&mut self) {
        let t = self.now();
        let (whole, body_end) = self.body_over.unwrap_or((false, t));
        if let Some(other) = self.sent_instead()
            && !self.ended
        {
            self.event(tag::SENT_OTHER, t);
            put_varint(&mut self.events, u64::from(other));
        }
        if self.step(tag::SENT, t).is_none() {
            return;
        }
        let delivered = self
            .written
            .as_ref()
            .is_none_or(|(_, delivered)| *delivered);
        self.events.push(u8::from(whole && delivered));
        put_varint(&mut self.events, body_end);
        match (&self.written, self.start) {
            (Some((written, _)), Some(start)) => written.put(start, &mut self.events),
            _ => self.events.push(0),
        }
    }

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
                let masked = super::redact::masked_text(cut(error, CAP));
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
            put_bytes(&mut self.events, cut(message, CAP).as_bytes());
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
        put_bytes(
            &mut self.events,
            &super::redact::masked_text(cut(message, CAP)),
        );
        let others = fields.iter().filter(|(name, _)| *name != "message");
        put_varint(&mut self.events, others.clone().count() as u64);
        for (name, value) in others {
            put_bytes(&mut self.events, name.as_bytes());
            put_bytes(
                &mut self.events,
                &super::redact::masked_field(name, cut(value, CAP)),
            );
        }
    }

    /// A body begins to be looked at; `None` if there are too many in this cycle.
    pub(crate) fn body(&mut self, side: Side, announced: Option<u64>) -> Option<u16> {
        if self.bodies.len() >= BODIES_CAP {
            return None;
        }
        self.sent_body(side, announced)
    }

    /// As [`Self::body`], for the one that is sent: it is kept however many there were before.
    pub(crate) fn sent_body(&mut self, side: Side, announced: Option<u64>) -> Option<u16> {
        if self.ended {
            return None;
        }
        self.bodies.push(BodyRecord {
            side,
            announced,
            len: 0,
            frames: 0,
            hash: XxHash64::with_seed(0),
            head: self.body_heads.pop().unwrap_or_default(),
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
        use std::hash::Hasher as _;
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
            record.hash.write(data);
            let room = HEAD_CAP.saturating_sub(record.head.len()).min(data.len());
            record.head.extend_from_slice(&data[..room]);
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
            let class = super::redact::class_of(name.as_str());
            let masked =
                super::redact::put_value(&mut shown, class, value.is_sensitive(), value.as_bytes());
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

    /// Ends the cycle and appends its frame to `out`. Nothing is recorded after that.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        let duration = self.now();
        out.push(FORMAT);
        for value in [
            self.number,
            self.started_unix_us,
            duration,
            self.idle,
            self.cost,
            self.omitted_marks,
            self.omitted_steps,
        ] {
            put_varint(out, value);
        }
        match &self.connection {
            None => out.push(0),
            Some(c) => {
                out.push(1);
                for value in [
                    c.number,
                    u64::from(c.reuse),
                    c.bytes_in,
                    c.first_byte_before_ns,
                    c.last_byte_before_ns,
                ] {
                    put_varint(out, value);
                }
                put_bytes(out, c.peer.as_deref().unwrap_or_default().as_bytes());
            }
        }
        put_bytes(out, &self.events);
        put_varint(out, self.bodies.len() as u64);
        for body in &self.bodies {
            body.put(self.keeps_bodies, out);
        }
        self.ended = true;
    }
}

impl BodyRecord {
    fn put(&self, kept: bool, out: &mut Vec<u8>) {
        use std::hash::Hasher as _;
        out.push(u8::from(self.side == Side::Response) | u8::from(kept) << 1);
        for value in [
            self.len,
            self.frames,
            self.first.map_or(0, |t| t + 1),
            self.last,
        ] {
            put_varint(out, value);
        }
        out.extend_from_slice(&self.hash.finish().to_le_bytes());
        match &self.end {
            None => out.push(end::CUT),
            Some(Ok(())) => out.push(end::COMPLETE),
            Some(Err(error)) => {
                out.push(end::ERROR);
                put_bytes(out, cut(error, 4 << 10).as_bytes());
            }
        }
        put_varint(out, self.events.as_ref().map_or(0, |e| e.events + 1));
        put_varint(out, self.trailer_count);
        out.extend_from_slice(&self.trailers);
        // Masked by the agent, before the ring: see `redact::mask_bodies`.
        out.push(0);
        put_bytes(out, &self.head);
    }
}

/// The first `cap` bytes of a text, not cutting a character.
fn cut(text: &str, cap: usize) -> &str {
    let mut end = cap.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
