//! What a reviewer would remark on a cycle. A remark that is wrong costs more than one that is missing: each of these says only
//! what the recording shows.

mod headers;
mod work;

use super::places::Places;
use crate::model::{Insight, InsightKind};
use onionskin::{replay::Replay, wire::Cycle};

/// The remarks on a cycle, by kind.
pub fn insights(cycle: &Cycle) -> Vec<Insight> {
    let places = Places::new(cycle);
    let mut insights = work::repeated_queries(&places);
    insights.extend(work::blocked_threads(&places));
    if let Ok(replay) = Replay::new(cycle) {
        insights.extend(headers::overwritten(&places, &replay));
        insights.extend(headers::compressed_twice(&places, &replay));
        insights.extend(headers::readable_cookies(&places, &replay));
        insights.extend(headers::preflight_refused(&places, &replay));
        insights.extend(work::buffered_bodies(&places));
    }
    insights
}

fn insight(kind: InsightKind, text: String, row: Option<usize>, step: Option<u32>) -> Insight {
    Insight {
        kind,
        text,
        about: None,
        row,
        step,
    }
}

/// A remark on a header, a cookie, a statement, a message.
fn about(what: &str, insight: Insight) -> Insight {
    Insight {
        about: Some(what.to_owned()),
        ..insight
    }
}

/// Name of a row, for a sentence.
fn name<'p>(places: &'p Places<'_>, row: Option<usize>) -> &'p str {
    row.map_or("somebody", |row| places.rows[row].name(places.cycle))
}

#[cfg(test)]
mod tests;
