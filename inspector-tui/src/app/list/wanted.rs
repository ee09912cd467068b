//! What a line of the list says of its cycle at any length, and the columns that it wants for that.

use onionskin::{
    text::{escape, grouped, target},
    wire::{CycleSummary, Outcome},
};
use unicode_width::UnicodeWidthChar;

/// Columns for the widest of what is listed. They only grow, until others are listed: a list that moves keeps its columns still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// For targets.
    pub target: usize,
    /// For [`remarks`].
    pub remarks: usize,
    /// For the app, without its run.
    pub app: usize,
}

impl Wanted {
    /// Another cycle is listed.
    pub(super) fn grow(&mut self, cycle: &CycleSummary) {
        let target = target(&cycle.method, &cycle.target);
        self.target = self.target.max(width(&target));
        self.remarks = self.remarks.max(width(&remarks(cycle)));
        self.app = self.app.max(width(&escape(&cycle.app)));
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The outcome where it is not `completed`; what the view asked of others. Escaped.
pub fn remarks(cycle: &CycleSummary) -> String {
    let mut remarks = Vec::new();
    if cycle.outcome != Outcome::Completed {
        let outcome = cycle.outcome.describe(cycle.outcome_site.as_deref());
        remarks.push(escape(&outcome).into_owned());
    }
    for (n, what) in [(cycle.sql, "sql"), (cycle.logs, "log")] {
        if n > 0 {
            remarks.push(format!("{} {what}", grouped(n)));
        }
    }
    remarks.join(" · ")
}
