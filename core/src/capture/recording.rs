//! What happened in one cycle, encoded as it happens.
//!
//! A recording is pooled: its buffers serve one cycle after another. Steps and marks go into `events` at once, in the
//! compact encoding; at the end the header and the bodies are put around them and the whole is handed to the outbox.

mod bodies;
mod cost;
mod ending;
mod finish;
#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
mod headless;
mod late;
mod marks;
mod sending;
mod sent;
mod timed;

use bodies::BodyRecord;
use cost::{Cost, Usual};
use ending::Ending;
#[cfg(feature = "subscriber")]
pub(crate) use timed::EndedSpan;

#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
use super::connection::Read;
use super::{
    heads::{Compared, Head, Heads, Line, Since, VersionId},
    map::RouterMap,
    tap::Tap,
    written::Written,
};
use crate::{
    codec::format::{put_bytes, put_varint, tag},
    wire::{Connection, Site, SiteKind, Stage},
};
use http::{Method, Version};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Events up to here are kept whatever they are; marks above it are left out.
const MARKS_CAP: usize = 256 << 10;
/// Above it no place is entered any more; up to twice as much, those that were are left, and the response is sent: how the
/// cycle ended is known.
const STEPS_CAP: usize = 1 << 20;
/// Buffers for heads of bodies that are kept for the next cycle: most cycles have two bodies.
const HEADS_KEPT: usize = 2;

/// Number of an entry: one passing of a probe.
pub(crate) type EntryId = u32;

struct Entry {
    request: VersionId,
    /// The response that the service inside gave last.
    inner: Option<VersionId>,
    parent: Option<EntryId>,
    open: bool,
    /// It is a router's, and the next probe inside it knows which route was found.
    resolving: bool,
    kind: SiteKind,
}

/// One cycle being recorded.
#[derive(Default)]
pub(crate) struct Recording {
    number: u64,
    started_unix_us: u64,
    start: Option<Instant>,
    events: Vec<u8>,
    last_t: u64,
    /// When the last step was put down.
    settled: u64,
    last_idle: u64,
    cost: Cost,
    idle: u64,
    polled: u32,
    parked: Option<u64>,
    entries: Vec<Entry>,
    request: Heads,
    response: Heads,
    bodies: Vec<BodyRecord>,
    /// Memory for the heads of bodies, left over from cycles before.
    body_heads: Vec<Vec<u8>>,
    straight: Option<EntryId>,
    omitted_marks: u64,
    omitted_steps: u64,
    omitted_bodies: u64,
    connection: Option<Connection>,
    keeps_bodies: bool,
    /// The request's method, if it came on HTTP/1.
    http1: Option<Method>,
    /// Whether no body follows, by the method and the status, so that HTTP/1 drops the one that there is.
    bodiless: bool,
    /// Whether all of the response's body was taken, and when that was over.
    body_over: Option<(bool, u64)>,
    sending: sending::Sending,
    /// What was written of the response, and whether that is all of it.
    written: Option<(Written, bool)>,
    ending: Ending,
    /// When the last step was.
    over: Option<u64>,
    /// The trace that it belongs to.
    #[cfg(feature = "otel")]
    pub(crate) joined: Option<crate::otel::join::Joined>,
    /// Where the frame goes, if not into the outbox.
    tap: Option<Box<Tap>>,
}

impl Recording {
    /// Begins a cycle, of which it knows nothing yet: see [`Self::forget`].
    pub(crate) fn begin(&mut self, number: u64, now: Instant, unix_us: u64, keeps_bodies: bool) {
        if self.number != 0 {
            // A cycle that nobody ended.
            self.clear();
        }
        self.ending = Ending::default();
        #[cfg(feature = "otel")]
        {
            self.joined = None;
        }
        self.number = number;
        self.started_unix_us = unix_us;
        self.start = Some(now);
        self.keeps_bodies = keeps_bodies;
    }

    /// The cycle began before it was recorded.
    #[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
    pub(crate) fn began_at(&mut self, start: Instant) {
        self.started_unix_us -= (start.elapsed().as_micros() as u64).min(self.started_unix_us);
        self.start = Some(start);
    }

