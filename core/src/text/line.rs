//! A cycle on one line.

use super::{clock, duration, escape};
use crate::wire::{CycleSummary, Outcome};
use std::borrow::Cow;

/// The target of a request, escaped; a cycle that never became one has no method, and says so here.
pub fn target<'t>(method: &str, target: &'t str) -> Cow<'t, str> {
    match method.is_empty() && target.is_empty() {
        true => "(no request)".into(),
        false => escape(target),
    }
}

/// Method and target, escaped.
pub(super) fn request(method: &str, target: &str) -> String {
    let target = self::target(method, target);
    match method.is_empty() {
        true => target.into_owned(),
        false => format!("{} {target}", escape(method)),
    }
}

/// One line, escaped: time, method, target, status, duration, statements, and the outcome where it is not `completed`.
pub fn line(cycle: &CycleSummary) -> String {
    let status = cycle.status.map_or("---".into(), |s| s.to_string());
    let mut line = format!(
        "{}  {:<7} {:<32} {status}  {:>9}",
        clock(cycle.started_unix_us),
        escape(&cycle.method),
        target(&cycle.method, &cycle.target),
        duration(cycle.duration_ns),
    );
    if cycle.sql > 0 {
        line += &format!("  {} sql", cycle.sql);
    }
    if cycle.outcome != Outcome::Completed {
        let outcome = cycle.outcome.describe(cycle.outcome_site.as_deref());
        line += &format!("  {}", escape(&outcome));
    }
    line
}
