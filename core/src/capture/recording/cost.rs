//! What recording itself takes.
//!
//! A step in which something changed is measured: the clock is read before and after. One in which nothing changed takes
//! less than reading the clock twice, so it is measured once a cycle and direction, and the others are put down as usual.

/// A step in which nothing changed: what was compared.
#[derive(Clone, Copy)]
pub(super) enum Usual {
    Request,
    Response,
}

/// Cost of a cycle, ns, and what comparing usually costs.
#[derive(Default)]
pub(super) struct Cost {
    pub(super) sum: u64,
    /// What comparing takes, by [`Usual`]. Kept from cycle to cycle.
    usual: [u64; 2],
    is_learnt: [bool; 2],
}

impl Cost {
    /// For the next cycle.
    pub(super) fn next(&self) -> Self {
        Self {
            usual: self.usual,
            ..Self::default()
        }
    }

    /// What a comparison costs, unless it is to be measured.
    #[inline]
    pub(super) fn usual(&self, what: Usual) -> Option<u64> {
        self.is_learnt[what as usize].then_some(self.usual[what as usize])
    }

    /// What it usually costs, as the short form of a step has it.
    pub(super) fn of(&self, what: Usual) -> u64 {
        self.usual[what as usize]
    }

    /// A comparison was measured. A thread that was put aside meanwhile must not make all others seem slow: what is usual
    /// falls at once and rises by an eighth.
    pub(super) fn learn(&mut self, what: Usual, cost: u64) {
        let usual = &mut self.usual[what as usize];
        *usual = match *usual {
            0 => cost,
            usual => cost.min(usual + usual / 8 + 1),
        };
        self.is_learnt[what as usize] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_comparison_does_not_make_all_seem_slow() {
        let mut cost = Cost::default();
        assert_eq!(cost.usual(Usual::Request), None);
        for (measured, usual) in [(80, 80), (10_000, 91), (70, 70), (75, 75)] {
            cost.learn(Usual::Request, measured);
            assert_eq!(cost.usual(Usual::Request), Some(usual));
        }
        assert_eq!(cost.usual(Usual::Response), None);
    }
}
