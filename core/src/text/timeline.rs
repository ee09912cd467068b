//! A cycle, step by step.

use super::{clock, duration, edits, escape, line::request, marks, notes, size};
use crate::{
    times::{Row, RowState, rows},
    wire::{Cycle, Edge, Left, Mark, MarkKind, Omitted, Side, SiteKind, Step},
};
use std::fmt;

/// Width of the column of times, and its gap.
const TIME: usize = 11;
/// Nesting deeper than this is not shown by indentation.
const MAX_INDENT: usize = 24;

/// A cycle as plain text; every byte of it that came from outside is escaped.
///
/// A head line; then each step with its time, an arrow in (`→`) or out (`←`), its stage and name and what its place took
/// by itself, and below it what changed (`+` came, `-` went, `~` changed, `>` moved) and by whom; then the layers that
/// never ran, what was left out, and what recording itself cost.
pub fn timeline(cycle: &Cycle) -> Timeline<'_> {
    Timeline { cycle, times: true }
}

/// What [`timeline`] returns: it shows itself.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'c> {
    cycle: &'c Cycle,
    times: bool,
}

impl Timeline<'_> {
    /// Leaves out all that differs from run to run although the app did the same: times, ids, connections.
    pub fn without_times(self) -> Self {
        Self {
            times: false,
            ..self
        }
    }
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cycle, times } = *self;
        head(f, cycle, times)?;
        let rows = rows(cycle);
        let mut of_entry: Vec<Option<&Row>> = vec![None; cycle.steps.len()];
        for row in &rows {
            if let Some(entry) = row.entry {
                of_entry[entry] = Some(row);
            }
        }
        let mut marks = cycle.marks.iter().peekable();
        for (i, step) in cycle.steps.iter().enumerate() {
            let row = of_entry.get(step.entry as usize).copied().flatten();
            // An inner edge has no line of its own: what changed there was done by the place that it bounds.
            let depth = match is_edge(cycle, step) {
                true => step.parent.and_then(|p| *of_entry.get(p as usize)?),
                false => {
                    step_line(f, cycle, step, row, times)?;
                    row
                }
            };
            let depth = depth.map_or(0, |r| r.depth);
            delta_lines(f, cycle, step, depth)?;
            for note in notes::of_step(cycle, step, times) {
                below(f, depth, format_args!("· {note}"))?;
            }
            let mut here = Vec::new();
            while let Some(mark) = marks.next_if(|m| m.after as usize <= i) {
                here.push(mark);
            }
            mark_lines(f, cycle, &here, depth, times)?;
        }
        foot(f, cycle, &rows, times)
    }
}

fn head(f: &mut fmt::Formatter<'_>, cycle: &Cycle, times: bool) -> fmt::Result {
    let status = cycle.status.map_or("no status".into(), |s| s.to_string());
    let request = request(&cycle.method, &cycle.target);
    if !times {
        return writeln!(f, "{request}  {status}  {}\n", escape(&outcome(cycle)));
    }
    writeln!(
        f,
        "{}  {request}  {status}  {}  {}",
        clock(cycle.started_unix_us),
        duration(cycle.duration_ns),
        escape(&outcome(cycle)),
    )?;
    write!(f, "{}, cycle {}", escape(&cycle.app), escape(&cycle.id))?;
    if let Some(connection) = &cycle.connection {
        write!(f, ", {}", notes::connection(connection))?;
    }
    writeln!(f, "\n")
}

fn outcome(cycle: &Cycle) -> String {
    let site = cycle.outcome.site().and_then(|i| cycle.sites.get(i));
    cycle.outcome.describe(site.map(|s| s.name.as_str()))
}

fn is_edge(cycle: &Cycle, step: &Step) -> bool {
    let site = step.site.and_then(|i| cycle.sites.get(i));
    site.is_some_and(|s| s.kind == SiteKind::Edge)
}

/// The nest that was entered behind a router, with nothing but layers before it.
fn nest<'c>(cycle: &'c Cycle, resolved: &Step) -> Option<&'c str> {
    let behind = cycle.steps.get(resolved.seq as usize + 1..)?;
    let behind = behind.iter().filter(|step| step.edge == Edge::In);
    let mut layers = behind.map_while(|step| {
        let site = cycle.sites.get(step.site?)?;
        site.kind.is_layer().then_some(site)
    });
    let nest = layers.find(|site| site.kind == SiteKind::Nest)?;
    Some(&nest.name)
}

