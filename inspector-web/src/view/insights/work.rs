//! What was done: statements, time, bodies.

use super::{about, insight, name};
use crate::{
    model::{Insight, InsightKind},
    view::places::Places,
};
use onionskin::{
    replay::side_of,
    text, times,
    wire::{Cycle, MarkKind, Side, Stage},
};
use std::collections::BTreeMap;

/// The same statement this often in one place is a loop around a query.
const REPEATED: usize = 3;

/// How long a thread may be kept: far more than what a busy machine makes of a poll that is short.
const BLOCKED_NS: u64 = 100_000_000;

/// Statements that come in pairs or lead to others, whatever they are for.
const HOUSEKEEPING: [&str; 8] = [
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "PRAGMA",
    "SET",
    "START",
];

pub(super) fn repeated_queries(places: &Places<'_>) -> Vec<Insight> {
    // How often, and the step before the first.
    let mut seen: BTreeMap<(Option<usize>, &str), (usize, u32)> = BTreeMap::new();
    for mark in &places.cycle.marks {
        let MarkKind::Sql { statement, .. } = &mark.what else {
            continue;
        };
        let first = statement
            .split_ascii_whitespace()
            .next()
            .unwrap_or_default();
        if HOUSEKEEPING
            .iter()
            .any(|word| word.eq_ignore_ascii_case(first))
        {
            continue;
        }
        let row = mark.inside.and_then(|entry| places.row(entry as usize));
        let (count, _) = seen.entry((row, statement)).or_insert((0, mark.after));
        *count += 1;
    }
    let often = seen
        .into_iter()
        .filter(|(_, (count, _))| *count >= REPEATED);
    often
        .map(|((row, statement), (count, step))| {
            let who = name(places, row);
            let text = format!("{who} ran the same statement {count} times: {statement}");
            let remark = insight(InsightKind::RepeatedQuery, text, row, Some(step));
            about(statement, remark)
        })
        .collect()
}

/// One that waited, if only once, may have been polled in small pieces; one that did not was polled in one.
pub(super) fn blocked_threads(places: &Places<'_>) -> Vec<Insight> {
    let segments = times::segments(places.cycle).into_iter();
    let blocked = segments.filter(|s| s.idle_ns == 0 && s.len_ns() >= BLOCKED_NS);
    blocked
        .filter_map(|segment| {
            let entry = segment.entry?;
            let row = places.own_row(entry)?;
            // Before the app and behind it is no future of the app.
            let stage = places.rows[row].stage;
            let is_app = matches!(stage, Stage::Middleware | Stage::View);
            let (who, long) = (name(places, Some(row)), text::duration(segment.len_ns()));
            let text = format!("{who} kept its thread for {long} without waiting once");
            let step = u32::try_from(entry).ok();
            is_app.then(|| insight(InsightKind::BlockedThread, text, Some(row), step))
        })
        .collect()
}

/// A body in the place of another that has the same bytes and was read to its end before. One that is read when the other is
/// asked for is passed on, with something around it: a timeout, a limit, a count.
pub(super) fn buffered_bodies(places: &Places<'_>) -> Vec<Insight> {
    let cycle = places.cycle;
    let steps = cycle.steps.iter().enumerate();
    steps
        .filter_map(|(at, step)| {
            let change = step.delta.as_ref()?.body.as_ref()?;
            let body = |index: Option<usize>| cycle.bodies.get(index?);
            let (from, to) = (body(change.from?.body)?, body(change.to.body)?);
            let is_copy =
                from.len > 0 && from.hash.is_some() && (from.len, &from.hash) == (to.len, &to.hash);
            let is_copy = is_copy && was_read_before(cycle, change.from?.body?, step.seq);
            let row = places.author(at).filter(|_| is_copy)?;
            let (who, size) = (name(places, Some(row)), text::size(from.len));
            let side = match side_of(step) {
                Side::Request => "request",
                Side::Response => "response",
            };
            let text = format!(
                "{who} took in the body of the {side} ({size}) and put a copy of it in its place"
            );
            let remark = insight(InsightKind::BodyBuffered, text, Some(row), Some(step.seq));
            Some(about(side, remark))
        })
        .collect()
}

/// Whether all that was read of a body was read before a step.
fn was_read_before(cycle: &Cycle, body: usize, step: u32) -> bool {
    let mut frames = cycle
        .marks
        .iter()
        .filter(|mark| matches!(mark.what, MarkKind::BodyFrame { body: of, .. } if of == body));
    cycle.omitted.marks == 0 && frames.all(|mark| mark.after < step)
}
