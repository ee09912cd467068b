//! What is taken of a request, and of each span.

use onionskin::{
    redact,
    spans::{self, Attribute, Batch, Event, Span, Status, Value, key},
};
use std::{collections::BTreeMap, mem::size_of, sync::Arc};

/// Most spans that are taken from one request. Collectors send some thousands at once.
const SPANS: usize = 16 << 10;

/// Most memory for the spans of one request. Texts can't have more than a request has; this is against the many small parts
/// of which each takes far more memory than bytes on the way.
const MEMORY: u64 = 32 << 20;

/// Longest span, in bytes as it came. Spans of Onionskin that carry a record have a little more than a mebibyte.
pub(super) const LONGEST: usize = 2 << 20;

/// What is kept of one span.
const ATTRIBUTES: usize = 64;
const EVENTS: usize = 32;
const TEXT: usize = 4 << 10;
const NAME: usize = 1 << 10;

/// Why a span is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// Ids, or times, that are none.
    NoSpan,
    /// Longer than [`LONGEST`].
    TooLong,
    /// More than [`SPANS`], or [`MEMORY`], in one request.
    TooMany,
    /// The trace has as many spans as one may.
    TraceFull,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoSpan => "ids or times that are none",
            Self::TooLong => "longer than 2 MiB",
            Self::TooMany => "more than 16384 spans, or 32 MiB of them, in a request",
            Self::TraceFull => "too many spans of one trace",
        }
    }
}

/// A span that is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) span: Span,
    /// `service.name`.
    pub(crate) service: Option<Arc<str>>,
    /// How many attributes, events and ends of texts are left out, by the sender or here.
    pub(crate) left_out: u32,
}

/// What was read of one request.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(super) spans: Vec<Kept>,
    pub(super) refused: BTreeMap<Reason, u64>,
    /// What the spans take in memory.
    bytes: u64,
}

impl Reading {
    pub(super) fn refuse(&mut self, reason: Reason) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// Whether there is room for a span; counts it, if not.
    pub(super) fn has_room(&mut self) -> bool {
        let has_room = self.spans.len() < SPANS && self.bytes < MEMORY;
        if !has_room {
            self.refuse(Reason::TooMany);
        }
        has_room
    }

    /// Takes a span, of which the sender left out so much.
    pub(crate) fn take(&mut self, span: Span, left_out: u32) {
        if span.trace.0 == [0; 16] || span.id.0 == [0; 8] {
            self.refuse(Reason::NoSpan);
        } else {
            let kept = Kept::of(span, left_out);
            self.bytes += kept.bytes();
            self.spans.push(kept);
        }
    }

    /// Spans that were read elsewhere.
    pub(crate) fn of_batch(batch: &Batch) -> Self {
        let mut reading = Self::default();
        for span in &batch.spans {
            if reading.has_room() {
                reading.take(span.clone(), 0);
            }
        }
        reading.name(0, &batch.resource);
        reading
    }

    /// The spans from this one on are of the service with these attributes.
    pub(crate) fn name(&mut self, from: usize, resource: &[Attribute]) {
        let named = resource.iter().find(|a| a.key == "service.name");
        let Some(name) = named.and_then(|a| a.value.as_str()) else {
            return;
        };
        let name: Arc<str> = name[..boundary(name, NAME)].into();
        for kept in &mut self.spans[from..] {
            kept.service = Some(name.clone());
        }
    }
}

impl Kept {
    /// As much of a span as is kept, its credentials masked.
    fn of(mut span: Span, left_out: u32) -> Self {
        let mut limit = Limit { left_out };
        // The record of a cycle: it is known from its app, or it is for who opens the trace.
        if span.cycle().is_some() {
            span.events = Vec::new();
        }
        limit.text(&mut span.name, NAME);
        span.state = String::new();
        limit.attributes(&mut span.attributes);
        limit.list(&mut span.events, EVENTS);
        for Event {
            name, attributes, ..
        } in &mut span.events
        {
            limit.text(name, NAME);
            limit.attributes(attributes);
        }
        if let Status::Error { message } = &mut span.status {
            if let Some(masked) = redact::mask_field("", message) {
                *message = masked;
            }
            limit.text(message, TEXT);
        }
        Self {
            span,
            service: None,
            left_out: limit.left_out,
        }
    }

