//! The record: the cycle in pieces of JSON, each in an event.
//!
//! First the cycle itself, its sites and its bodies; then steps and marks as they happened.

use super::{Attribute, Content, Event, key};
use crate::wire::{Body, Cycle, Edge, Mark, MarkKind, Site, Step};
use serde::{Deserialize, Serialize};
use std::hash::Hasher as _;
use twox_hash::XxHash64;

/// Longest text of a piece in one event, in bytes. Jaeger's Badger store indexes values as keys of at most 65,000 bytes,
/// and loses the whole span over a longer one.
pub(super) const LONGEST: usize = 32 << 10;

/// A piece, as it is read and written.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Piece {
    /// The cycle, its lists left empty.
    Cycle(Box<Cycle>),
    Sites(Vec<Site>),
    Bodies(Vec<Body>),
    Step(Box<Step>),
    Mark(Box<Mark>),
}

/// The pieces of a cycle in order, each with its place: the step that it is about, or that it came after.
pub(super) fn pieces(cycle: &Cycle) -> Vec<(Piece, Option<usize>)> {
    let head = Cycle {
        sites: Vec::new(),
        steps: Vec::new(),
        marks: Vec::new(),
        bodies: Vec::new(),
        id: cycle.id.clone(),
        app: cycle.app.clone(),
        run: cycle.run.clone(),
        method: cycle.method.clone(),
        target: cycle.target.clone(),
        route: cycle.route.clone(),
        outcome: cycle.outcome.clone(),
        connection: cycle.connection.clone(),
        never_ran: cycle.never_ran.clone(),
        ..*cycle
    };
    let mut all = vec![
        (Piece::Cycle(Box::new(head)), None),
        (Piece::Sites(cycle.sites.clone()), None),
        (Piece::Bodies(cycle.bodies.clone()), None),
    ];
    let mut marks = cycle.marks.iter().peekable();
    for (i, step) in cycle.steps.iter().enumerate() {
        all.push((Piece::Step(Box::new(step.clone())), Some(i)));
        while let Some(mark) = marks.next_if(|m| m.after as usize <= i) {
            all.push((Piece::Mark(Box::new(mark.clone())), Some(i)));
        }
    }
    all.extend(marks.map(|m| (Piece::Mark(Box::new(m.clone())), None)));
    all
}

/// What of a cycle goes into the record: all of it, or all but the kept heads of bodies.
pub(super) fn content(cycle: &Cycle, content: Content) -> Cycle {
    match content {
        Content::Bodies => cycle.clone(),
        _ => super::without_bodies(cycle),
    }
}

impl Piece {
    /// Name of the event, and when it happened.
    fn label(&self, cycle: &Cycle) -> (String, u64) {
        let site = |site: Option<usize>| {
            let site = site.and_then(|s| cycle.sites.get(s));
            site.map_or("?", |s| s.name.as_str())
        };
        match self {
            Self::Cycle(_) => ("cycle".into(), 0),
            Self::Sites(_) => ("sites".into(), 0),
            Self::Bodies(_) => ("bodies".into(), cycle.duration_ns),
            Self::Step(step) => {
                let edge = match step.edge {
                    Edge::In => "in",
                    Edge::Out => "out",
                };
                (format!("{edge} {}", site(step.site)), step.t_ns)
            }
            Self::Mark(mark) => (mark_name(&mark.what).into(), mark.t_ns),
        }
    }

    /// What the conventions say of it.
    fn attributes(&self) -> Vec<Attribute> {
        let Self::Mark(mark) = self else {
            return Vec::new();
        };
        match &mark.what {
            MarkKind::Panic { message, .. } => vec![
                Attribute::new("exception.type", "panic"),
                Attribute::new("exception.message", cut(message)),
            ],
            MarkKind::Error { chain } => {
                vec![Attribute::new("exception.message", cut(&chain.join(": ")))]
            }
            _ => Vec::new(),
        }
    }
}

fn mark_name(what: &MarkKind) -> &'static str {
    match what {
        MarkKind::BodyFrame { .. } => "body frame",
        MarkKind::Log { .. } => "log",
        MarkKind::Sql { .. } => "sql",
        MarkKind::Span { .. } => "span",
        MarkKind::Call { .. } => "call",
        MarkKind::Template { .. } => "template",
        MarkKind::Error { .. } | MarkKind::Panic { .. } => "exception",
        MarkKind::Rebuilt => "rebuilt",
    }
}

/// The beginning of a text that is only for people, short enough for a value.
pub(super) fn cut(text: &str) -> &str {
    text.split_at(boundary(text, 8 << 10)).0
}

/// The last place up to `most` where a text can be parted.
fn boundary(text: &str, most: usize) -> usize {
    let mut at = most.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The events of the record, each with the step it is about, and the digest.
pub(super) fn events(cycle: &Cycle, origin: u64) -> (Vec<(Event, Option<usize>)>, String) {
    let mut events = Vec::new();
    let mut digest = Digest::default();
    for (piece, step) in pieces(cycle) {
        let text = serde_json::to_string(&piece).expect("all keys of the model are strings");
        digest.add(&text);
        let (name, t) = piece.label(cycle);
        let mut told = piece.attributes();
        let mut rest = text.as_str();
        loop {
            let (now, then) = rest.split_at(boundary(rest, LONGEST));
            rest = then;
            let mut attributes = vec![
                Attribute::new(key::SEQ, events.len() as u64),
                Attribute::new(key::T, t),
                Attribute::new(key::RECORD, now),
            ];
            if !rest.is_empty() {
                attributes.push(Attribute::new(key::MORE, true));
            }
            attributes.append(&mut told);
            let event = Event {
                name: name.clone(),
                time: origin.saturating_add(t),
                attributes,
            };
            events.push((event, step));
            if rest.is_empty() {
                break;
            }
        }
    }
    (events, digest.to_string())
}

/// Of all pieces, in order.
pub(super) struct Digest(XxHash64);

impl Default for Digest {
    fn default() -> Self {
        Self(XxHash64::with_seed(0))
    }
}

impl Digest {
    pub(super) fn add(&mut self, piece: &str) {
        self.0.write(piece.as_bytes());
        self.0.write(b"\n");
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0.finish())
    }
}
