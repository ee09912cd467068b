//! What there is to say of a step beside its message, and what happened before the next one. What the timeline has to cut
//! where there is little room is whole here.

use super::{
    View,
    lines::{MessageLine, Role, piece},
};
use onionskin::{
    replay,
    text::{self, duration, escape, notes, size},
    times::Times,
    wire::{Edge, Left, Resolved, Sent, Side, Stage},
};
use onionskin_web::{
    model::{BodyLine, Row, RowState, StepLine, Timeline},
    view::is_fault,
};

/// The notes on a step, if they belong to this side.
pub(super) fn lines(view: &View, step: &StepLine, side: Side) -> Vec<MessageLine> {
    if replay::side(step.stage, step.edge) != side {
        return Vec::new();
    }
    let point_of =
        |role| move |note: String| MessageLine::of(vec![piece(Role::Dim, "· "), piece(role, note)]);
    let point = point_of(Role::Plain);
    let timeline = &view.timeline;
    let mut notes: Vec<_> = of_step(timeline, step).into_iter().map(point).collect();
    let marks = timeline.marks.iter().filter(|mark| mark.after == step.seq);
    for mark in marks {
        let mut lines = text::lines(&mark.what).into_iter();
        let role = match is_fault(&mark.what) {
            true => Role::Warning,
            false => Role::Plain,
        };
        notes.extend(lines.next().map(point_of(role)));
        notes.extend(lines.map(|line| MessageLine::plain(format!("    {line}"))));
    }
    notes
}

fn of_step(timeline: &Timeline, step: &StepLine) -> Vec<String> {
    let mut lines = Vec::new();
    let connection = timeline.connection.as_ref();
    if let Some(connection) = connection.filter(|_| step.seq == 0) {
        lines.push(notes::connection(connection));
    }
    match (step.stage, step.edge) {
        (Stage::Parse, Edge::In) => lines.extend(connection.map(notes::received)),
        _ if step.seq == 0 => lines.push(notes::UNSERVED.into()),
        _ => {}
    }
    let row = step.row.and_then(|row| timeline.rows.get(row));
    match step.edge {
        Edge::In => {
            let entered_here = row.filter(|row| row.entry == Some(step.seq));
            lines.extend(entered_here.iter().flat_map(|row| entered(row)));
        }
        Edge::Out => lines.extend(left(step)),
    }
    if step.seq as usize + 1 == timeline.steps.len() {
        lines.extend(ended(timeline));
    }
    lines
}

/// Of the place that a step enters: where it was added, the time that it had for itself, what it takes.
fn entered(row: &Row) -> Vec<String> {
    let at = row.source.as_ref();
    let at = at.map(|at| format!("at {}:{}, ", escape(&at.file), at.line));
    let times = Times {
        in_ns: row.in_ns,
        inner_ns: row.inner_ns,
        out_ns: row.out_ns,
        idle_ns: row.idle_ns,
    };
    let times = notes::times(row.stage, times);
    let mut lines = vec![at.unwrap_or_default() + &times];
    if row.attempt > 1 {
        lines.push(format!("attempt {}", row.attempt));
    }
    lines.extend(notes::view(None, &row.extractors));
    lines
}

/// Of a step that leaves a place: what was found there, and how it was left.
fn left(step: &StepLine) -> Vec<String> {
    let mut lines: Vec<_> = step.resolved.iter().flat_map(found).collect();
    if let Some(Left::Error { error }) = &step.left {
        lines.push(format!("error {}", escape(error)));
    }
    lines.extend(step.sent.iter().flat_map(sent));
    lines
}

fn found(resolved: &Resolved) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(route) = &resolved.route {
        lines.push(format!("route {}", escape(route)));
    }
    let params = resolved.params.iter();
    lines.extend(params.map(|(name, value)| format!("{}={}", escape(name), escape(value))));
    lines.extend(notes::refused(&resolved.tried));
    lines
}

fn sent(sent: &Sent) -> Vec<String> {
    let bytes = sent.bytes_out.iter();
    let bytes = bytes.map(|bytes| format!("{} on the wire", size(*bytes)));
    bytes.chain(notes::sent(sent, true)).collect()
}

/// How the cycle ended, what never ran, and what there is to say of it as a whole.
fn ended(timeline: &Timeline) -> Vec<String> {
    let mut lines = vec![escape(&timeline.outcome_text).into_owned()];
    let rows = timeline.rows.iter();
    let never: Vec<_> = rows
        .filter(|row| row.state == RowState::NeverRan)
        .map(|row| escape(&row.name))
        .collect();
    if !never.is_empty() {
        lines.push(format!("never ran: {}", never.join(", ")));
    }
    lines.extend(timeline.bodies.iter().flat_map(body));
    if let Some(omitted) = &timeline.omitted_text {
        lines.push(format!("left out, too many for one cycle: {omitted}"));
    }
    lines.push(format!("recording took {}", duration(timeline.cost_ns)));
    lines
}

fn body(body: &BodyLine) -> Vec<String> {
    let side = match body.side {
        Side::Request => "request",
        Side::Response => "response",
    };
    let passed = notes::passed(body.len, body.frames, body.events, &body.end);
    let mut line = format!("{side} body: {passed}");
    if let Some(hash) = body.hash.as_ref().filter(|_| body.frames > 0) {
        line += &format!(", xxh64 {}", escape(hash));
    }
    let mut lines = vec![line];
    lines.extend(notes::trailers(&body.trailers));
    lines
}
