//! The fields for which a cycle must be decoded.

use super::{
    field::Field,
    parse::level,
    plan::{Ask, Leaf},
};
use onionskin::{
    replay::{Replay, side_of},
    text::edits::short_type,
    wire::{BodyEnd, Cycle, ExtensionEdit, Header, HeaderEdit, Left, MarkKind, Outcome, Side},
};

pub(super) fn matches(leaf: &Leaf, cycle: &Cycle) -> bool {
    let ask = &leaf.ask;
    let named = |name: &str| {
        let pattern = leaf.name.as_ref();
        pattern.is_some_and(|pattern| pattern.matches(name.as_bytes()))
    };
    let mut marks = cycle.marks.iter().map(|mark| &mark.what);
    match leaf.field {
        Field::Header => headers(cycle).any(|(_, h)| named(&h.name) && ask.text(&h.value.0)),
        Field::RequestHeader => headers(cycle)
            .any(|(side, h)| side == Side::Request && named(&h.name) && ask.text(&h.value.0)),
        Field::ResponseHeader => headers(cycle)
            .any(|(side, h)| side == Side::Response && named(&h.name) && ask.text(&h.value.0)),
        Field::Cookie => cookies(cycle).any(|(name, value)| named(&name) && ask.text(value)),
        Field::Param => params(cycle).any(|(name, value)| named(name) && ask.text(value)),
        Field::Ext => extensions(cycle).any(|(of_type, value)| {
            let types = [of_type, &short_type(of_type)];
            match (&leaf.name, ask) {
                (None, ask) => types.iter().any(|name| ask.text(name)),
                (Some(_), Ask::There) => types.iter().any(|name| named(name)),
                (Some(_), ask) => {
                    value.is_some_and(|value| ask.text(value))
                        && types.iter().any(|name| named(name))
                }
            }
        }),
        Field::Body => cycle.bodies.iter().any(|body| ask.text(&body.head.0)),
        Field::Size => response_size(cycle).is_some_and(|size| ask.number(size)),
        Field::Conn => {
            let connection = cycle.connection.as_ref();
            connection.is_some_and(|connection| ask.number(connection.number))
        }
        Field::Sql => marks.any(|mark| match mark {
            MarkKind::Sql { statement, .. } => ask.text(statement),
            _ => false,
        }),
        Field::Log => marks.any(|mark| match mark {
            MarkKind::Log {
                target,
                message,
                fields,
                ..
            } => {
                ask.text(message)
                    || ask.text(target)
                    || fields.values().any(|value| ask.text(value))
            }
            _ => false,
        }),
        Field::Level => marks.any(|mark| match (mark, ask) {
            (MarkKind::Log { level: text, .. }, Ask::Level(least)) => {
                level(text).is_some_and(|level| level >= *least)
            }
            _ => false,
        }),
        Field::Error => has_error(cycle, ask),
        Field::Panic => has_panic(cycle, ask),
        _ => false,
    }
}

/// Every header that anybody set, with the message that it is of.
pub(super) fn headers(cycle: &Cycle) -> impl Iterator<Item = (Side, &Header)> {
    cycle.steps.iter().flat_map(|step| {
        let edits = step.delta.iter().flat_map(|delta| &delta.headers);
        edits.filter_map(move |edit| match edit {
            HeaderEdit::Add { header, .. } | HeaderEdit::Change { to: header, .. } => {
                Some((side_of(step), header))
            }
            _ => None,
        })
    })
}

/// Names and values of the cookies that came, and of those that were set.
pub(super) fn cookies(cycle: &Cycle) -> impl Iterator<Item = (String, String)> {
    headers(cycle).flat_map(|(side, header)| {
        let text = header.value.to_text();
        let parts: Vec<_> = match (side, &*header.name) {
            (Side::Request, "cookie") => text.split(';').collect(),
            // What follows are attributes.
            (Side::Response, "set-cookie") => text.split(';').take(1).collect(),
            _ => Vec::new(),
        };
        let pairs = parts.into_iter().filter_map(|part| part.split_once('='));
        pairs
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect::<Vec<_>>()
    })
}

pub(super) fn params(cycle: &Cycle) -> impl Iterator<Item = (&str, &str)> {
    let resolved = cycle.steps.iter().filter_map(|step| step.resolved.as_ref());
    let params = resolved.flat_map(|resolved| &resolved.params);
    params.map(|(name, value)| (&**name, &**value))
}

/// Types of the extensions that were put in, and their values where the app watches them.
pub(super) fn extensions(cycle: &Cycle) -> impl Iterator<Item = (&str, Option<&str>)> {
    let deltas = cycle.steps.iter().filter_map(|step| step.delta.as_ref());
    deltas
        .flat_map(|delta| &delta.extensions)
        .filter_map(|edit| match edit {
            ExtensionEdit::Add { type_name, value } => Some((&**type_name, value.as_deref())),
            ExtensionEdit::Change { type_name, to, .. } => Some((&**type_name, Some(&**to))),
            _ => None,
        })
}

/// Bytes of the body that the last response had.
fn response_size(cycle: &Cycle) -> Option<u64> {
    let replay = Replay::new(cycle).ok()?;
    let last = u32::try_from(replay.len()).ok()?.checked_sub(1)?;
    let body = replay.response(last)?.body.as_ref()?.value;
    match body.body {
        Some(seen) => Some(cycle.bodies.get(seen)?.len),
        None => body.announced,
    }
}

fn has_error(cycle: &Cycle, ask: &Ask) -> bool {
    let failed = matches!(&cycle.outcome, Outcome::Failed { error, .. } if ask.text(error));
    failed
        || cycle.marks.iter().any(|mark| match &mark.what {
            MarkKind::Error { chain } => chain.iter().any(|error| ask.text(error)),
            _ => false,
        })
        || cycle.steps.iter().any(|step| match &step.left {
            Some(Left::Error { error }) => ask.text(error),
            _ => false,
        })
        || cycle.bodies.iter().any(|body| match &body.end {
            BodyEnd::Error { error } => ask.text(error),
            _ => false,
        })
}

fn has_panic(cycle: &Cycle, ask: &Ask) -> bool {
    let of_outcome = match &cycle.outcome {
        Outcome::Panicked { message, at, .. } => [message, at]
            .into_iter()
            .flatten()
            .any(|text| ask.text(text)),
        _ => false,
    };
    of_outcome
        || cycle.marks.iter().any(|mark| match &mark.what {
            MarkKind::Panic { message, at, .. } => ask.text(message) || ask.text(at),
            _ => false,
        })
}
