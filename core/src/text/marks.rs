//! What happened between two steps, as text.

use super::{duration, escape, size};
use crate::wire::{Frame, MarkKind};
use std::collections::BTreeMap;

/// A mark on one line, escaped: `sql SELECT …, 1 row, 1.8 ms`.
pub fn mark(mark: &MarkKind) -> String {
    match mark {
        MarkKind::BodyFrame { len, .. } => format!("body frame, {}", size(*len)),
        MarkKind::Log {
            level,
            target,
            message,
            fields,
        } => {
            let mut text = format!(
                "log {} {}: {}",
                escape(level),
                escape(target),
                escape(message)
            );
            put_fields(&mut text, fields);
            text
        }
        MarkKind::Sql {
            statement,
            rows,
            elapsed_ns,
        } => {
            let mut text = format!("sql {}", escape(&on_one_line(statement)));
            if let Some(rows) = rows {
                text += &format!(", {rows} row{}", if *rows == 1 { "" } else { "s" });
            }
            text + &took(*elapsed_ns)
        }
        MarkKind::Span {
            target,
            name,
            fields,
            elapsed_ns,
            busy_ns,
            ..
        } => {
            let mut text = format!("span {} {}", escape(target), escape(name));
            put_fields(&mut text, fields);
            text += &took(Some(*elapsed_ns));
            if *elapsed_ns > 0 {
                text += &format!(" (busy {})", duration(*busy_ns));
            }
            text
        }
        MarkKind::Call {
            method,
            url,
            status,
            error,
            elapsed_ns,
        } => {
            let mut text = format!("call {} {}", escape(method), escape(url));
            if let Some(status) = status {
                text += &format!(", {status}");
            }
            if let Some(error) = error {
                text += &format!(", failed: {}", escape(error));
            }
            text + &took(Some(*elapsed_ns))
        }
        MarkKind::Template { name, elapsed_ns } => {
            format!("template {}{}", escape(name), took(Some(*elapsed_ns)))
        }
        MarkKind::Error { chain } => {
            let chain: Vec<_> = chain.iter().map(|error| escape(error)).collect();
            format!("error: {}", chain.join(", because: "))
        }
        MarkKind::Panic { message, at, .. } => {
            format!("panic at {}: {}", escape(at), escape(message))
        }
        MarkKind::Rebuilt => "the request was built afresh".into(),
    }
}

/// Adds ` name=value` for each. Statements in them are laid out over many lines; here they have one.
fn put_fields(text: &mut String, fields: &BTreeMap<String, String>) {
    for (name, value) in fields {
        let line = match value.contains('\n') {
            true => &on_one_line(value),
            false => value,
        };
        *text += &format!(" {}={}", escape(name), escape(line));
    }
}

fn on_one_line(text: &str) -> String {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    words.join(" ")
}

/// As [`mark()`], and below it what does not fit on one line: the app's own frames of a panic.
pub fn lines(what: &MarkKind) -> Vec<String> {
    let mut lines = vec![mark(what)];
    if let MarkKind::Panic { backtrace, .. } = what {
        lines.extend(backtrace.iter().map(frame));
    }
    lines
}

/// A frame of the app's own, and how many others stand before it.
fn frame(frame: &Frame) -> String {
    let folded = match frame.folded {
        0 => String::new(),
        n => format!("  (behind {n} of libraries)"),
    };
    let (function, at) = (escape(&frame.function), escape(&frame.at));
    format!("{function} at {at}{folded}")
}

/// How long it took, if that is to be said.
fn took(ns: Option<u64>) -> String {
    match ns {
        None | Some(0) => String::new(),
        Some(ns) => format!(", {}", duration(ns)),
    }
}

/// A mark without what differs from run to run.
pub(super) fn timeless(mark: &MarkKind) -> MarkKind {
    let mut mark = mark.clone();
    match &mut mark {
        MarkKind::Sql { elapsed_ns, .. } => *elapsed_ns = None,
        MarkKind::Span {
            elapsed_ns,
            busy_ns,
            ..
        } => (*elapsed_ns, *busy_ns) = (0, 0),
        MarkKind::Call { elapsed_ns, .. } | MarkKind::Template { elapsed_ns, .. } => {
            *elapsed_ns = 0;
        }
        _ => {}
    }
    mark
}
