//! From spans to cycles.

use super::{
    Event, FORMAT, Span, Value, find, key,
    record::{Digest, Piece},
};
use crate::wire::{Cycle, WIRE_VERSION};
use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

/// A cycle that a trace tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// As in [`Cycle::id`].
    pub id: String,
    /// The cycle, equal to the one that was sent, or why there is none.
    pub cycle: Result<Cycle, Flaw>,
}

/// Why spans of a cycle do not make the cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// It was sent as spans only.
    SpansOnly,
    /// Some of it is not there (yet).
    Incomplete {
        /// Events found.
        have: usize,
        /// Events that there should be; unknown while the root is missing.
        of: Option<usize>,
    },
    /// It was written in another version of the record, or of the model.
    Version {
        /// Which one.
        found: i64,
        /// Which one is read here.
        read: i64,
    },
    /// All is there, and it is not what was written.
    Damaged {
        /// What is wrong.
        what: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpansOnly => {
                f.write_str("the app sent spans only, so there is nothing to replay")
            }
            Self::Incomplete { have, of: Some(of) } => write!(
                f,
                "{have} of {of} events are there: some of its spans were lost or have not arrived yet"
            ),
            Self::Incomplete { have, of: None } => write!(
                f,
                "its root span is missing ({have} events are there): it was lost or has not arrived yet"
            ),
            Self::Version { found, read } => write!(
                f,
                "it was written in version {found} of the format and this program reads version {read}; use the version \
                 of onionskin that the app has"
            ),
            Self::Damaged { what } => write!(f, "its events are not what was sent: {what}"),
        }
    }
}

impl std::error::Error for Flaw {}

/// The cycles that these spans tell of, in any order and any number of times, in the order of their first spans. Spans of
/// others are passed over. Never panics, whatever the spans.
pub fn decode<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<Found> {
    let mut order = Vec::new();
    let mut by_cycle: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        if let Some(id) = span.cycle() {
            let known = by_cycle.entry(id).or_default();
            if known.is_empty() {
                order.push(id);
            }
            known.push(span);
        }
    }
    let found = |id: &str| Found {
        id: id.to_owned(),
        cycle: cycle(id, &by_cycle[id]),
    };
    order.into_iter().map(found).collect()
}

fn cycle(id: &str, spans: &[&Span]) -> Result<Cycle, Flaw> {
    let root = spans.iter().find(|s| s.attribute(key::CONTENT).is_some());
    let format = root.and_then(|r| r.attribute(key::FORMAT)?.as_int());
    match (root, format) {
        (Some(_), None) => return Err(Flaw::SpansOnly),
        (_, Some(format)) if format != FORMAT => {
            return Err(Flaw::Version {
                found: format,
                read: FORMAT,
            });
        }
        _ => {}
    }
    let mut seen = HashSet::new();
    let distinct = spans.iter().filter(|s| seen.insert(s.id));
    let mut events = BTreeMap::new();
    for event in distinct.flat_map(|s| &s.events) {
        if let Some(seq) = int(event, key::SEQ).and_then(|n| usize::try_from(n).ok()) {
            events.insert(seq, event);
        }
    }
    let have = events.len();
    let of = root.and_then(|r| r.attribute(key::EVENTS)?.as_int());
    let of = of.and_then(|n| usize::try_from(n).ok());
    let last = events.last_key_value().map(|(seq, _)| seq + 1);
    if of != Some(have) || last != of {
        return Err(Flaw::Incomplete { have, of });
    }
    let digest = root.and_then(|r| r.attribute(key::DIGEST)?.as_str());
    let cycle = join(events.into_values(), digest)?;
    if cycle.wire != WIRE_VERSION {
        return Err(Flaw::Version {
            found: cycle.wire.into(),
            read: WIRE_VERSION.into(),
        });
    }
    if cycle.id != id {
        return Err(damaged("it has the id of another"));
    }
    Ok(cycle)
}

/// Puts the pieces together.
fn join<'a>(events: impl Iterator<Item = &'a Event>, digest: Option<&str>) -> Result<Cycle, Flaw> {
    let mut cycle: Option<Cycle> = None;
    let (mut sites, mut bodies) = (Vec::new(), Vec::new());
    let (mut steps, mut marks) = (Vec::new(), Vec::new());
    let mut sum = Digest::default();
    let mut text = String::new();
    for event in events {
        let part = find(&event.attributes, key::RECORD).and_then(Value::as_str);
        text += part.ok_or_else(|| damaged("an event has lost its piece of the record"))?;
        if find(&event.attributes, key::MORE) == Some(&Value::Bool(true)) {
            continue;
        }
        sum.add(&text);
        match serde_json::from_str(&text).map_err(|e| damaged(&e.to_string()))? {
            Piece::Cycle(head) => cycle = Some(*head),
            Piece::Sites(mut all) => sites.append(&mut all),
            Piece::Bodies(mut all) => bodies.append(&mut all),
            Piece::Step(step) => steps.push(*step),
            Piece::Mark(mark) => marks.push(*mark),
        }
        text.clear();
    }
    if digest != Some(&sum.to_string()) {
        return Err(damaged("the digest differs"));
    }
    let cycle = cycle.ok_or_else(|| damaged("the piece about the cycle itself is missing"))?;
    Ok(Cycle {
        sites,
        steps,
        marks,
        bodies,
        ..cycle
    })
}

fn int(event: &Event, key: &str) -> Option<i64> {
    find(&event.attributes, key)?.as_int()
}

fn damaged(what: &str) -> Flaw {
    Flaw::Damaged { what: what.into() }
}
