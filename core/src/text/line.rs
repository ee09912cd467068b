//! A cycle on one line.

use super::{clock, duration, escape};
use crate::wire::{CycleSummary, Outcome};

/// One line, escaped: time, method, target, status, duration, statements, and the outcome where it is not `completed`.
pub fn line(cycle: &CycleSummary) -> String {
    let status = cycle.status.map_or("---".into(), |s| s.to_string());
    let mut line = format!(
        "{}  {:<7} {:<32} {status}  {:>9}",
        clock(cycle.started_unix_us),
        escape(&cycle.method),
        escape(&cycle.target),
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
