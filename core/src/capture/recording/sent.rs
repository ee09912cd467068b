//! The end of a cycle: its response is sent.

use super::{EntryId, Recording, put_delta};
use crate::{
    capture::{
        heads::{Head, Line, Since},
        written::Written,
    },
    codec::format::{put_varint, tag},
};
use http::Method;

impl Recording {
    /// The head of the response goes to the server.
    pub(crate) fn send(&mut self, entry: EntryId, head: &Head<'_>) {
        let t = match head.since {
            Since::Nothing => self.settled,
            Since::App | Since::Routing => self.now(),
        };
        if self.step(tag::SEND, t).is_none() {
            return;
        }
        put_varint(&mut self.events, u64::from(entry));
        let base = self.entries.get(entry as usize).and_then(|e| e.inner);
        let compared = self.response.compare(base, head, &self.events);
        let response = put_delta(&mut self.response, base, compared, head, &mut self.events);
        self.settle(t, None);
        if let (Some(method), Line::Response(status)) = (&self.http1, &head.line) {
            self.bodiless = has_no_body(method, *status);
        }
        if let Some(entry) = self.entries.get_mut(entry as usize) {
            entry.open = false;
            entry.inner = Some(response);
        }
    }

    /// The cycle ends when the response is written, not when the server has taken it.
    pub(crate) fn await_writing(&mut self) {
        self.ending.await_writing();
    }

    /// The server took all of the response's body, some of it, or did not even ask. Returns whether that ends the cycle.
    pub(crate) fn end_body(&mut self, whole: bool, asked: bool) -> bool {
        let now = self.now();
        // Where no body follows the head is all there is to send, and nobody asks for more.
        let whole = whole || (self.bodiless && !asked);
        self.body_over = Some((whole, now));
        self.ending.end_body()
    }

    /// Whether the server is done with the response's body.
    pub(crate) fn body_is_over(&self) -> bool {
        self.ending.body_is_over()
    }

    /// Nothing more of the response is written. Returns whether that ends the cycle.
    pub(crate) fn end_writing(&mut self, written: Written, delivered: bool) -> bool {
        self.written = Some((written, delivered));
        self.ending.end_writing()
    }

    /// The last step.
    pub(crate) fn sent(&mut self) {
        let t = self.now();
        self.over = Some(t);
        let (whole, body_end) = self.body_over.unwrap_or((false, t));
        if let Some(other) = self.sent_instead()
            && !self.has_ended()
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
        self.events.push(u8::from(delivered && whole));
        put_varint(&mut self.events, body_end);
        match (&self.written, self.start) {
            (Some((written, _)), Some(start)) => written.put(start, &mut self.events),
            _ => self.events.push(0),
        }
    }
}

/// Whether HTTP/1 has no body in the response to this method with this status (RFC 9112, 6.3).
fn has_no_body(method: &Method, status: u16) -> bool {
    match status {
        100..=199 | 204 | 304 => true,
        200..=299 => matches!(*method, Method::HEAD | Method::CONNECT),
        _ => *method == Method::HEAD,
    }
}
