//! How long to wait before the next attempt.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// The first pause, and the longest that nobody asked for.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);
/// The longest that a receiver can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Pauses that grow, and that many apps do not make at the same time.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failed: u32,
}

impl Pace {
    /// The next pause; never shorter than what the receiver asked for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let most = FIRST.saturating_mul(1 << self.failed.min(10)).min(LONGEST);
        self.failed += 1;
        // RandomState is seeded from the system's randomness, anew each time.
        let random = RandomState::new().hash_one(self.failed) % 1000;
        let own = most.mul_f64(0.5 + random as f64 / 2000.0);
        own.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_scatter_and_heed_what_is_asked() {
        let mut pace = Pace::default();
        let pauses: Vec<_> = (0..40).map(|_| pace.next(None)).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST);
        assert!(
            pauses[10..]
                .iter()
                .all(|p| (LONGEST / 2..=LONGEST).contains(p))
        );
        assert!(pauses[20..].windows(2).any(|p| p[0] != p[1]));
        let asked = Duration::from_secs(9);
        assert_eq!(Pace::default().next(Some(asked)), asked);
        assert_eq!(Pace::default().next(Some(Duration::MAX)), LONGEST_ASKED);
    }
}
