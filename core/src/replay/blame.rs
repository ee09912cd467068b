//! Who set a value, and who set it before.

use super::{Message, Replay};
use crate::{
    times::{entry_of, parent_of},
    wire::{Cycle, Delta, Edge, ExtensionEdit, HeaderEdit, Octets, Side, SiteKind, Stage, Step},
};

/// A part of a message that can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The method of a request.
    Method,
    /// The target of a request.
    Uri,
    /// The version.
    Version,
    /// The status of a response.
    Status,
    /// The header at this place of the list.
    Header(usize),
    /// The extension of this type.
    Extension(&'a str),
    /// The body.
    Body,
}

/// A step that set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `seq` of the step.
    pub step: u32,
    /// The value; none for a body, and for an extension that the app does not watch.
    pub value: Option<Octets>,
}

impl Replay {
    /// The steps that set a part of a message as it stood right after `step`, the newest first.
    ///
    /// A header that was taken out and put in again begins anew; one that only moved was not set.
    pub fn history(&self, cycle: &Cycle, step: u32, side: Side, part: Part<'_>) -> Vec<Setting> {
        let state = self.state(step).and_then(|state| match side {
            Side::Request => Some(state.request),
            Side::Response => state.response,
        });
        let mut history = Vec::new();
        let (mut at, mut part) = (state.unwrap_or(0), part);
        while at != 0 {
            let origin = self.origins[at];
            let delta = cycle.steps.get(origin.step as usize);
            let Some(delta) = delta.and_then(|s| s.delta.as_ref()) else {
                break;
            };
            let was = undo(delta, part);
            if !matches!(was, Was::Untouched(_)) {
                history.push(Setting {
                    step: origin.step,
                    value: value(&self.messages[at], part),
                });
            }
            match was {
                Was::Untouched(before) | Was::Changed(before) => part = before,
                Was::New => break,
            }
            at = origin.base;
        }
        history
    }
}

/// What a part was before a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Was<'a> {
    /// The same, perhaps in another place.
    Untouched(Part<'a>),
    /// It had another value.
    Changed(Part<'a>),
    /// It was not there.
    New,
}

fn undo<'a>(delta: &Delta, part: Part<'a>) -> Was<'a> {
    let changed = |is: bool| match is {
        true => Was::Changed(part),
        false => Was::Untouched(part),
    };
    match part {
        Part::Method => changed(delta.method.is_some()),
        Part::Uri => changed(delta.uri.is_some()),
        Part::Version => changed(delta.version.is_some()),
        Part::Status => changed(delta.status.is_some()),
        Part::Body => changed(delta.body.is_some()),
        Part::Extension(name) => {
            let mut edits = delta.extensions.iter().filter(|e| e.type_name() == name);
            match edits.next_back() {
                Some(ExtensionEdit::Add { .. }) => Was::New,
                edit => changed(matches!(edit, Some(ExtensionEdit::Change { .. }))),
            }
        }
        Part::Header(at) => undo_headers(&delta.headers, at),
    }
}

/// Follows a header back through the edits, from its place after them to its place before.
fn undo_headers<'a>(edits: &[HeaderEdit], mut at: usize) -> Was<'a> {
    let mut changed = false;
    for edit in edits.iter().rev() {
        match edit {
            HeaderEdit::Add { at: added, .. } if *added == at => return Was::New,
            HeaderEdit::Add { at: added, .. } => at -= usize::from(*added < at),
            HeaderEdit::Remove { at: removed, .. } => at += usize::from(*removed <= at),
            HeaderEdit::Change { at: there, .. } => changed |= *there == at,
            HeaderEdit::Move { from, at: to, .. } if *to == at => at = *from,
            HeaderEdit::Move { from, at: to, .. } => {
                at -= usize::from(*to < at);
                at += usize::from(*from <= at);
            }
        }
    }
    match changed {
        true => Was::Changed(Part::Header(at)),
        false => Was::Untouched(Part::Header(at)),
    }
}

fn value(message: &Message, part: Part<'_>) -> Option<Octets> {
    let text = |text: &str| Octets::from(text);
    match part {
        Part::Method => message.method.as_ref().map(|h| text(&h.value)),
        Part::Uri => message.uri.as_ref().map(|h| text(&h.value)),
        Part::Version => message.version.as_ref().map(|h| text(&h.value)),
        Part::Status => message.status.as_ref().map(|h| text(&h.value.to_string())),
        Part::Header(at) => message.headers.get(at).map(|h| h.value.value.clone()),
        Part::Extension(name) => {
            let mut all = message.extensions.iter().map(|held| &held.value);
            let extension = all.find(|e| e.type_name == name)?;
            extension.value.as_deref().map(text)
        }
        Part::Body => None,
    }
}

/// Who made the change that a step shows, as the index of the step that entered it: what left, on the way out; what is
/// around it, on the way in. None where it came from outside.
pub fn author(cycle: &Cycle, step: &Step) -> Option<usize> {
    let steps = &cycle.steps;
    let at = step.seq as usize;
    steps.get(at)?;
    let mut at = match step.edge {
        Edge::Out => return entry_of(steps, at),
        Edge::In if step.stage == Stage::Send => return Some(at),
        Edge::In => parent_of(steps, at)?,
    };
    // What happened inside of a layer's inner edge was done by a part of it that nobody named.
    while is_edge(cycle, at) {
        at = parent_of(steps, at)?;
    }
    Some(at)
}

fn is_edge(cycle: &Cycle, step: usize) -> bool {
    let site = cycle.steps[step].site.and_then(|i| cycle.sites.get(i));
    site.is_some_and(|s| s.kind == SiteKind::Edge)
}
