//! A body as lines: the API's answer, its text escaped. Two columns of air stand before them.

use super::{
    MessagePane,
    lines::{MessageLine, Piece, Role, line_sign, piece},
};
use crate::picture::Picture;
use onionskin::{
    text::{edits::Sign, escape, grouped, size},
    wire::BodyEnd,
};
use onionskin_web::model::{
    BodyView, Content, DiffLine, HexRow, JsonLine, JsonValue, Pair, PartView, SentEvent,
};
use std::{collections::HashSet, sync::Arc};

/// `  gzip: 41 KiB of html, the first 64 KiB kept`
pub(super) fn heading(body: &BodyView) -> String {
    let kind = body.kind.as_str().replace('_', " ");
    let mut text = match is_unread(body) {
        true => String::new(),
        false => format!("  {kind}"),
    };
    if let Some(decoded) = &body.decoded {
        let more = if decoded.truncated { " and more" } else { "" };
        let codings = escape(&body.codings.join(", ")).into_owned();
        text += &format!(", {}{more} behind {codings}", size(decoded.len as u64));
        if let Some(error) = &decoded.error {
            text += &format!(", then broken: {}", escape(error));
        }
    }
    if (body.kept as u64) < body.len {
        text += &format!(", the first {} kept", size(body.kept as u64));
    }
    if body.redacted {
        text += ", masked in part";
    }
    if body.against.is_some() {
        text += ", compared with the one before";
    }
    text
}

/// Whether nothing of it was read: that does not make it an empty one.
fn is_unread(body: &BodyView) -> bool {
    body.content == Content::Empty && body.end == BodyEnd::Cut
}

/// What is in a body.
pub(super) fn lines(body: &BodyView, pane: &MessagePane) -> Vec<MessageLine> {
    let mut lines = match is_unread(body) {
        true => Vec::new(),
        false => content(&body.content, &pane.folded, pane.columns),
    };
    if let Some(before) = &body.before {
        let was = content(before, &HashSet::new(), pane.columns).into_iter();
        lines.extend(was.map(|line| line.signed(Some(Sign::Removed))));
    }
    for line in &mut lines {
        line.pieces.insert(0, piece(Role::Plain, "  "));
    }
    lines
}

/// Lines for the picture of a body to be drawn on, or why there is none. Of an image whose rest is not kept, some decoders
/// make a part; others need all of it.
pub(super) fn picture(
    body: &BodyView,
    picture: &Result<Option<Arc<Picture>>, String>,
) -> Vec<MessageLine> {
    let is_cut = !body.complete || body.decoded.as_ref().is_some_and(|d| d.truncated);
    match picture {
        Ok(Some(picture)) => (0..picture.size().height)
            .map(|line| MessageLine {
                picture: Some(line),
                ..MessageLine::default()
            })
            .collect(),
        Err(_) if is_cut => vec![dim("  no picture: the rest of it is not kept")],
        Err(why) => vec![dim(&format!("  no picture: {why}"))],
        Ok(None) => Vec::new(),
    }
}

fn content(content: &Content, folded: &HashSet<usize>, columns: usize) -> Vec<MessageLine> {
    match content {
        Content::Empty => vec![dim("(empty)")],
        Content::NotKept => vec![dim("(passed, and not kept)")],
        Content::Json { lines, more, error } => {
            let lines = json(lines, folded);
            finish(lines, *more, "lines", error.as_deref())
        }
        Content::Text { lines, more } | Content::Xml { lines, more } => {
            finish(lines.iter().map(text).collect(), *more, "lines", None)
        }
        Content::Html { lines, more, .. } => {
            finish(lines.iter().map(text).collect(), *more, "lines", None)
        }
        Content::Form { pairs, more } => {
            finish(pairs.iter().map(pair).collect(), *more, "values", None)
        }
        Content::Multipart { parts, more, error } => {
            let lines = parts.iter().flat_map(|one| part(one, columns)).collect();
            finish(lines, *more, "parts", error.as_deref())
        }
        Content::Image {
            media_type,
            width,
            height,
            base64,
        } => vec![dim(&image(
            media_type,
            *width,
            *height,
            base64.len() / 4 * 3,
        ))],
        Content::Events { events, more, open } => {
            let mut lines: Vec<_> = events.iter().flat_map(event).collect();
            if *open {
                lines.push(dim("(the last event has not ended: no client has seen it)"));
            }
            finish(lines, *more, "events", None)
        }
        Content::Hex { rows, more } => {
            let lines = rows.iter().flat_map(|row| hex(row, columns)).collect();
            finish(lines, *more, "bytes", None)
        }
    }
}

fn dim(text: &str) -> MessageLine {
    MessageLine::of(vec![piece(Role::Dim, escape(text))])
}

/// With what is not there: more of it than a view has, or what can't be read.
fn finish(
    mut lines: Vec<MessageLine>,
    more: usize,
    what: &str,
    error: Option<&str>,
) -> Vec<MessageLine> {
    if more > 0 {
        lines.push(dim(&format!("… {} more {what}", grouped(more as u64))));
    }
    lines.extend(error.map(|error| MessageLine::of(vec![piece(Role::Warning, escape(error))])));
    lines
}

