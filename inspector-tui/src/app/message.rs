//! The request or the response at a step, line by line.

use super::View;
use onionskin::{
    replay::{Held, Message, side_of},
    text::{
        self,
        edits::{self, Sign},
        escape, escape_bytes,
    },
    wire::{BodyRef, Delta, ExtensionEdit, Header, HeaderEdit, Side, Step},
};

/// Lines of a body that are shown.
const BODY_LINES: usize = 200;

/// A line of a message, escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLine {
    /// What the step did to it; none: nothing.
    pub sign: Option<Sign>,
    /// The line.
    pub text: String,
    /// Who put it there, where that was not the sender.
    pub by: Option<String>,
}

/// The lines of a message as it stood right after the step that the view is at; none where there is no such message yet.
/// Behind the message that the step is about: what was logged and run before the next step.
pub fn message_lines(view: &View, side: Side) -> Option<Vec<MessageLine>> {
    let step = view.step()?;
    let notes = notes(view, step, side);
    let message = match &view.replay {
        Ok(replay) => match side {
            Side::Request => replay.request(step.seq),
            Side::Response => replay.response(step.seq),
        },
        Err(why) => return Some(vec![plain(format!("can't be replayed: {}", escape(why)))]),
    };
    let Some(message) = message else {
        return (!notes.is_empty()).then_some(notes);
    };
    let delta = step.delta.as_ref().filter(|_| side_of(step) == side);
    let lines = Lines { view, step, delta };
    let mut lines = lines.of(message, side);
    lines.extend(notes);
    Some(lines)
}

/// What there is to say of the step beside its message, and what happened before the next one.
fn notes(view: &View, step: &Step, side: Side) -> Vec<MessageLine> {
    if side_of(step) != side {
        return Vec::new();
    }
    let point = |note: String| plain(format!("· {note}"));
    let mut notes: Vec<_> = text::notes(&view.cycle, step)
        .into_iter()
        .map(point)
        .collect();
    for mark in view.cycle.marks.iter().filter(|m| m.after == step.seq) {
        let mut lines = text::lines(&mark.what).into_iter();
        notes.extend(lines.next().map(point));
        notes.extend(lines.map(|line| plain(format!("    {line}"))));
    }
    notes
}

fn plain(text: String) -> MessageLine {
    MessageLine {
        sign: None,
        text,
        by: None,
    }
}

struct Lines<'v> {
    view: &'v View,
    step: &'v Step,
    delta: Option<&'v Delta>,
}

impl Lines<'_> {
    fn of(&self, message: &Message, side: Side) -> Vec<MessageLine> {
        let mut lines = vec![self.first(message, side)];
        for header in &message.headers {
            lines.push(self.line(header, edits::header(&header.value), |delta| {
                header_sign(delta, &header.value)
            }));
        }
        lines.extend(self.gone());
        for extension in &message.extensions {
            let shown = &extension.value;
            let text = edits::extension(&shown.type_name, shown.value.as_deref());
            lines.push(self.line(extension, text, |delta| {
                let is_change = |edit: &ExtensionEdit| {
                    matches!(edit, ExtensionEdit::Change { .. })
                        && edit.type_name() == shown.type_name
                };
                match delta.extensions.iter().any(is_change) {
                    true => Sign::Changed,
                    false => Sign::Added,
                }
            }));
        }
        if let Some(body) = &message.body {
            let text = format!("body {}", edits::body(&self.view.cycle, body.value));
            lines.push(self.line(body, text, |delta| match &delta.body {
                Some(change) if change.from.is_some() => Sign::Changed,
                _ => Sign::Added,
            }));
            lines.extend(self.body(body.value).into_iter().map(plain));
        }
        lines
    }

    fn line<T>(
        &self,
        held: &Held<T>,
        text: String,
        sign: impl FnOnce(&Delta) -> Sign,
    ) -> MessageLine {
        let now = self.delta.filter(|_| held.by == self.step.seq);
        let by = self.view.author(held.by);
        MessageLine {
            sign: now.map(sign),
            text,
            by: by.map(|name| escape(name).into_owned()),
        }
    }

    /// `GET /books/7 HTTP/1.1` or `HTTP/1.1 200`; the part that was set last says by whom.
    fn first(&self, message: &Message, side: Side) -> MessageLine {
        let text =
            |held: &Option<Held<String>>| held.as_ref().map(|h| escape(&h.value).into_owned());
        let status = message.status.as_ref().map(|h| h.value.to_string());
        let parts = match side {
            Side::Request => [
                text(&message.method),
                text(&message.uri),
                text(&message.version),
            ],
            Side::Response => [
                text(&message.version).or(Some("status".into())),
                status,
                None,
            ],
        };
        let last = [&message.method, &message.uri, &message.version]
            .into_iter()
            .filter_map(|h| h.as_ref().map(|h| h.by))
            .chain(message.status.as_ref().map(|h| h.by))
            .max();
        let by = Held {
            value: (),
            by: last.unwrap_or(u32::MAX),
        };
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        self.line(&by, parts.join(" "), |delta| match delta.base {
            Some(_) => Sign::Changed,
            None => Sign::Added,
        })
    }

    /// Headers and extensions that this step took away.
    fn gone(&self) -> Vec<MessageLine> {
        let Some(delta) = self.delta else {
            return Vec::new();
        };
        let by = self.view.author(self.step.seq);
        let gone = edits::edits(&self.view.cycle, delta);
        gone.into_iter()
            .filter(|e| e.sign == Sign::Removed)
            .map(|e| MessageLine {
                sign: Some(Sign::Removed),
                text: e.text,
                by: by.map(|name| escape(name).into_owned()),
            })
            .collect()
    }

    fn body(&self, body: BodyRef) -> Vec<String> {
        let Some(seen) = body.body.and_then(|i| self.view.cycle.bodies.get(i)) else {
            return Vec::new();
        };
        let bytes = &seen.head.0;
        // A head that a cap cut inside a character is text still.
        let is_text = match std::str::from_utf8(bytes) {
            Ok(_) => true,
            Err(e) => e.error_len().is_none() && e.valid_up_to() > 0,
        };
        if !is_text {
            return vec![format!("  ({} bytes that are not text)", bytes.len())];
        }
        let lines = bytes.split(|b| *b == b'\n').take(BODY_LINES);
        lines
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .map(|line| format!("  {}", escape_bytes(line)))
            .collect()
    }
}

fn header_sign(delta: &Delta, header: &Header) -> Sign {
    let edits = delta.headers.iter().rev();
    edits
        .filter_map(|edit| match edit {
            HeaderEdit::Add { header: h, .. } if h == header => Some(Sign::Added),
            HeaderEdit::Change { to, .. } if to == header => Some(Sign::Changed),
            HeaderEdit::Move { header: h, .. } if h == header => Some(Sign::Moved),
            _ => None,
        })
        .next()
        .unwrap_or(Sign::Added)
}
