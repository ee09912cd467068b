//! The recorded timeline against the one that the kit asks for.

use crate::{
    contents,
    drive::Ran,
    ending,
    expect::{Want, Wanted, wanted},
    messages::Messages,
    plan::Case,
};
use onionskin::{
    testing::Recorded,
    wire::{Cycle, Left, MarkKind, Step},
};

/// What is wrong, if something is.
pub type Verdict = Result<(), String>;

/// Fails with a text unless a condition holds.
#[macro_export]
macro_rules! hold {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

/// Whether the recording of a case is true.
pub fn check(case: &Case, ran: &Ran) -> Verdict {
    let Some(cycle) = &ran.cycle else {
        return Err("no cycle was recorded".into());
    };
    let wanted = wanted(case, &ran.events);
    let told = |what: String| format!("{what}\n\n{}", side_by_side(&wanted, cycle));
    steps(&wanted, cycle).map_err(told)?;
    marks(&wanted, cycle).map_err(told)?;
    let mut messages = Messages::new(cycle, &wanted);
    for (seq, want) in wanted.steps.iter().enumerate() {
        messages.check(&wanted, seq, want).map_err(told)?;
    }
    contents::check(&messages.bodies, ran, cycle).map_err(told)?;
    ending::check(case, ran, &wanted, cycle).map_err(told)
}

fn left(step: &Step) -> Option<&'static str> {
    step.left.as_ref().map(|left| match left {
        Left::Returned => "returned",
        Left::Error { .. } => "error",
        Left::Dropped => "dropped",
        Left::Unwound => "unwound",
        Left::Sent => "sent",
        Left::Cut => "cut",
    })
}

fn site(cycle: &Cycle, step: &Step) -> String {
    let site = step.site.map(|s| &cycle.sites[s]);
    site.map_or_else(String::new, |s| format!("{:?} {}", s.kind, s.name))
}

fn line_of_want(want: &Want) -> String {
    format!(
        "{:?} {:?} {:?} {} entry {} in {:?} attempt {} {}",
        want.stage,
        want.edge,
        want.at.0,
        want.at.1,
        want.entry,
        want.parent,
        want.attempt,
        want.left.unwrap_or("")
    )
}

fn line_of_step(cycle: &Cycle, step: &Step) -> String {
    format!(
        "{:?} {:?} {} entry {} in {:?} attempt {} {}",
        step.stage,
        step.edge,
        site(cycle, step),
        step.entry,
        step.parent,
        step.attempt,
        left(step).unwrap_or("")
    )
}

fn side_by_side(wanted: &Wanted, cycle: &Recorded) -> String {
    let mut text = String::new();
    for i in 0..wanted.steps.len().max(cycle.steps.len()) {
        let want = wanted.steps.get(i).map_or("-".into(), line_of_want);
        let step = cycle.steps.get(i);
        let step = step.map_or("-".into(), |s| line_of_step(cycle, s));
        let mark = if want == step { ' ' } else { '!' };
        text += &format!("{mark} {i:3} {want:<75} | {step}\n");
    }
    text
}

fn steps(wanted: &Wanted, cycle: &Cycle) -> Verdict {
    hold!(
        cycle.omitted.steps == 0,
        "{} steps were left out",
        cycle.omitted.steps
    );
    for (seq, (want, step)) in wanted.steps.iter().zip(&cycle.steps).enumerate() {
        let (want_line, step_line) = (line_of_want(want), line_of_step(cycle, step));
        hold!(
            want_line == step_line,
            "step {seq} is\n  {step_line}\nand not\n  {want_line}"
        );
        let route = step.resolved.as_ref().map(|r| r.route.clone());
        hold!(
            want.resolved == route,
            "step {seq}: resolved {route:?} and not {:?}",
            want.resolved
        );
        if want.seen.is_some() {
            let base = step.delta.as_ref().and_then(|d| d.base);
            hold!(
                base == want.base.map(|b| b as u32),
                "step {seq} is relative to {base:?} and not to {:?}",
                want.base
            );
        } else {
            hold!(
                step.delta.is_none()
                    || step.left == Some(Left::Sent)
                    || step.left == Some(Left::Cut),
                "step {seq} has a delta and there is no message"
            );
        }
    }
    hold!(
        cycle.steps.first().is_none_or(|step| step.t_ns == 0),
        "the cycle does not begin with its first step"
    );
    let cost: u64 = cycle.steps.iter().map(|step| step.cost_ns).sum();
    hold!(
        cost == cycle.cost_ns,
        "steps cost {cost} and all of it {}",
        cycle.cost_ns
    );
    let idle = cycle.steps.last().map_or(0, |step| step.idle_ns);
    hold!(
        cycle.steps.is_sorted_by_key(|step| step.idle_ns) && idle <= cycle.idle_ns,
        "idle times of the steps are not parts of {}",
        cycle.idle_ns
    );
    let (n, m) = (wanted.steps.len(), cycle.steps.len());
    hold!(n == m, "{m} steps and not {n}");
    Ok(())
}

fn marks(wanted: &Wanted, cycle: &Cycle) -> Verdict {
    let rebuilt: Vec<_> = cycle
        .marks
        .iter()
        .filter(|m| m.what == MarkKind::Rebuilt)
        .map(|m| {
            (
                m.after as usize,
                m.inside.map_or(usize::MAX, |i| i as usize),
            )
        })
        .collect();
    hold!(
        rebuilt == wanted.rebuilt,
        "rebuilt at {rebuilt:?} and not at {:?}",
        wanted.rebuilt
    );
    Ok(())
}