/// The lines of a tree that are not inside of what is folded.
fn json(tree: &[JsonLine], folded: &HashSet<usize>) -> Vec<MessageLine> {
    let mut lines = Vec::new();
    let mut hidden_below = None;
    for (at, line) in tree.iter().enumerate() {
        if let Some(depth) = hidden_below {
            if line.depth > depth || line.value == JsonValue::End {
                if line.depth <= depth {
                    hidden_below = None;
                }
                continue;
            }
            hidden_below = None;
        }
        let opens = line.count.is_some_and(|count| count > 0);
        let is_folded = opens && folded.contains(&at);
        if is_folded {
            hidden_below = Some(line.depth);
        }
        let mut shown = json_line(line, is_folded);
        shown.fold = opens.then_some(at);
        lines.push(shown);
    }
    lines
}

fn json_line(line: &JsonLine, is_folded: bool) -> MessageLine {
    let mut pieces = vec![piece(Role::Plain, " ".repeat(2 * line.depth.min(40)))];
    if let Some(key) = &line.key {
        pieces.push(piece(Role::Key, format!("\"{}\"", escape(key))));
        pieces.push(piece(Role::Plain, ": "));
    }
    if let Some(before) = &line.before {
        pieces.push(value(line.value, before));
        pieces.push(piece(Role::Dim, " → "));
    }
    pieces.push(value(line.value, &line.text));
    if is_folded {
        let end = if line.value == JsonValue::Object {
            '}'
        } else {
            ']'
        };
        let count = line.count.unwrap_or_default();
        pieces.push(piece(Role::Dim, format!(" … {count} {end}")));
    }
    MessageLine {
        sign: line.op.map(line_sign),
        pieces,
        value: Some(line.text.clone().into_bytes()),
        ..MessageLine::default()
    }
}

fn value(value: JsonValue, text: &str) -> Piece {
    let shown = escape(text);
    match value {
        JsonValue::String => piece(Role::Text, format!("\"{shown}\"")),
        JsonValue::Number => piece(Role::Number, shown),
        JsonValue::Bool | JsonValue::Null => piece(Role::Word, shown),
        JsonValue::Object | JsonValue::Array | JsonValue::End => piece(Role::Plain, shown),
    }
}

fn text(line: &DiffLine) -> MessageLine {
    MessageLine::plain(escape(&line.text)).signed(line.op.map(line_sign))
}

fn pair(pair: &Pair) -> MessageLine {
    MessageLine {
        pieces: vec![
            piece(Role::Key, escape(&pair.name)),
            piece(Role::Dim, " = "),
            piece(Role::Text, escape(&pair.value)),
        ],
        value: Some(pair.value.clone().into_bytes()),
        ..MessageLine::default()
    }
}

fn part(part: &PartView, columns: usize) -> Vec<MessageLine> {
    let name = part.name.as_deref().unwrap_or("(no name)");
    let mut heading = vec![
        piece(Role::Strong, format!("part {}", escape(name))),
        piece(Role::Dim, format!("  {}", size(part.len as u64))),
    ];
    if let Some(file) = &part.filename {
        heading.push(piece(Role::Plain, format!("  file {}", escape(file))));
    }
    let mut lines = vec![MessageLine::of(heading)];
    lines.extend(part.headers.iter().map(|header| {
        MessageLine::of(vec![
            piece(Role::Key, format!("{}: ", escape(&header.name))),
            piece(Role::Plain, escape(&header.value)),
        ])
    }));
    let columns = columns.saturating_sub(2);
    let inside = content(&part.content, &HashSet::new(), columns).into_iter();
    lines.extend(inside.map(|mut line| {
        line.pieces.insert(0, piece(Role::Plain, "  "));
        // Folds are counted in the body's own tree.
        line.fold = None;
        line
    }));
    lines
}

fn image(media_type: &str, width: Option<u32>, height: Option<u32>, bytes: usize) -> String {
    let dimensions = match (width, height) {
        (Some(width), Some(height)) => format!(", {width} × {height} pixels"),
        _ => String::new(),
    };
    let bytes = size(bytes as u64);
    format!(
        "{media_type}{dimensions}, about {bytes}; `browser` shows it in the dashboard, `body-kind` its bytes"
    )
}

fn event(event: &SentEvent) -> Vec<MessageLine> {
    let mut lines = Vec::new();
    for (name, value) in [("event", &event.event), ("id", &event.id)] {
        if let Some(value) = value {
            lines.push(field(name, value));
        }
    }
    lines.extend(event.data.split('\n').map(|line| field("data", line)));
    lines.push(MessageLine::default());
    lines
}

fn field(name: &str, value: &str) -> MessageLine {
    MessageLine::of(vec![
        piece(Role::Key, format!("{name}: ")),
        piece(Role::Plain, escape(value)),
    ])
}

/// As many bytes a line as there is room for with what they are in ASCII.
fn hex(row: &HexRow, columns: usize) -> Vec<MessageLine> {
    // Sign, air and offset stand before them.
    let fits = |bytes: &usize| 12 + 4 * bytes <= columns;
    let bytes = [16, 8].into_iter().find(fits).unwrap_or(4);
    let digits: Vec<_> = row.hex.split(' ').collect();
    let text: Vec<_> = row.text.chars().collect();
    let line = |(at, (digits, text)): (usize, (&[&str], &[char]))| {
        let (offset, width) = (row.offset + at * bytes, 3 * bytes);
        MessageLine::of(vec![
            piece(Role::Dim, format!("{offset:06x}  ")),
            piece(
                Role::Number,
                format!("{:<width$}", escape(&digits.join(" "))),
            ),
            piece(Role::Text, escape(&String::from_iter(text))),
        ])
    };
    let parts = digits.chunks(bytes).zip(text.chunks(bytes));
    parts.enumerate().map(line).collect()
}
