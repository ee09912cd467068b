//! A cycle that is open: its rows, its messages at every step, and the step we are at.

use super::Player;
use onionskin::{
    replay::Replay,
    text::edits,
    times::{self, Row},
    wire::{Cycle, Site, Step},
};
use onionskin_web::model::CycleSpans;

/// A cycle that is open.
#[derive(Debug)]
pub struct View {
    /// The cycle.
    pub cycle: Cycle,
    /// The rows of its timeline.
    pub rows: Vec<Row>,
    /// Its messages at every step, or why they can't be told.
    pub replay: Result<Replay, String>,
    /// The step we are at.
    pub player: Player,
    /// What other services did in its trace, as far as that has come.
    pub spans: CycleSpans,
}

impl View {
    /// Opens a cycle at its first step.
    pub fn new(cycle: Cycle) -> Self {
        Self {
            rows: times::rows(&cycle),
            replay: Replay::new(&cycle).map_err(|e| e.to_string()),
            player: Player::new(cycle.steps.len()),
            spans: CycleSpans::default(),
            cycle,
        }
    }

    /// The step we are at.
    pub fn step(&self) -> Option<&Step> {
        self.cycle.steps.get(self.player.step())
    }

    /// Index of the row that the step is about.
    pub fn row(&self) -> Option<usize> {
        let entry = self.step()?.entry as usize;
        // What has no row of its own, an inner edge, belongs to the row before it.
        self.rows
            .iter()
            .rposition(|r| r.entry.is_some_and(|e| e <= entry))
    }

    /// The site of an index.
    pub fn site(&self, index: Option<usize>) -> Option<&Site> {
        self.cycle.sites.get(index?)
    }

    /// Name of the one who made what a step shows.
    pub fn author(&self, step: u32) -> Option<&str> {
        let step = self.cycle.steps.get(step as usize)?;
        let site = self.site(edits::author(&self.cycle, step))?;
        Some(&site.name)
    }
}