fn step_line(
    f: &mut fmt::Formatter<'_>,
    cycle: &Cycle,
    step: &Step,
    row: Option<&Row>,
    times: bool,
) -> fmt::Result {
    let (arrow, depth) = match step.edge {
        Edge::In => ('→', row.map_or(0, |r| r.depth)),
        Edge::Out => ('←', row.map_or(0, |r| r.depth)),
    };
    let site = step.site.and_then(|i| cycle.sites.get(i));
    let mut text = format!(
        "{arrow} {:indent$}{}",
        "",
        step.stage.as_str(),
        indent = indent(depth)
    );
    if let Some(site) = site {
        text += &format!("  {}", escape(&site.name));
    }
    if step.attempt > 1 {
        text += &format!(" (attempt {})", step.attempt);
    }
    if let Some(resolved) = &step.resolved {
        text += &format!("  {}", notes::found(resolved, nest(cycle, step)));
    }
    match &step.left {
        None | Some(Left::Returned) => {}
        Some(Left::Error { error }) => text += &format!("  error {}", escape(error)),
        Some(Left::Dropped) => text += "  dropped",
        Some(Left::Unwound) => text += "  a panic passed",
        Some(Left::Sent) => text += "  all sent",
        Some(Left::Cut) => text += "  cut before its end",
    }
    if let Some(bytes) = step.sent.as_ref().and_then(|sent| sent.bytes_out) {
        text += &format!(", {} on the wire", size(bytes));
    }
    if !times {
        return writeln!(f, "{:width$}{}", "", text.trim_end(), width = TIME);
    }
    if let (Edge::In, Some(row)) = (step.edge, row) {
        text = format!("{text:<44}  {}", notes::times(row.stage, row.times));
    }
    let time = duration(step.t_ns);
    writeln!(f, "{time:>width$}  {}", text.trim_end(), width = TIME - 2)
}

fn indent(depth: usize) -> usize {
    2 * depth.min(MAX_INDENT)
}

/// A line that belongs to the step above it.
fn below(f: &mut fmt::Formatter<'_>, depth: usize, text: fmt::Arguments<'_>) -> fmt::Result {
    writeln!(f, "{:width$}{text}", "", width = 15 + indent(depth))
}

fn delta_lines(
    f: &mut fmt::Formatter<'_>,
    cycle: &Cycle,
    step: &Step,
    depth: usize,
) -> fmt::Result {
    let Some(delta) = &step.delta else {
        return Ok(());
    };
    // On the way out the step itself names who did it.
    let by = match step.edge {
        Edge::In => edits::author(cycle, step).and_then(|i| cycle.sites.get(i)),
        Edge::Out => None,
    };
    let by = by.map_or(String::new(), |s| format!("  by {}", escape(&s.name)));
    for edit in edits::edits(cycle, delta) {
        below(f, depth, format_args!("{} {}{by}", edit.sign, edit.text))?;
    }
    Ok(())
}

fn mark_lines(
    f: &mut fmt::Formatter<'_>,
    cycle: &Cycle,
    marks: &[&Mark],
    depth: usize,
    times: bool,
) -> fmt::Result {
    let mut rest = marks;
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        match &first.what {
            MarkKind::BodyFrame { body, len } => {
                let (mut frames, mut bytes) = (1u64, *len);
                while let Some((next, others)) = rest.split_first() {
                    match next.what {
                        MarkKind::BodyFrame { body: b, len } if b == *body => {
                            frames += 1;
                            bytes = bytes.saturating_add(len);
                            rest = others;
                        }
                        _ => break,
                    }
                }
                let side = match cycle.bodies.get(*body).map(|b| b.side) {
                    Some(Side::Request) => "request body: ",
                    Some(Side::Response) => "response body: ",
                    None => "body: ",
                };
                let s = if frames == 1 { "" } else { "s" };
                let text = format_args!("· {side}{frames} frame{s}, {}", size(bytes));
                below(f, depth, text)?;
            }
            what => {
                let timeless = (!times).then(|| marks::timeless(what));
                let mut said = marks::lines(timeless.as_ref().unwrap_or(what)).into_iter();
                let first = said.next().unwrap_or_default();
                below(f, depth, format_args!("· {first}"))?;
                for line in said {
                    below(f, depth, format_args!("    {line}"))?;
                }
            }
        }
    }
    Ok(())
}

fn foot(f: &mut fmt::Formatter<'_>, cycle: &Cycle, rows: &[Row], times: bool) -> fmt::Result {
    let never: Vec<_> = rows
        .iter()
        .filter(|r| r.state == RowState::NeverRan)
        .map(|r| escape(r.name(cycle)))
        .collect();
    writeln!(f)?;
    if !never.is_empty() {
        writeln!(f, "never ran: {}", never.join(", "))?;
    }
    for body in &cycle.bodies {
        for line in notes::of_body(body, times) {
            writeln!(f, "{line}")?;
        }
    }
    if let Some(omitted) = omitted(cycle.omitted) {
        writeln!(f, "left out, too many for one cycle: {omitted}")?;
    }
    if !times {
        return Ok(());
    }
    writeln!(
        f,
        "recording itself took {} of the {}; no time above contains it",
        duration(cycle.cost_ns),
        duration(cycle.duration_ns)
    )
}

/// What a cap on the cycle's size left out: `12 marks`. None: nothing.
pub fn omitted(omitted: Omitted) -> Option<String> {
    let left_out = [
        (omitted.steps, ["step", "steps"]),
        (omitted.marks, ["mark", "marks"]),
        (omitted.bodies, ["look at a body", "looks at bodies"]),
    ];
    let words: Vec<_> = left_out
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, [one, many])| format!("{n} {}", if n == 1 { one } else { many }))
        .collect();
    (!words.is_empty()).then(|| words.join(" and "))
}
