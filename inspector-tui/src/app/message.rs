//! The request or the response at a step, line by line: the API's answer, its text escaped.

use super::{
    View, body,
    lines::{MessageLine, Role, piece, sign},
    notes,
};
use crate::picture::Picture;
use onionskin::{
    text::{
        edits::{self, Sign},
        escape, escape_bytes,
    },
    wire::{Octets, Side},
};
use onionskin_web::model::{
    BodyPlace, BodyView, By, ContentKind, MessageLine as Line, MessagePart, MessageView, Op,
};
use std::{collections::HashSet, sync::Arc};

/// One of the two panes with a message.
#[derive(Debug)]
pub struct MessagePane {
    /// Whose it is.
    pub side: Side,
    /// What it shows; none where there is no such message yet.
    pub lines: Option<Vec<MessageLine>>,
    /// The line that keys are about.
    pub cursor: usize,
    /// How the body is to be shown; none: as it is best.
    pub kind: Option<ContentKind>,
    /// The body as it passed, content codings and all.
    pub encoded: bool,
    /// The body, once it is known, or why it can't be shown.
    pub body: Result<Option<Arc<BodyView>>, String>,
    /// The image that the body is, once it is drawn, or why it can't be.
    pub picture: Result<Option<Arc<Picture>>, String>,
    /// Columns of its lines.
    pub columns: usize,
    /// Lines of the body's JSON that are folded.
    pub folded: HashSet<usize>,
}

impl MessagePane {
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            lines: None,
            cursor: 0,
            kind: None,
            encoded: false,
            body: Ok(None),
            picture: Ok(None),
            columns: 0,
            folded: HashSet::new(),
        }
    }

    pub(super) fn set(&mut self, lines: Option<Vec<MessageLine>>) {
        let last = lines.as_ref().map_or(0, |l| l.len().saturating_sub(1));
        self.cursor = self.cursor.min(last);
        self.lines = lines;
    }

    /// Moves the cursor.
    pub(super) fn down(&mut self, by: isize) {
        let last = self.lines.as_ref().map_or(0, |l| l.len().saturating_sub(1));
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// The line that the cursor is at.
    pub fn line(&self) -> Option<&MessageLine> {
        self.lines.as_ref()?.get(self.cursor)
    }

    /// The body in the next of the ways in which it can be shown.
    pub(super) fn next_kind(&mut self) -> bool {
        let Ok(Some(body)) = &self.body else {
            return false;
        };
        let at = body.kinds.iter().position(|kind| *kind == body.kind);
        let next = at.map_or(0, |at| (at + 1) % body.kinds.len());
        self.kind = body.kinds.get(next).copied();
        self.folded.clear();
        true
    }

    /// Folds the JSON at the cursor, or unfolds it.
    pub(super) fn fold(&mut self) -> bool {
        let Some(at) = self.line().and_then(|line| line.fold) else {
            return false;
        };
        if !self.folded.remove(&at) {
            self.folded.insert(at);
        }
        true
    }
}

/// The lines of a message as it stood right after the step that is shown; none where there is no such message yet. Behind the
/// message that the step is about: what was logged and run before the next step.
pub(super) fn lines(view: &View, side: Side) -> Option<Vec<MessageLine>> {
    if let Some(why) = &view.failed {
        let text = format!("can't be shown: {}", escape(why));
        return Some(vec![MessageLine::of(vec![piece(Role::Warning, text)])]);
    }
    let shown = view.shown.as_ref()?.step as usize;
    let step = view.timeline.steps.get(shown)?;
    let notes = notes::lines(view, step, side);
    let Some(message) = view.message(side).filter(|message| !is_empty(message)) else {
        return (!notes.is_empty()).then_some(notes);
    };
    let mut lines = first(message, side);
    let parts = message.lines.iter();
    lines.extend(parts.filter(|line| !is_first(line.what)).map(part));
    if let Some(place) = &message.body {
        lines.extend(body(view, place, side));
    }
    lines.extend(notes);
    Some(lines)
}

fn is_empty(message: &MessageView) -> bool {
    message.lines.is_empty() && message.body.is_none()
}

fn is_first(what: MessagePart) -> bool {
    matches!(
        what,
        MessagePart::Method | MessagePart::Uri | MessagePart::Version | MessagePart::Status
    )
}