    /// The span as OTLP says it, with its service.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let service = self.service.as_deref();
        let batch = Batch {
            resource: service
                .map(|name| Attribute::new("service.name", name))
                .into_iter()
                .collect(),
            spans: vec![self.span.clone()],
        };
        spans::to_json(&[batch])
    }

    /// The other way; none if it is not one span.
    pub(crate) fn of_json(json: &serde_json::Value, left_out: u32) -> Option<Self> {
        let mut batches = spans::from_json(json).ok()?;
        let Batch {
            resource,
            mut spans,
        } = batches.pop().filter(|_| batches.is_empty())?;
        let span = spans.pop().filter(|_| spans.is_empty())?;
        let service = resource.iter().find(|a| a.key == "service.name");
        Some(Self {
            span,
            service: service.and_then(|a| a.value.as_str()).map(Arc::from),
            left_out,
        })
    }

    /// About what it takes in memory.
    pub(super) fn bytes(&self) -> u64 {
        let attribute = |a: &Attribute| {
            size_of::<Attribute>() + a.key.len() + a.value.as_str().map_or(0, str::len)
        };
        let attributes = |all: &[Attribute]| all.iter().map(attribute).sum::<usize>();
        let event = |e: &Event| size_of::<Event>() + e.name.len() + attributes(&e.attributes);
        let message = match &self.span.status {
            Status::Error { message } => message.len(),
            _ => 0,
        };
        let bytes = size_of::<Self>()
            + 64
            + self.span.name.len()
            + self.service.as_deref().map_or(0, str::len)
            + message
            + attributes(&self.span.attributes)
            + self.span.events.iter().map(event).sum::<usize>();
        bytes as u64
    }
}

/// Cuts what is too much, and counts it.
struct Limit {
    left_out: u32,
}

impl Limit {
    fn list<T>(&mut self, all: &mut Vec<T>, most: usize) {
        let more = all.len().saturating_sub(most);
        self.left_out = self.left_out.saturating_add(more as u32);
        all.truncate(most);
        all.shrink_to_fit();
    }

    fn text(&mut self, text: &mut String, most: usize) {
        if text.len() > most {
            text.truncate(boundary(text, most));
            self.left_out = self.left_out.saturating_add(1);
        }
        text.shrink_to_fit();
    }

    fn attributes(&mut self, all: &mut Vec<Attribute>) {
        self.list(all, ATTRIBUTES);
        for Attribute { key, value } in all {
            if let Value::Text(text) = value {
                if let Some(masked) = redact::mask_field(key, text) {
                    *text = masked;
                }
                self.text(text, TEXT);
            }
            self.text(key, NAME);
        }
    }
}

/// Whether a span is one of those that only carry a part of a record.
pub(crate) fn is_carrier(span: &Span) -> bool {
    span.cycle().is_some() && span.attributes.iter().all(|a| a.key == key::CYCLE)
}

/// The last place up to `most` where a text can be parted.
fn boundary(text: &str, most: usize) -> usize {
    let mut at = most.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin::spans::{SpanId, TraceId};

    fn taken(span: Span) -> Kept {
        let mut reading = Reading::default();
        let (trace, id) = (TraceId([1; 16]), SpanId([2; 8]));
        reading.take(Span { trace, id, ..span }, 0);
        reading.spans.pop().unwrap()
    }

    #[test]
    fn a_span_is_cut_to_what_one_may_take_and_says_how_much_is_left_out() {
        let long = "é".repeat(TEXT);
        let many = |n: usize| (0..n).map(|n| Attribute::new(n.to_string(), "v"));
        let mut attributes: Vec<_> = many(100_000).collect();
        attributes[0].value = long.clone().into();
        let event = Event {
            attributes: many(70).collect(),
            ..Event::default()
        };
        let kept = taken(Span {
            name: long,
            attributes,
            events: vec![event; 40],
            ..Span::default()
        });
        // 99,936 attributes, 8 events, 6 attributes of each of the others, two texts.
        assert_eq!(kept.left_out, 99_936 + 8 + 32 * 6 + 2);
        assert!(kept.bytes() < 400 << 10, "{}", kept.bytes());
        assert_eq!(kept.span.name.len(), NAME);
    }

    #[test]
    fn credentials_are_masked() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        let kept = taken(Span {
            attributes: vec![
                Attribute::new("http.request.header.authorization", "Bearer secret-one"),
                Attribute::new(
                    "url.full",
                    "http://user:secret-two@host/?token=secret-three",
                ),
                Attribute::new("db.password", "secret-four"),
                Attribute::new("note", format!("it was {jwt}")),
                Attribute::new("http.route", "/books/{id}"),
            ],
            status: Status::Error {
                message: format!("refused {jwt}"),
            },
            ..Span::default()
        });
        let shown = format!("{kept:?}");
        assert!(!shown.contains("secret-"), "{shown}");
        assert!(!shown.contains("c2lnbmF0"), "{shown}");
        assert!(shown.contains("/books/{id}"), "{shown}");
    }

    #[test]
    fn a_span_of_ours_is_kept_without_its_record() {
        let event = Event::default();
        let kept = taken(Span {
            attributes: vec![Attribute::new(key::CYCLE, "0123456789ab-1")],
            events: vec![event],
            ..Span::default()
        });
        assert!(kept.span.events.is_empty());
        assert_eq!(kept.left_out, 0);
        assert!(is_carrier(&kept.span));
    }
}
