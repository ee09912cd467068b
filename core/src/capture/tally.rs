//! What became of the cycles of this process, in figures that add up whenever they are asked for.

use crate::capture::sync::{AtomicU64, Ordering};

/// Figures that only grow. Threads of the app count, the agent asks.
pub(crate) struct Tally {
    /// Cycles that have begun, which is also the number of the newest.
    pub(crate) seen: AtomicU64,
    /// Those that a filter left out.
    pub(crate) filtered: AtomicU64,
    /// Those that found their outbox full.
    pub(crate) full: AtomicU64,
    /// Those that were given up because recording them failed.
    pub(crate) broken: AtomicU64,
}

/// The figures at one moment: `seen = open + recorded + filtered + full + broken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) seen: u64,
    pub(crate) open: u64,
    pub(crate) filtered: u64,
    pub(crate) full: u64,
    pub(crate) broken: u64,
}

impl Tally {
    /// A cycle begins. Returns its number.
    pub(crate) fn begins(&self) -> u64 {
        self.seen.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A filter leaves it out.
    pub(crate) fn is_filtered(&self) {
        self.filtered.fetch_add(1, Ordering::SeqCst);
    }

    /// It finds its outbox full.
    pub(crate) fn finds_it_full(&self) {
        self.full.fetch_add(1, Ordering::SeqCst);
    }

    /// Recording it fails.
    pub(crate) fn breaks(&self) {
        self.broken.fetch_add(1, Ordering::SeqCst);
    }

    /// The figures, if so many cycles have come to the ring. What only grows is read before what it is a part of, so that
    /// nothing comes out negative.
    pub(crate) fn figures(&self, recorded: u64) -> Figures {
        let filtered = self.filtered.load(Ordering::SeqCst);
        let full = self.full.load(Ordering::SeqCst);
        let broken = self.broken.load(Ordering::SeqCst);
        let seen = self.seen.load(Ordering::SeqCst);
        Figures {
            seen,
            open: seen.saturating_sub(recorded + filtered + full + broken),
            filtered,
            full,
            broken,
        }
    }
}
