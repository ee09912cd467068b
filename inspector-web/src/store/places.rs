//! Which places a cycle passed, how long each took by itself, and who changed anything: what the map counts and filters ask
//! for, without decoding the cycle again.

use onionskin::{
    text::edits::author,
    times::times,
    wire::{Cycle, Edge, SiteKind},
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
        let mut packed = Vec::with_capacity(6 * order.len());
        for place in order.into_iter().filter_map(|index| passed[index]) {
            put(&mut packed, u64::from(place.site));
            put(
                &mut packed,
                place.own_ns.min(u64::MAX >> 1) << 1 | u64::from(place.changed),
            );
        }
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
                own_ns: packed >> 1,
                changed: packed & 1 == 1,
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
