//! Text, line by line, and the difference of two of them.

use super::MAX_LINES;
use crate::{
    model::{Content, DiffLine, LineOp},
    view::lcs::ops,
};
use similar::DiffOp;

/// The lines of a text; bytes that are none become U+FFFD.
pub(super) fn of_text(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.is_empty() {
        return Vec::new();
    }
    let lines = text.split('\n');
    lines
        .map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned())
        .collect()
}

pub(super) fn text(new: &[String], old: Option<&[String]>) -> Content {
    let (lines, more) = lines(new, old);
    Content::Text { lines, more }
}

pub(super) fn xml(new: &[String], old: Option<&[String]>) -> Content {
    let (lines, more) = lines(new, old);
    Content::Xml { lines, more }
}

pub(super) fn html(new: &[u8], old: Option<&[u8]>) -> Content {
    let (lines, more) = lines(&of_text(new), old.map(of_text).as_deref());
    Content::Html {
        lines,
        more,
        document: String::from_utf8_lossy(new).into_owned(),
    }
}

/// The lines, compared if there is something to compare with, and how many more there are.
fn lines(new: &[String], old: Option<&[String]>) -> (Vec<DiffLine>, usize) {
    let mut all = match old {
        None => new.iter().map(|text| line(None, text)).collect(),
        Some(old) => difference(old, new),
    };
    let more = all.len().saturating_sub(MAX_LINES);
    all.truncate(MAX_LINES);
    (all, more)
}

fn line(op: Option<LineOp>, text: &str) -> DiffLine {
    DiffLine {
        op,
        text: text.into(),
    }
}

fn difference(old: &[String], new: &[String]) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    for op in ops(old, new) {
        let (old_lines, new_lines) = (&old[op.old_range()], &new[op.new_range()]);
        if let DiffOp::Equal { .. } = op {
            lines.extend(new_lines.iter().map(|text| line(None, text)));
        } else {
            let removed = Some(LineOp::Remove);
            lines.extend(old_lines.iter().map(|text| line(removed, text)));
            lines.extend(new_lines.iter().map(|text| line(Some(LineOp::Add), text)));
        }
    }
    lines
}
