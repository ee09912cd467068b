//! Ids of traces and spans, and the `traceparent` of a request.
//!
//! A cycle's ids follow from its own id, so that sending it twice gives the same spans, and so that the app can name the
//! span of a layer while the request is still in it.

use crate::wire::{Cycle, Edge, SiteKind, Stage, Step};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use twox_hash::XxHash64;

/// Id of a trace: 16 bytes, not all zero in a valid one; 32 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub [u8; 16]);

/// Id of a span: 8 bytes, not all zero in a valid one; 16 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub [u8; 8]);

macro_rules! hexadecimal {
    ($id:ident) => {
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $id {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut id = Self::default();
                let wanted = id.0.len() * 2;
                if text.len() != wanted || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err("not an id in hexadecimal digits");
                }
                for (i, byte) in id.0.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap_or_default();
                }
                Ok(id)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

hexadecimal!(TraceId);
hexadecimal!(SpanId);

/// What a `traceparent` names: the span of somebody else that this one happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRef {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
    /// Whether whoever sent it keeps its own part.
    pub sampled: bool,
}

/// What the `traceparent` headers of a request say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// There is none.
    None,
    /// A valid one.
    Valid(TraceRef),
    /// One that is none, or several: a new trace begins.
    Invalid(String),
}

impl Parent {
    /// Reads the values of all `traceparent` headers (W3C Trace Context, level 1; later versions are read as it says).
    pub fn of<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Self {
        let Some(first) = values.next() else {
            return Self::None;
        };
        let more = values.count() > 0;
        match std::str::from_utf8(first).ok().and_then(TraceRef::parse) {
            Some(parent) if !more => Self::Valid(parent),
            _ => Self::Invalid(String::from_utf8_lossy(first).into_owned()),
        }
    }
}

impl TraceRef {
    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(5, '-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let lower = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let digits = [(version, 2), (trace, 32), (span, 16), (flags, 2)];
        if digits
            .iter()
            .any(|(text, len)| text.len() != *len || !lower(text))
            || version == "ff"
        {
            return None;
        }
        if version == "00" && parts.next().is_some() {
            return None;
        }
        let parent = Self {
            trace: trace.parse().ok()?,
            span: span.parse().ok()?,
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        };
        let valid = parent.trace.0 != [0; 16] && parent.span.0 != [0; 8];
        valid.then_some(parent)
    }
}

/// The ids of one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    /// What they all follow from, and the trace, if nobody else began it.
    own: [u8; 16],
    /// The trace.
    pub(crate) trace: TraceId,
}

/// Spans that are not entries have seeds above this.
const OTHERS: u64 = 1 << 40;

impl Ids {
    /// The ids of the cycle with this id, in the trace that its request belongs to.
    pub(crate) fn of(cycle: &str, parent: &Parent) -> Self {
        let mut own = [0; 16];
        for (seed, half) in own.chunks_exact_mut(8).enumerate() {
            half.copy_from_slice(&XxHash64::oneshot(seed as u64, cycle.as_bytes()).to_be_bytes());
        }
        // Zero is no id. It does not come up; it would be refused if it did.
        own[15] |= u8::from(own == [0; 16]);
        let trace = match parent {
            Parent::Valid(parent) => parent.trace,
            _ => TraceId(own),
        };
        Self { own, trace }
    }

    /// The span of an entry, by its number in the order of entering. Number 0 is the root.
    pub(crate) fn entry(&self, number: u32) -> SpanId {
        self.span(u64::from(number))
    }

    /// The only span of a stage of the server.
    pub(super) fn stage(&self, stage: Stage) -> SpanId {
        self.span(OTHERS + stage as u64)
    }

    /// The `resolve` span of the router with this entry.
    pub(super) fn resolve(&self, entry: u32) -> SpanId {
        self.span(2 * OTHERS + u64::from(entry))
    }

    /// A span that carries events that found no room elsewhere.
    pub(super) fn carrier(&self, number: u64) -> SpanId {
        self.span(3 * OTHERS + number)
    }

    fn span(&self, seed: u64) -> SpanId {
        SpanId(XxHash64::oneshot(seed, &self.own).max(1).to_be_bytes())
    }
}

/// Whether the place has a span of its own. What bounds a layer, or only looks for a route, has not: what happens in it
/// happens in the place outside of it.
pub(crate) fn has_span(kind: SiteKind) -> bool {
    !matches!(kind, SiteKind::Edge | SiteKind::Router)
}

/// For each step that enters a place: the number of that entry, as the app counted it while it recorded.
pub(super) fn entry_numbers(cycle: &Cycle) -> Vec<Option<u32>> {
    let mut next = 0;
    let mut after_nest = false;
    let number = |step: &Step| {
        if step.edge != Edge::In || step.stage == Stage::Send {
            return None;
        }
        // A nest is one entry for the app; the decoder makes two of it, the second right after the first.
        if std::mem::take(&mut after_nest) {
            return None;
        }
        let kind = step.site.and_then(|s| cycle.sites.get(s)).map(|s| s.kind);
        after_nest = kind == Some(SiteKind::Nest);
        next += 1;
        Some(next - 1)
    };
    cycle.steps.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(values: &[&str]) -> Parent {
        Parent::of(values.iter().map(|v| v.as_bytes()))
    }

    #[test]
    fn a_traceparent_is_read_as_the_standard_says() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let Parent::Valid(read) = parent(&[good]) else {
            panic!("{good} is valid");
        };
        assert_eq!(read.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(read.span.to_string(), "00f067aa0ba902b7");
        assert!(read.sampled);
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-is-new";
        assert!(matches!(parent(&[later]), Parent::Valid(r) if !r.sampled));
        assert_eq!(parent(&[]), Parent::None);
    }

    #[test]
    fn what_is_none_is_kept_as_it_came() {
        for bad in [
            "",
            "nonsense",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-snösnösnösnösnösnösnösnösnösnö-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parent(&[bad]), Parent::Invalid(bad.into()));
        }
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parent(&[good, good]), Parent::Invalid(good.into()));
    }

    #[test]
    fn ids_follow_from_the_cycle_and_differ() {
        let ids = Ids::of("3f2a9c41d0e7-1", &Parent::None);
        assert_eq!(ids, Ids::of("3f2a9c41d0e7-1", &Parent::None));
        assert_ne!(ids.trace, Ids::of("3f2a9c41d0e7-2", &Parent::None).trace);
        let mut all = vec![ids.stage(Stage::Parse), ids.stage(Stage::Send)];
        all.extend((0..100).flat_map(|n| [ids.entry(n), ids.resolve(n), ids.carrier(n.into())]));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
