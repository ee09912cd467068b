//! Who does what, in which order: it follows from the seed alone.

use std::collections::VecDeque;

use super::errand;
use super::kind::Kind;
use crate::chance::Chance;

/// How many visits it takes until every kind of request worth seeing has been made once.
pub const OPENING_VISITS: usize = 40;

/// One request that somebody is about to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Counts from 1, over all visitors.
    pub number: u64,
    /// Who; counts from 0.
    pub visitor: usize,
    /// What.
    pub kind: Kind,
    /// What its smaller choices follow from: which book, which words.
    pub(crate) choices: u64,
}

/// All visits of a run, without end.
#[derive(Clone, Debug)]
pub struct Plan {
    chance: Chance,
    number: u64,
    /// Opening errands that nobody has taken yet.
    opening: Vec<&'static [Kind]>,
    /// The rest of everybody's errand.
    queues: Vec<VecDeque<Kind>>,
    /// False until the opening errands are through.
    opened: bool,
}

impl Plan {
    /// The plan of `seed` for `people` visitors, at least one.
    #[must_use]
    pub fn new(seed: u64, people: usize) -> Self {
        let mut chance = Chance::new(seed);
        let mut opening = errand::OPENING.to_vec();
        chance.shuffle(&mut opening);
        Self {
            chance,
            number: 0,
            opening,
            queues: vec![VecDeque::new(); people.max(1)],
            opened: false,
        }
    }

    /// Somebody who has, or can get, something to do.
    fn visitor(&mut self) -> usize {
        let ready: Vec<usize> = (0..self.queues.len())
            .filter(|&who| self.opened || !self.opening.is_empty() || !self.queues[who].is_empty())
            .collect();
        *self.chance.pick(&ready)
    }
}

impl Iterator for Plan {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        self.opened |= self.opening.is_empty() && self.queues.iter().all(VecDeque::is_empty);
        let visitor = self.visitor();
        if self.queues[visitor].is_empty() {
            let errand = match self.opening.pop() {
                Some(errand) => errand,
                None => errand::later(&mut self.chance),
            };
            self.queues[visitor].extend(errand);
        }
        let kind = self.queues[visitor].pop_front()?;
        self.number += 1;
        Some(Visit {
            number: self.number,
            visitor,
            kind,
            choices: self.chance.next(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn kinds(seed: u64, visits: usize) -> Vec<(usize, Kind)> {
        Plan::new(seed, 12)
            .take(visits)
            .map(|visit| (visit.visitor, visit.kind))
            .collect()
    }

    #[test]
    fn the_opening_is_as_long_as_it_says() {
        let opening: usize = errand::OPENING.iter().map(|errand| errand.len()).sum();
        assert_eq!(opening, OPENING_VISITS);
    }

    #[test]
    fn any_seed_opens_with_every_kind_worth_seeing() {
        let wanted: BTreeSet<Kind> = errand::OPENING.concat().into_iter().collect();
        for seed in 0..200 {
            let seen: BTreeSet<Kind> = kinds(seed, OPENING_VISITS)
                .into_iter()
                .map(|v| v.1)
                .collect();
            assert_eq!(seen, wanted, "seed {seed}");
        }
    }

    #[test]
    fn every_kind_comes_up_sooner_or_later() {
        let seen: BTreeSet<Kind> = kinds(7, 4000).into_iter().map(|v| v.1).collect();
        // The last of the enum: its number is one less than how many there are.
        assert_eq!(seen.len(), Kind::MethodNotAllowed as usize + 1);
    }

    #[test]
    fn the_same_seed_gives_the_same_plan() {
        let plan = |seed| Plan::new(seed, 12).take(500).collect::<Vec<_>>();
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }
}
