//! A delta as a flat list of edits.

use crate::model::{Edit, MessagePart, Op};
use onionskin::{
    text,
    wire::{Change, Cycle, Delta, ExtensionEdit, Header, HeaderEdit, Octets},
};

/// The edits of a delta, in the order of a message: first line, headers, extensions, body.
pub(super) fn edits(cycle: &Cycle, delta: &Delta) -> Vec<Edit> {
    let text = |text: &String| Octets::from(&**text);
    let length = |body: &_| Octets::from(&*text::edits::body(cycle, *body));
    let first = [
        value(MessagePart::Method, &delta.method, text),
        value(MessagePart::Uri, &delta.uri, text),
        value(MessagePart::Status, &delta.status, |status| {
            Octets::from(&*status.to_string())
        }),
        value(MessagePart::Version, &delta.version, text),
    ];
    let body = value(MessagePart::Body, &delta.body, length);
    let first = first.into_iter().flatten();
    let headers = delta.headers.iter().map(header);
    let extensions = delta.extensions.iter().map(extension);
    first.chain(headers).chain(extensions).chain(body).collect()
}

fn value<T>(
    what: MessagePart,
    change: &Option<Change<T>>,
    octets: impl Fn(&T) -> Octets,
) -> Option<Edit> {
    let change = change.as_ref()?;
    Some(Edit {
        what,
        op: match change.from {
            Some(_) => Op::Change,
            None => Op::Add,
        },
        name: None,
        from: change.from.as_ref().map(&octets),
        to: Some(octets(&change.to)),
        redacted: false,
    })
}

pub(super) fn header(edit: &HeaderEdit) -> Edit {
    let (op, from, to) = match edit {
        HeaderEdit::Add { header, .. } => (Op::Add, None, Some(header)),
        HeaderEdit::Remove { header, .. } => (Op::Remove, Some(header), None),
        HeaderEdit::Change { from, to, .. } => (Op::Change, Some(from), Some(to)),
        HeaderEdit::Move { header, .. } => (Op::Move, Some(header), Some(header)),
    };
    let value = |header: Option<&Header>| header.map(|h| h.value.clone());
    Edit {
        what: MessagePart::Header,
        op,
        name: to.or(from).map(|h| h.name.clone()),
        from: value(from),
        to: value(to),
        redacted: [from, to].into_iter().flatten().any(|h| h.redacted),
    }
}

fn extension(edit: &ExtensionEdit) -> Edit {
    let (op, from, to) = match edit {
        ExtensionEdit::Add { value, .. } => (Op::Add, None, value.as_ref()),
        ExtensionEdit::Remove { .. } => (Op::Remove, None, None),
        ExtensionEdit::Change { from, to, .. } => (Op::Change, from.as_ref(), Some(to)),
    };
    let octets = |text: &String| Octets::from(&**text);
    Edit {
        what: MessagePart::Extension,
        op,
        name: Some(edit.type_name().into()),
        from: from.map(octets),
        to: to.map(octets),
        redacted: false,
    }
}
