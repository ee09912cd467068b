//! The rows of a cycle, found by step.

use onionskin::{
    replay,
    times::{self, Row, entry_of, parent_of},
    wire::{Cycle, Edge, Stage},
};

/// The rows of a cycle, and for each step that enters the row that it is about.
pub(super) struct Places<'c> {
    pub(super) cycle: &'c Cycle,
    pub(super) rows: Vec<Row>,
    row_of: Vec<Option<usize>>,
}

impl<'c> Places<'c> {
    pub(super) fn new(cycle: &'c Cycle) -> Self {
        let rows = times::rows(cycle);
        let mut row_of = vec![None; cycle.steps.len()];
        for (row, entry) in rows.iter().enumerate() {
            if let Some(entry) = entry.entry {
                row_of[entry] = Some(row);
            }
        }
        Self {
            cycle,
            rows,
            row_of,
        }
    }

    /// The row that an `in` step begins; an inner edge has none.
    pub(super) fn own_row(&self, entry: usize) -> Option<usize> {
        *self.row_of.get(entry)?
    }

    /// The row of an `in` step; of an inner edge, the row of its layer.
    pub(super) fn row(&self, mut entry: usize) -> Option<usize> {
        loop {
            match self.own_row(entry) {
                Some(row) => return Some(row),
                None => entry = parent_of(&self.cycle.steps, entry)?,
            }
        }
    }

    /// The row that a step is about.
    pub(super) fn row_of_step(&self, step: usize) -> Option<usize> {
        self.row(entry_of(&self.cycle.steps, step)?)
    }

    /// The row that made the change which a step shows.
    pub(super) fn author(&self, step: usize) -> Option<usize> {
        let step = self.cycle.steps.get(step)?;
        match (replay::author(self.cycle, step), step.edge) {
            (Some(entry), _) => self.row(entry),
            // An app that does not say which passing of a place was left says at least which place.
            (None, Edge::Out) => self.row_of_site(step.site?),
            (None, Edge::In) => None,
        }
    }

    /// The row that passed a site last.
    pub(super) fn row_of_site(&self, site: usize) -> Option<usize> {
        let ran = |row: &Row| row.site == Some(site) && row.entry.is_some();
        self.rows.iter().rposition(ran)
    }

    /// Name of the one who made the change which a step shows.
    pub(super) fn author_name(&self, step: usize) -> String {
        let stage = self.cycle.steps.get(step).map(|s| s.stage);
        match self.author(step) {
            Some(row) => self.rows[row].name(self.cycle).into(),
            None if stage == Some(Stage::Parse) => "client".into(),
            None => "outside".into(),
        }
    }
}
