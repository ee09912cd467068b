//! Trace events, the JSON that Chrome's `about:tracing` and Perfetto open.
//!
//! An app run is a process, a cycle a thread of it, so that cycles that overlap stand below each other. A place is a slice,
//! a mark an instant.

use super::json;
use onionskin::{
    text::{self, edits::edits, escape},
    times::{Row, RowState, rows},
    wire::{Cycle, Step},
};
use serde_json::{Map, Value, json as value};
use std::collections::HashMap;

pub(super) const HEAD: &str = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
pub(super) const TAIL: &str = "\n]}\n";

const DAY_US: u64 = 86_400_000_000;

/// Where the times of a file begin, and the numbers of its processes.
///
/// Readers hold times as 64-bit floats of microseconds; counted from 1970 they would have no nanoseconds left. So they are
/// counted from the midnight (UTC) one day before the first cycle. A cycle that began before that is shown at it.
#[derive(Debug, Default)]
pub(super) struct Clock {
    from_us: Option<u64>,
    runs: HashMap<String, u64>,
}

impl Clock {
    fn start_us(&mut self, cycle: &Cycle) -> u64 {
        let midnight = cycle.started_unix_us / DAY_US * DAY_US;
        let from = *self.from_us.get_or_insert(midnight.saturating_sub(DAY_US));
        cycle.started_unix_us.saturating_sub(from)
    }

    /// The run's number, and whether it is new.
    fn process(&mut self, run: &str) -> (u64, bool) {
        let next = self.runs.len() as u64 + 1;
        let number = *self.runs.entry(run.into()).or_insert(next);
        (number, number == next)
    }
}

/// The events of a cycle, with commas between them.
pub(super) fn events(out: &mut Vec<u8>, cycle: &Cycle, clock: &mut Clock) {
    let start_us = clock.start_us(cycle);
    let (pid, is_new) = clock.process(&cycle.run);
    let place = Place {
        start_us,
        pid,
        tid: cycle.number,
    };
    let mut events = Vec::new();
    if is_new {
        let name = format!("{} {}", cycle.app, cycle.run);
        events.push(named("process_name", place, &name));
    }
    let line = format!("{} {}", cycle.method, cycle.target);
    events.push(named(
        "thread_name",
        place,
        &format!("#{} {line}", cycle.number),
    ));
    events.push(place.slice(&line, "cycle", 0, cycle.duration_ns, about(cycle)));
    for row in rows(cycle) {
        if row.state != RowState::NeverRan {
            let (name, stage) = (row.name(cycle), row.stage.as_str());
            let to_ns = end_of(cycle, &row);
            events.push(place.slice(name, stage, row.from_ns, to_ns, what(cycle, &row)));
        }
    }
    for mark in &cycle.marks {
        events.push(place.instant(&text::mark(&mark.what), mark.t_ns));
    }
    for (i, event) in events.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b",\n");
        }
        json(out, event);
    }
}

/// Where the events of a cycle belong.
#[derive(Clone, Copy)]
struct Place {
    start_us: u64,
    pid: u64,
    tid: u64,
}

impl Place {
    fn slice(
        self,
        name: &str,
        kind: &str,
        from_ns: u64,
        to_ns: u64,
        args: Map<String, Value>,
    ) -> Value {
        value!({
            "ph": "X", "name": escape(name), "cat": kind, "pid": self.pid, "tid": self.tid,
            "ts": self.ts(from_ns), "dur": to_ns.saturating_sub(from_ns) as f64 / 1e3, "args": args,
        })
    }

    fn instant(self, name: &str, t_ns: u64) -> Value {
        value!({
            "ph": "i", "s": "t", "name": name, "cat": "mark", "pid": self.pid, "tid": self.tid, "ts": self.ts(t_ns),
        })
    }

    fn ts(self, t_ns: u64) -> f64 {
        self.start_us as f64 + t_ns as f64 / 1e3
    }
}

fn named(what: &str, place: Place, name: &str) -> Value {
    value!({"ph": "M", "name": what, "pid": place.pid, "tid": place.tid, "args": {"name": escape(name)}})
}

/// A router is left when its route is found; what it holds is inside of it all the same.
fn end_of(cycle: &Cycle, row: &Row) -> u64 {
    let left = row.entry.and_then(|entry| {
        let of_it = |step: &&Step| step.entry as usize == entry && step.left.is_some();
        cycle.steps.iter().rev().find(of_it)
    });
    left.map_or(row.to_ns, |step| step.t_ns.max(row.from_ns))
}

fn about(cycle: &Cycle) -> Map<String, Value> {
    let site = cycle.outcome.site().and_then(|i| cycle.sites.get(i));
    let outcome = cycle.outcome.describe(site.map(|s| s.name.as_str()));
    let mut args = Map::new();
    args.insert("cycle".into(), cycle.id.clone().into());
    args.insert("outcome".into(), escape(&outcome).into());
    args.insert("http.response.status_code".into(), cycle.status.into());
    args.insert("http.route".into(), cycle.route.clone().into());
    args.insert("cost_ns".into(), cycle.cost_ns.into());
    args
}

/// What a place changed and how long it took by itself.
fn what(cycle: &Cycle, row: &Row) -> Map<String, Value> {
    let mut args = Map::new();
    if let Some(site) = row.site.and_then(|i| cycle.sites.get(i)) {
        args.insert("code".into(), format!("{}:{}", site.file, site.line).into());
    }
    let times = row.times;
    for (name, ns) in [
        ("in_ns", times.in_ns),
        ("inner_ns", times.inner_ns),
        ("out_ns", times.out_ns),
        ("idle_ns", times.idle_ns),
    ] {
        args.insert(name.into(), ns.into());
    }
    for step in cycle
        .steps
        .iter()
        .filter(|step| Some(step.entry as usize) == row.entry)
    {
        let Some(delta) = &step.delta else { continue };
        let lines: Vec<_> = edits(cycle, delta)
            .into_iter()
            .map(|e| format!("{} {}", e.sign, e.text))
            .collect();
        if !lines.is_empty() {
            args.insert(format!("step {}", step.seq), lines.into());
        }
    }
    args
}
