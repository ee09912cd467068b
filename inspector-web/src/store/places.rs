//! Which places a cycle passed, how long each took by itself, and who changed anything: what the map counts and filters ask
//! for, without decoding the cycle again.

use onionskin::{
    text::edits::author,
    times::times,
    wire::{Cycle, Edge, Outcome, SiteKind},
};

/// The places of one cycle, packed: 5 or 6 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(Box<[u8]>);

/// A place that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Number of the site in its app run.
    pub(crate) site: u32,
    /// Its own time in all attempts, recording's cost left out.
    pub(crate) own_ns: u64,
    /// Whether it changed anything of the request or the response.
    pub(crate) changed: bool,
    /// Whether it answered by itself, or gave up waiting and answered.
    pub(crate) answered: bool,
}

impl Places {
    /// Those of a cycle, in order of their first entry. Edges are none: they bound a layer.
    pub(crate) fn of(cycle: &Cycle) -> Self {
        let mut passed: Vec<Option<Passed>> = vec![None; cycle.sites.len()];
        let mut order = Vec::new();
        let times = times(cycle);
        for (step, times) in cycle.steps.iter().zip(&times) {
            let (Some(times), Edge::In) = (times, step.edge) else {
                continue;
            };
            let Some((index, site)) = step.site.and_then(|i| Some((i, cycle.sites.get(i)?))) else {
                continue;
            };
            if site.kind == SiteKind::Edge {
                continue;
            }
            let place = passed[index].get_or_insert_with(|| {
                order.push(index);
                Passed {
                    site: site.id,
                    own_ns: 0,
                    changed: false,
                    answered: false,
                }
            });
            place.own_ns = place.own_ns.saturating_add(times.own_ns());
        }
        for step in &cycle.steps {
            let changed = step.delta.as_ref().is_some_and(|delta| !delta.is_empty());
            if changed
                && let Some(site) = author(cycle, step)
                && let Some(Some(place)) = passed.get_mut(site)
            {
                place.changed = true;
            }
        }
        if let Outcome::ShortCircuited { site } | Outcome::TimedOut { site } = cycle.outcome
            && let Some(Some(place)) = passed.get_mut(site)
        {
            place.answered = true;
        }
        let mut packed = Vec::with_capacity(6 * order.len());
        for place in order.into_iter().filter_map(|index| passed[index]) {
            put(&mut packed, u64::from(place.site));
            let own = place.own_ns.min(u64::MAX >> 2) << 2;
            let flags = u64::from(place.answered) << 1 | u64::from(place.changed);
            put(&mut packed, own | flags);
        }
        Self(packed.into())
    }

    /// As they are packed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The other way. Bytes that are none hold no places.
    pub(crate) fn of_bytes(packed: Vec<u8>) -> Self {
        Self(packed.into())
    }

    /// In order of their first entry.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Passed> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let site = take(&mut rest)?;
            let packed = take(&mut rest)?;
            Some(Passed {
                site: site as u32,
                own_ns: packed >> 2,
                changed: packed & 1 != 0,
                answered: packed & 2 != 0,
            })
        })
    }

    /// Bytes that it takes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// LEB128.
fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            *bytes = &bytes[i + 1..];
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{RUN, cycle, site};
    use onionskin::wire::Site;

    #[test]
    fn what_each_place_did_survives_packing() {
        let mut cycle = cycle(RUN, 1);
        assert_eq!(Places::of(&cycle).iter().count(), 1);
        let layer = Site {
            id: 70_000,
            kind: SiteKind::Layer,
            ..site()
        };
        cycle.sites.push(layer);
        cycle.steps[0].site = Some(1);
        cycle.steps[1].parent = Some(0);
        cycle.steps[1].t_ns = 5_000_000_000;
        cycle.steps[2].t_ns = 5_000_000_000;
        cycle.outcome = Outcome::ShortCircuited { site: 1 };
        let places: Vec<_> = Places::of(&cycle).iter().collect();
        let layer = Passed {
            site: 70_000,
            own_ns: 5_000_000_000,
            changed: false,
            answered: true,
        };
        let handler = Passed {
            site: 3,
            own_ns: 0,
            changed: true,
            answered: false,
        };
        assert_eq!(places, [layer, handler]);
        // An edge is no place.
        cycle.sites[1].kind = SiteKind::Edge;
        assert_eq!(Places::of(&cycle).iter().count(), 1);
    }
}
