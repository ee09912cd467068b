//! A delta as lines: what came, went, changed or moved.

use super::{escape, escape_bytes, size};
use crate::{
    replay,
    wire::{BodyEnd, BodyRef, Change, Cycle, Delta, Edge, ExtensionEdit, Header, HeaderEdit, Step},
};
use std::fmt;

/// What an edit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// Something came.
    Added,
    /// Something went.
    Removed,
    /// A value took the place of another.
    Changed,
    /// A header went to another place in the list.
    Moved,
}

impl Sign {
    /// `+`, `-`, `~` or `>`.
    pub fn as_char(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
            Self::Moved => '>',
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

/// One edit, escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What it did.
    pub sign: Sign,
    /// To what: `vary: accept → accept, origin`.
    pub text: String,
}

/// The edits of a delta, in the order of a message: first line, headers, extensions, body.
pub fn edits(cycle: &Cycle, delta: &Delta) -> Vec<Edit> {
    let mut edits = first_line(delta);
    let mut push = |sign, text| edits.push(Edit { sign, text });
    for edit in &delta.headers {
        match edit {
            HeaderEdit::Add { header: h, .. } => push(Sign::Added, header(h)),
            HeaderEdit::Remove { header: h, .. } => push(Sign::Removed, header(h)),
            HeaderEdit::Move {
                header: h,
                from,
                at,
            } => push(
                Sign::Moved,
                format!("{} (line {} → {})", escape(&h.name), from + 1, at + 1),
            ),
            HeaderEdit::Change { from, to, .. } if from.name == to.name => push(
                Sign::Changed,
                format!("{} → {}", header(from), escape_bytes(&to.value.0)),
            ),
            HeaderEdit::Change { from, to, .. } => {
                push(Sign::Changed, format!("{} → {}", header(from), header(to)))
            }
        }
    }
    for edit in &delta.extensions {
        match edit {
            ExtensionEdit::Add { type_name, value } => {
                push(Sign::Added, extension(type_name, value.as_deref()))
            }
            ExtensionEdit::Remove { type_name } => push(Sign::Removed, extension(type_name, None)),
            ExtensionEdit::Change {
                type_name,
                from,
                to,
            } => push(
                Sign::Changed,
                format!("{} → {}", extension(type_name, from.as_deref()), escape(to)),
            ),
        }
    }
    if let Some(change) = &delta.body {
        let to = body(cycle, change.to);
        match change.from {
            Some(from) => push(
                Sign::Changed,
                match alike(cycle, from, change.to) {
                    Some(as_before) => format!("body {to}{as_before}"),
                    None => format!("body {} → {to}", body(cycle, from)),
                },
            ),
            None => push(Sign::Added, format!("body {to}")),
        }
    }
    edits
}

fn first_line(delta: &Delta) -> Vec<Edit> {
    let parts = [&delta.method, &delta.uri, &delta.version];
    let added: Vec<_> = parts
        .iter()
        .filter_map(|p| p.as_ref().filter(|c| c.from.is_none()))
        .map(|c| escape(&c.to))
        .collect();
    let mut edits = Vec::new();
    match &delta.status {
        Some(Change {
            from: Some(from),
            to,
        }) => edits.push(Edit {
            sign: Sign::Changed,
            text: format!("status {from} → {to}"),
        }),
        Some(Change { from: None, to }) => edits.push(Edit {
            sign: Sign::Added,
            text: [&[format!("status {to}").into()][..], &added]
                .concat()
                .join(" "),
        }),
        None if !added.is_empty() => edits.push(Edit {
            sign: Sign::Added,
            text: added.join(" "),
        }),
        None => {}
    }
    for (word, part) in ["method", "uri", "version"].into_iter().zip(parts) {
        if let Some(Change {
            from: Some(from),
            to,
        }) = part
        {
            edits.push(Edit {
                sign: Sign::Changed,
                text: format!("{word} {} → {}", escape(from), escape(to)),
            });
        }
    }
    edits
}

/// `name: value`, escaped.
pub fn header(header: &Header) -> String {
    format!(
        "{}: {}",
        escape(&header.name),
        escape_bytes(&header.value.0)
    )
}

/// `ext Type`, escaped. Paths of modules are left out, arguments kept: `Extension<app::User>` is `Extension<User>`.
pub fn extension(type_name: &str, value: Option<&str>) -> String {
    let name = short_type(type_name);
    match value {
        // `Debug` begins with the name.
        Some(value) if value.starts_with(&name) => format!("ext {}", escape(value)),
        Some(value) => format!("ext {}: {}", escape(&name), escape(value)),
        None => format!("ext {}", escape(&name)),
    }
}

/// A type name without the paths of its modules.
pub fn short_type(type_name: &str) -> String {
    let mut out = String::with_capacity(type_name.len());
    let mut word = String::new();
    let mut chars = type_name.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ':' && chars.peek() == Some(&':') {
            chars.next();
            word.clear();
        } else if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            out.push_str(&word);
            word.clear();
            out.push(c);
        }
    }
    out.push_str(&word);
    out
}

