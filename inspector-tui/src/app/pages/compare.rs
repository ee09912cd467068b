//! Two cycles, aligned by layer.

use super::{PageLine, answer, of, plain};
use crate::{
    app::{Action, App, Role, lines::sign, piece},
    ask::{Answer, Question},
};
use onionskin::{
    text::{duration, escape, escape_bytes, target},
    wire::CycleSummary,
};
use onionskin_web::model::{ComparedRow, ComparedSide, Comparison, Edit, MessagePart, RowState};

pub(super) fn question(a: &str, b: &str) -> Question {
    Question::Compare {
        a: a.to_owned(),
        b: b.to_owned(),
    }
}

/// ```text
/// a  GET /books/7   200  12.8 ms
/// b  GET /books/8   404   1.1 ms
/// They part at show_book, on the way in.
///
///   session                          in 1.1 ms out 139 µs │ in 1.0 ms out 120 µs
/// ≠ show_book                                     9.3 ms │ did not come here
///     in   uri  /books/7 │ /books/8
/// ```
pub(super) fn lines(app: &App, a: &str, b: &str) -> Vec<PageLine> {
    let comparison = answer(app, &question(a, b), |answer| match answer {
        Answer::Compare(comparison) => Some(comparison.clone()),
        _ => None,
    });
    let comparison: &Comparison = match &comparison {
        Ok(comparison) => comparison,
        Err(waiting) => return waiting.clone(),
    };
    let mut lines = vec![
        cycle("a", &comparison.a),
        cycle("b", &comparison.b),
        parting(comparison),
        PageLine::default(),
    ];
    for (at, row) in comparison.rows.iter().enumerate() {
        lines.push(compared(row, comparison.first == Some(at)));
        let ways = [("in ", &row.differences), ("out", &row.out_differences)];
        for (way, edits) in ways {
            lines.extend(edits.iter().map(|edit| difference(way, edit)));
        }
    }
    lines
}

fn cycle(name: &str, cycle: &CycleSummary) -> PageLine {
    let status = cycle
        .status
        .map_or("---".into(), |status| status.to_string());
    PageLine {
        pieces: vec![
            piece(Role::Strong, format!("{name}  ")),
            piece(
                Role::Plain,
                format!(
                    "{} {}",
                    escape(&cycle.method),
                    target(&cycle.method, &cycle.target)
                ),
            ),
        ],
        right: vec![
            piece(Role::Status(cycle.status), status),
            piece(Role::Dim, format!("  {}", duration(cycle.duration_ns))),
        ],
        action: Some(Action::Open(cycle.id.clone())),
        source: None,
    }
}

fn parting(comparison: &Comparison) -> PageLine {
    let at = comparison.first.and_then(|at| comparison.rows.get(at));
    match at {
        None => of(vec![piece(Role::Good, "They do not part anywhere.")]),
        Some(row) => {
            let way = match comparison.first_edge {
                Some(onionskin::wire::Edge::Out) => "on the way out",
                _ => "on the way in",
            };
            of(vec![piece(
                Role::Warning,
                format!("They part at {}, {way}.", escape(&row.name)),
            )])
        }
    }
}

fn compared(row: &ComparedRow, first: bool) -> PageLine {
    let sign = match (first, row.same) {
        (true, _) => "▶ ",
        (false, true) => "  ",
        (false, false) => "≠ ",
    };
    let role = if row.same { Role::Plain } else { Role::Strong };
    let sides = format!("{:>24} │ {:>24}", side(row.a), side(row.b));
    PageLine {
        right: vec![piece(Role::Dim, sides)],
        ..of(vec![piece(role, format!("{sign}{}", escape(&row.name)))])
    }
}

fn side(side: Option<ComparedSide>) -> String {
    match side {
        None => "did not come here".into(),
        Some(side) if side.state == RowState::NeverRan => "never ran".into(),
        Some(side) if side.out_ns == 0 => duration(side.in_ns),
        Some(side) => format!("in {} out {}", duration(side.in_ns), duration(side.out_ns)),
    }
}

fn difference(way: &str, edit: &Edit) -> PageLine {
    let what = match edit.what {
        MessagePart::Method => "method",
        MessagePart::Uri => "target",
        MessagePart::Version => "version",
        MessagePart::Status => "status",
        MessagePart::Header => "header",
        MessagePart::Extension => "extension",
        MessagePart::Body => "body",
    };
    let name = edit
        .name
        .as_deref()
        .map_or(String::new(), |n| format!(" {}", escape(n)));
    let value = |octets: &Option<onionskin::wire::Octets>| match octets {
        Some(octets) => escape_bytes(&octets.0).into_owned(),
        None => "(none)".into(),
    };
    let values = format!("  {} │ {}", value(&edit.from), value(&edit.to));
    let mut line = plain(format!("      {} {way}  {what}{name}", sign(edit.op)));
    line.pieces.push(piece(Role::Dim, values));
    line
}