    /// Forgets the cycle, but for its trace and that it has ended, and keeps some of the memory for the next one. Not only when
    /// that begins: there may be none for long, and who has a share (a task with the request's extensions) may keep it as long.
    pub(crate) fn forget(&mut self) {
        #[cfg(feature = "otel")]
        let joined = self.joined.take();
        self.clear();
        self.ending.end();
        #[cfg(feature = "otel")]
        {
            self.joined = joined;
        }
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
        // Values stand in there that were masked only in the frame.
        events.fill(0);
        events.clear();
        events.shrink_to(KEEP);
        entries.clear();
        entries.shrink_to(1024);
        request.clear();
        response.clear();
        for mut body in bodies.drain(..) {
            body.head.fill(0);
            if body_heads.len() < HEADS_KEPT && (1..=KEEP).contains(&body.head.capacity()) {
                body_heads.push(body.head);
            }
        }
        body_heads.iter_mut().for_each(Vec::clear);
        *self = Self {
            cost: self.cost.next(),
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
    pub(crate) fn set_connection(&mut self, connection: Connection, (first, last): Read) {
        let before = |read: Option<Instant>| match (self.start, read) {
            (Some(start), Some(read)) => nanos(start.saturating_duration_since(read)),
            _ => 0,
        };
        self.connection = Some(Connection {
            first_byte_before_ns: before(first),
            last_byte_before_ns: before(last),
            ..connection
        });
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
        self.ending.has_ended()
    }

    /// The cycle goes into a tap, not into the outbox.
    pub(crate) fn set_tap(&mut self, tap: Tap) {
        self.tap = Some(Box::new(tap));
    }

    /// Whether this is the cycle of a test.
    pub(crate) fn is_tapped(&self) -> bool {
        self.tap.is_some()
    }

    /// Where the frame goes, if not into the outbox.
    pub(crate) fn take_tap(&mut self) -> Option<Tap> {
        self.tap.take().map(|tap| *tap)
    }

    fn now(&self) -> u64 {
        self.start.map_or(0, |start| nanos(start.elapsed()))
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
        if waits && self.polled == 0 && !self.has_ended() {
            self.parked = Some(self.now());
        }
    }

    /// The number of the cycle in its run.
    #[cfg(feature = "otel")]
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Gives the cycle up. Returns whether it was still open.
    pub(crate) fn abandon(&mut self) -> bool {
        let was_open = self.ending.end();
        if was_open {
            self.forget();
        }
        was_open
    }

    /// Writes an event's tag and time. Times never go back.
    #[inline]
    fn event(&mut self, tag: u8, t: u64) {
        let t = t.max(self.last_t);
        self.events.push(tag);
        put_varint(&mut self.events, t - self.last_t);
        self.last_t = t;
    }

    /// Writes a step's beginning; `None` if steps are not kept any more.
    fn step(&mut self, tag: u8, t: u64) -> Option<()> {
        if self.has_ended() {
            return None;
        }
        if self.is_full(tag == tag::IN) {
            self.omitted_steps += 1;
            return None;
        }
        self.event(tag, t);
        put_varint(&mut self.events, self.idle - self.last_idle);
        self.last_idle = self.idle;
        Some(())
    }

    /// Writes a step in which nothing changed. `false`: it does not fit into the short form, and nothing is written.
    #[inline]
    fn same(&mut self, tag: u8, t: u64, number: u64, parent: u64) -> bool {
        let what = if tag == tag::SAME_IN {
            Usual::Request
        } else {
            Usual::Response
        };
        let since = t.saturating_sub(self.last_t);
        let fits = (since >> 32 | number >> 16 | parent >> 8) == 0;
        let Some(cost) = self.cost.usual(what) else {
            return false;
        };
        if !fits
            || self.has_ended()
            || self.idle != self.last_idle
            || self.is_full(tag == tag::SAME_IN)
        {
            return false;
        }
        self.last_t += since;
        self.settled = self.last_t + cost;
        self.cost.sum += cost;
        let word = u64::from(tag) | since << 8 | number << 40 | parent << 56;
        self.events.extend_from_slice(&word.to_le_bytes());
        true
    }

    /// Whether no more steps are kept that enter a place, or none at all.
    fn is_full(&self, enters: bool) -> bool {
        let cap = if enters { STEPS_CAP } else { 2 * STEPS_CAP };
        self.events.len() + self.request.len() + self.response.len() > cap
    }

    /// The router found a route, or none.
    fn resolved(&mut self, router: EntryId, t: u64, route: Option<&str>) {
        if self.step(tag::RESOLVED, t).is_none() {
            return;
        }
        put_varint(&mut self.events, u64::from(router));
        match route {
            Some(route) => {
                put_varint(&mut self.events, route.len() as u64 + 1);
                self.events.extend_from_slice(route.as_bytes());
            }
            None => self.events.push(0),
        }
    }

    /// Writes a mark's beginning; `None` if marks are not kept any more.
    fn mark(&mut self, tag: u8, t: u64, inside: Option<EntryId>) -> Option<()> {
        if self.has_ended() {
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

    /// Writes what recording the step took, from `t` until now. `compared`: nothing was copied, and so much was compared.
    #[inline]
    fn settle(&mut self, t: u64, compared: Option<Usual>) {
        let known = compared.and_then(|what| self.cost.usual(what));
        let cost = known.unwrap_or_else(|| {
            let cost = self.now().saturating_sub(t);
            if let Some(what) = compared {
                self.cost.learn(what, cost);
            }
            cost
        });
        self.settled = t + cost;
        self.cost.sum += cost;
        put_varint(&mut self.events, cost);
    }

    /// The entry that was opened last and is still open: the best guess at where something happens of which only the cycle
    /// is known.
    pub(crate) fn innermost_open(&self) -> Option<EntryId> {
        self.entries.iter().rposition(|e| e.open).map(|i| i as u32)
    }

    /// Whether a layer (or the router or the server), not a view, stands at this entry.
    pub(crate) fn is_layer(&self, entry: EntryId) -> bool {
        let entry = self.entries.get(entry as usize);
        entry.is_some_and(|e| e.kind.stage() != Stage::View)
    }

    /// The entry whose span stands for this place: see [`crate::spans`].
    #[cfg(feature = "otel")]
    pub(crate) fn place_of(&self, mut entry: EntryId) -> EntryId {
        while let Some(at) = self.entries.get(entry as usize)
            && !crate::spans::has_span(at.kind)
            && let Some(parent) = at.parent
        {
            entry = parent;
        }
        entry
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
        // A cycle begins with its first step.
        let t = if self.entries.is_empty() {
            if let Line::Request(method, _) = &head.line {
                self.http1 = (head.version < Version::HTTP_2).then(|| (*method).clone());
            }
            0
        } else {
            self.now()
        };
        if let Some(router) = parent.filter(|parent| self.is_resolving(*parent)) {
            self.entries[router as usize].resolving = false;
            self.resolved(router, t, route());
        }
        let base = parent.map(|p| self.entries[p as usize].request);
        let parent_number = parent.map_or(0, |p| u64::from(p) + 1);
        let compared = self.request.compare(base, head, &self.events);
        let request = match compared {
            Ok(same) if self.same(tag::SAME_IN, t, u64::from(site.id), parent_number) => same,
            _ => {
                self.step(tag::IN, t)?;
                put_varint(&mut self.events, u64::from(site.id));
                put_varint(&mut self.events, parent_number);
                let request = put_delta(&mut self.request, base, compared, head, &mut self.events);
                self.settle(t, compared.is_ok().then_some(Usual::Request));
                request
            }
        };
        self.entries.push(Entry {
            request,
            inner: None,
            parent,
            open: true,
            resolving: false,
            kind: site.kind,
        });
        Some(self.entries.len() as u32 - 1)
    }

    /// From this entry the request goes straight to the router.
    pub(crate) fn goes_straight(&mut self, entry: EntryId) {
        self.straight = Some(entry);
    }

    /// What can have touched a request that enters here since its parent was passed.
    pub(crate) fn since(&mut self, site: &Site, parent: Option<EntryId>) -> Since {
        let straight = self.straight.take();
        match parent {
            Some(_) if site.kind == SiteKind::Router && straight == parent => Since::Nothing,
            Some(router) if self.is_resolving(router) => Since::Routing,
            _ => Since::App,
        }
    }

    fn is_resolving(&self, entry: EntryId) -> bool {
        let entry = self.entries.get(entry as usize);
        entry.is_some_and(|entry| entry.resolving)
    }

    /// The router of this entry looks for a route: the next probe that is passed inside it knows which. Returns whether its map
    /// is for the whole process.
    pub(crate) fn resolving(&mut self, entry: EntryId, map: &Arc<RouterMap>) -> bool {
        if let Some(entry) = self.entries.get_mut(entry as usize) {
            entry.resolving = true;
        }
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
        if !self.close(entry) {
            return;
        }
        let base = self.entries[entry as usize].inner;
        let compared = self.response.compare(base, head, &self.events);
        let response = match compared {
            Ok(same) if self.same(tag::SAME_OUT, t, u64::from(entry), 0) => same,
            _ => {
                if self.step(tag::OUT, t).is_none() {
                    return;
                }
                put_varint(&mut self.events, u64::from(entry));
                let response =
                    put_delta(&mut self.response, base, compared, head, &mut self.events);
                self.settle(t, compared.is_ok().then_some(Usual::Response));
                response
            }
        };
        if let Some(parent) = self.entries[entry as usize].parent {
            self.entries[parent as usize].inner = Some(response);
        }
        self.entries[entry as usize].inner = Some(response);
    }

    /// An error passes a probe.
    pub(crate) fn leave_with_error(&mut self, entry: EntryId, error: &str) {
        const CAP: usize = 8 << 10;
        let t = self.now();
        if self.close(entry) && self.step(tag::ERR, t).is_some() {
            put_varint(&mut self.events, u64::from(entry));
            put_bytes(&mut self.events, cut(error, CAP).as_bytes());
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
}

/// Appends the delta that a comparison found.
fn put_delta(
    heads: &mut Heads,
    base: Option<VersionId>,
    compared: Result<VersionId, Compared>,
    head: &Head<'_>,
    events: &mut Vec<u8>,
) -> VersionId {
    match compared {
        Ok(same) => {
            events.push(0);
            same
        }
        Err(compared) => heads.put_delta(base, compared, head, events),
    }
}

fn nanos(time: Duration) -> u64 {
    time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos())
}

/// The first `cap` bytes of a text, not cutting a character.
fn cut(text: &str, cap: usize) -> &str {
    let mut end = cap.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