/// `GET /books/7 HTTP/1.1` or `HTTP/1.1 200`; the part that was set last says by whom. Below it: what stood there before.
fn first(message: &MessageView, side: Side) -> Vec<MessageLine> {
    let order = match side {
        Side::Request => [MessagePart::Method, MessagePart::Uri, MessagePart::Version],
        Side::Response => [MessagePart::Version, MessagePart::Status, MessagePart::Body],
    };
    let of = |what: &MessagePart| message.lines.iter().find(|line| line.what == *what);
    let parts: Vec<&Line> = order.iter().filter_map(of).collect();
    let mut pieces = Vec::new();
    if side == Side::Response && of(&MessagePart::Version).is_none() {
        pieces.push(piece(Role::Dim, "status "));
    }
    for (i, line) in parts.iter().enumerate() {
        let role = match line.what {
            MessagePart::Status => Role::Status(text(&line.value).parse().ok()),
            MessagePart::Version => Role::Dim,
            _ => Role::Strong,
        };
        let space = if i > 0 { " " } else { "" };
        pieces.push(piece(role, format!("{space}{}", text(&line.value))));
    }
    let whole: String = pieces.iter().map(|piece| &*piece.text).collect();
    let last = parts
        .iter()
        .max_by_key(|line| line.history.first().map(|by| by.step));
    let ops = || parts.iter().filter_map(|line| line.op);
    let mut lines = vec![MessageLine {
        sign: match ops().find(|op| *op != Op::Add) {
            Some(op) => Some(sign(op)),
            None => ops().next().map(sign),
        },
        pieces,
        by: last.and_then(|line| by(&line.history)),
        value: Some(whole.into_bytes()),
        history: last.map_or_else(Vec::new, |line| history(&line.history)),
        row: last.and_then(|line| row(&line.history)),
        ..MessageLine::default()
    }];
    let before = parts.iter().filter_map(|line| line.before.as_ref());
    lines.extend(before.map(|before| {
        let before = format!("was {}", escape_bytes(&before.0));
        MessageLine::of(vec![piece(Role::Dim, before)]).signed(Some(Sign::Removed))
    }));
    lines
}

fn text(octets: &Option<Octets>) -> String {
    let bytes = octets.as_ref().map(|octets| escape_bytes(&octets.0));
    bytes.unwrap_or_default().into_owned()
}

/// A header or an extension.
fn part(line: &Line) -> MessageLine {
    let name = line.name.as_deref().unwrap_or_default();
    let mut pieces = match line.what {
        MessagePart::Extension => {
            let shown = line.value.as_ref().map(|value| value.to_text());
            vec![piece(Role::Word, edits::extension(name, shown.as_deref()))]
        }
        _ => vec![
            piece(Role::Key, format!("{}: ", escape(name))),
            piece(Role::Plain, text(&line.value)),
        ],
    };
    if let Some(before) = &line.before {
        let before = format!("  (was {})", escape_bytes(&before.0));
        pieces.push(piece(Role::Dim, before));
    }
    MessageLine {
        sign: line.op.map(sign),
        by: by(&line.history),
        value: line.value.as_ref().map(|value| value.0.clone()),
        history: history(&line.history),
        row: row(&line.history),
        pieces,
        ..MessageLine::default()
    }
}

/// Who set a value last, if it did not come from outside.
fn by(history: &[By]) -> Option<String> {
    let by = history.first().filter(|by| by.row.is_some())?;
    Some(escape(&by.name).into_owned())
}

/// The row of who set a value last.
fn row(history: &[By]) -> Option<usize> {
    history.first()?.row
}

fn history(history: &[By]) -> Vec<String> {
    let say = |by: &By| {
        let value = by.value.as_ref().map(|value| escape_bytes(&value.0));
        let value = value.map_or(String::new(), |value| format!(": {value}"));
        format!(
            "{} at step {}{value}",
            escape(&by.name),
            u64::from(by.step) + 1
        )
    };
    history.iter().map(say).collect()
}

/// How long the body is and who put it there, and below it what is in it.
fn body(view: &View, place: &BodyPlace, side: Side) -> Vec<MessageLine> {
    let pane = view.pane(side);
    let text = format!("body {}", escape(&place.text));
    let mut pieces = vec![piece(Role::Strong, text)];
    if let Ok(Some(body)) = &pane.body {
        pieces.push(piece(Role::Dim, body::heading(body)));
    }
    let mut lines = vec![MessageLine {
        sign: place.op.map(sign),
        by: by(&place.history),
        history: history(&place.history),
        row: row(&place.history),
        pieces,
        ..MessageLine::default()
    }];
    match &pane.body {
        Err(why) => {
            let why = format!("  can't be shown: {}", escape(why));
            lines.push(MessageLine::of(vec![piece(Role::Warning, why)]));
        }
        Ok(Some(body)) => {
            lines.extend(body::lines(body, pane));
            lines.extend(body::picture(body, &pane.picture));
        }
        Ok(None) if place.index.is_some() => {
            lines.push(MessageLine::of(vec![piece(Role::Dim, "  loading …")]));
        }
        Ok(None) => {}
    }
    for line in &mut lines {
        line.is_body = true;
    }
    lines
}