/// The length of a body, as well as it is known.
pub fn body(cycle: &Cycle, body: BodyRef) -> String {
    let seen = body.body.and_then(|i| cycle.bodies.get(i));
    length(seen.map(|seen| (seen.len, &seen.end)), body.announced)
}

/// A body at a step, and how it stands to the one whose place it took there: `885 B (was 1.85 KiB)`.
pub fn body_after(cycle: &Cycle, from: Option<BodyRef>, to: BodyRef) -> String {
    let text = body(cycle, to);
    match from {
        None => text,
        Some(from) => match alike(cycle, from, to) {
            Some(as_before) => text + as_before,
            None => format!("{text} (was {})", body(cycle, from)),
        },
    }
}

/// Words for a body that took the place of another one which it can't be told from by its length. A layer that passes the frames
/// of a body on looks like one that reads them all and makes a new body of them.
fn alike(cycle: &Cycle, from: BodyRef, to: BodyRef) -> Option<&'static str> {
    const AS_BEFORE: &str = " as before, wrapped or replaced";
    let seen = |body: BodyRef| cycle.bodies.get(body.body?).filter(|body| body.len > 0);
    match (seen(from), seen(to)) {
        (Some(old), Some(new)) if (old.len, &old.end) == (new.len, &new.end) => {
            Some(match (&old.hash, &new.hash) {
                (Some(a), Some(b)) if a == b => ", the same bytes, wrapped or replaced",
                (Some(_), Some(_)) => ", other bytes",
                _ => AS_BEFORE,
            })
        }
        (Some(_), Some(_)) => None,
        _ => (body(cycle, from) == body(cycle, to)).then_some(AS_BEFORE),
    }
}

/// What was seen of a body, of what it announced: one that nobody read is not called empty.
pub fn length(seen: Option<(u64, &BodyEnd)>, announced: Option<u64>) -> String {
    match (seen, announced) {
        (Some((0, BodyEnd::Cut)), Some(0)) => size(0),
        (Some((0, BodyEnd::Cut)), Some(announced)) => format!("{}, unread", size(announced)),
        (Some((0, BodyEnd::Cut)), None) => "of unknown length, unread".into(),
        (Some((len, BodyEnd::Cut)), Some(announced)) => {
            format!("{} of {}, not read to its end", size(len), size(announced))
        }
        (Some((len, BodyEnd::Cut)), None) => format!("{}, not read to its end", size(len)),
        (Some((len, _)), _) => size(len),
        (None, Some(announced)) => size(announced),
        (None, None) => "of unknown length".into(),
    }
}

/// Who made the change that a step shows, as an index into [`Cycle::sites`]. None where it came from outside.
pub fn author(cycle: &Cycle, step: &Step) -> Option<usize> {
    match step.edge {
        Edge::Out => step.site,
        Edge::In => cycle.steps[replay::author(cycle, step)?].site,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_lose_their_paths_and_keep_their_arguments() {
        for (long, short) in [
            ("u32", "u32"),
            ("app::auth::User", "User"),
            (
                "a::Extension<b::c::User, alloc::string::String>",
                "Extension<User, String>",
            ),
            ("&dyn core::any::Any", "&dyn Any"),
        ] {
            assert_eq!(short_type(long), short);
        }
    }
}
