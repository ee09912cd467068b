//! Who goes first: the app's threads, or the agent.

use std::time::Instant;

/// Bytes of cycles that the agent moves before it lets threads of the app have the processor, if they wait for one.
const STRETCH: usize = 8 << 10;

/// Lets the app's threads go first, and then takes as long for the agent as that took: where more threads want to run than there
/// are processors it would never be done otherwise, and cycles would be lost.
pub(super) struct Turns {
    moved: usize,
    /// Until then it goes on.
    own: Instant,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            moved: 0,
            own: Instant::now(),
        }
    }

    /// So many bytes were moved.
    pub(super) fn after(&mut self, bytes: usize) {
        self.after_by(bytes, Instant::now, std::thread::yield_now);
    }

    fn after_by(&mut self, bytes: usize, now: impl Fn() -> Instant, give_way: impl FnOnce()) {
        self.moved += bytes;
        if self.moved < STRETCH {
            return;
        }
        self.moved = 0;
        let gone = now();
        if gone < self.own {
            return;
        }
        give_way();
        let back = now();
        self.own = back + (back - gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, time::Duration};

    #[test]
    fn what_others_took_the_agent_takes_too() {
        let clock = Cell::new(Instant::now());
        let pass = |ms| clock.set(clock.get() + Duration::from_millis(ms));
        let mut turns = Turns::new();
        turns.own = clock.get();
        let mut gave_way = |bytes| {
            let before = clock.get();
            turns.after_by(bytes, || clock.get(), || pass(20));
            clock.get() != before
        };
        assert!(!gave_way(STRETCH - 1) && gave_way(1), "after a stretch");
        pass(19);
        assert!(!gave_way(STRETCH), "it has had 19 of its 20 ms");
        pass(1);
        assert!(!gave_way(STRETCH - 1) && gave_way(1));
    }
}
