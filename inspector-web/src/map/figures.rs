//! Sums and percentiles.

use crate::{
    model::{PlaceStats, Stats},
    store::Passed,
};

/// Durations of cycles.
#[derive(Debug, Default)]
pub(super) struct Durations {
    all: Vec<u64>,
    errors: u64,
}

impl Durations {
    pub(super) fn add(&mut self, duration_ns: u64, is_error: bool) {
        self.all.push(duration_ns);
        self.errors += u64::from(is_error);
    }

    pub(super) fn stats(mut self) -> Stats {
        let [p50_ns, p95_ns, p99_ns] = percentiles(&mut self.all);
        Stats {
            count: self.all.len() as u64,
            errors: self.errors,
            p50_ns,
            p95_ns,
            p99_ns,
        }
    }
}

/// What a place did.
#[derive(Debug, Default)]
pub(super) struct PlaceFigures {
    own: Vec<u64>,
    total: u64,
    errors: u64,
    answered: u64,
    changed: u64,
}

impl PlaceFigures {
    pub(super) fn add(&mut self, place: &Passed, is_error: bool) {
        self.own.push(place.own_ns);
        self.total = self.total.saturating_add(place.own_ns);
        self.errors += u64::from(is_error);
        self.answered += u64::from(place.answered);
        self.changed += u64::from(place.changed);
    }

    pub(super) fn stats(mut self) -> PlaceStats {
        let [self_p50_ns, self_p95_ns, self_p99_ns] = percentiles(&mut self.own);
        PlaceStats {
            count: self.own.len() as u64,
            errors: self.errors,
            answered: self.answered,
            changed: self.changed,
            self_p50_ns,
            self_p95_ns,
            self_p99_ns,
            self_total_ns: self.total,
        }
    }
}

/// By nearest rank: the smallest value that so many percent of the values do not exceed.
fn percentiles(values: &mut [u64]) -> [Option<u64>; 3] {
    [50, 95, 99].map(|percent| {
        let rank = (values.len() * percent).div_ceil(100).checked_sub(1)?;
        Some(*values.select_nth_unstable(rank).1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_there() {
        assert_eq!(percentiles(&mut []), [None; 3]);
        assert_eq!(percentiles(&mut [7]), [Some(7); 3]);
        let mut hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentiles(&mut hundred), [Some(50), Some(95), Some(99)]);
        assert_eq!(percentiles(&mut [4, 1, 3, 2]), [Some(2), Some(4), Some(4)]);
    }
}
