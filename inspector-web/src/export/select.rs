//! Which cycles are exported, and the export itself.

use super::Exporter;
use crate::{filter::Filter, store::Store};
use onionskin::wire::Cycle;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which cycles are wanted.
#[derive(Clone, Debug)]
pub struct Wanted(pub(super) Which);

#[derive(Clone, Debug)]
pub(super) enum Which {
    Matching(Filter),
    Ids(Vec<String>),
}

/// A text that is no filter, with a line that points at the part that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n\n  {text}\n  {pointer}")]
pub struct BadFilter {
    message: String,
    text: String,
    pointer: String,
}

impl Wanted {
    /// Those that match a filter; an empty one lets all pass.
    ///
    /// # Errors
    /// If it is no filter.
    pub fn matching(filter: &str) -> Result<Self, BadFilter> {
        let parsed = Filter::parse(filter).map_err(|error| {
            let before = filter.get(..error.at).unwrap_or(filter).chars().count();
            let wrong = filter
                .get(error.at..error.at + error.len)
                .map_or(0, |part| part.chars().count());
            BadFilter {
                message: error.message,
                text: onionskin::text::escape(filter).into_owned(),
                pointer: " ".repeat(before) + &"^".repeat(wrong.max(1)),
            }
        })?;
        Ok(Self(Which::Matching(parsed)))
    }

    /// Those with these ids.
    pub fn ids(ids: Vec<String>) -> Self {
        Self(Which::Ids(ids))
    }

    pub(crate) fn filter(filter: Filter) -> Self {
        Self(Which::Matching(filter))
    }
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cycles that are done.
    pub done: u64,
    /// Cycles there are to do.
    pub all: u64,
}

/// What an export did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Cycles that were written.
    pub cycles: u64,
    /// Cycles that were wanted and could not be had: ids that nobody has, records that are damaged or made room meanwhile.
    pub missing: u64,
    /// What the file lacks, for people; each once.
    pub notes: Vec<String>,
}

impl Store {
    /// Positions of the cycles that are wanted, oldest first.
    pub(crate) fn positions(&self, wanted: &Wanted, stop: &AtomicBool) -> Vec<u64> {
        match &wanted.0 {
            Which::Matching(filter) => {
                let matches = self.matches(filter);
                matches.advance(self, stop);
                matches.after(0).0
            }
            Which::Ids(ids) => ids.iter().filter_map(|id| self.position(id)).collect(),
        }
    }

    /// Writes the cycles that are wanted, oldest first, piece by piece, until `piece` says that it wants no more.
    pub fn export(
        &self,
        wanted: &Wanted,
        mut exporter: Exporter,
        mut piece: impl FnMut(Vec<u8>, Progress) -> bool,
    ) -> Exported {
        let stop = AtomicBool::new(false);
        let mut exported = Exported::default();
        let mut one = |cycle: Option<Cycle>, progress| {
            let Some(cycle) = cycle else {
                exported.missing += 1;
                return;
            };
            for note in super::notes(exporter.format, &cycle) {
                if !exported.notes.contains(&note) {
                    exported.notes.push(note);
                }
            }
            let before = exporter.written();
            let bytes = exporter.add(&cycle);
            exported.cycles += exporter.written() - before;
            if !piece(bytes, progress) {
                stop.store(true, Ordering::Relaxed);
            }
        };
        match &wanted.0 {
            Which::Matching(filter) => {
                let (mut done, mut all) = (0, 0);
                self.each_match(filter, &stop, |entry, count| {
                    (done, all) = (done + 1, count);
                    let tables = self.tables(&entry.summary.run);
                    one(
                        tables.and_then(|tables| entry.record.decode(&tables)),
                        Progress { done, all },
                    );
                });
                exported.missing += all.saturating_sub(done);
            }
            Which::Ids(ids) => {
                for (done, id) in (1..).zip(ids) {
                    if !stop.load(Ordering::Relaxed) {
                        one(
                            self.cycle(id),
                            Progress {
                                done,
                                all: ids.len() as u64,
                            },
                        );
                    }
                }
            }
        }
        if !stop.load(Ordering::Relaxed) {
            let all = exported.cycles;
            piece(exporter.end(), Progress { done: all, all });
        }
        exported
    }
}
