//! When the agent rests, and who wakes it.

use crate::capture::sync::{AtomicBool, Ordering};

/// Whether the agent rests. It goes to rest only after it has looked once more at what there is to do with the flag up:
/// whoever puts something there before that look need not wake it, whoever does so later sees the flag.
///
/// All of them swap and none stores: it costs the same, and loom, which lets a store pass a swap that came before it, knows
/// the order of swaps.
pub(crate) struct Rest {
    pub(crate) resting: AtomicBool,
}

impl Rest {
    /// The agent goes to rest, unless the look that it takes now finds something to do.
    pub(crate) fn begin(&self) {
        self.resting.swap(true, Ordering::SeqCst);
    }

    /// The agent is up again.
    pub(crate) fn end(&self) {
        self.resting.swap(false, Ordering::SeqCst);
    }

    /// Whether the agent rests and this thread is the one that has to wake it.
    #[inline]
    pub(crate) fn is_to_be_ended(&self) -> bool {
        self.resting.load(Ordering::SeqCst) && self.resting.swap(false, Ordering::SeqCst)
    }
}
