//! A cycle, as a filter sees it.

use super::field::Field;
use crate::store::{Kept, Places};
use onionskin::{
    codec::Tables,
    wire::{Cycle, CycleSummary, Site, Stage},
};
use std::{cell::OnceCell, collections::HashMap};

/// What a filter may ask that is not of the cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// The time of the question.
    pub(crate) now_us: u64,
    /// Runs by id: which of its app it is, and whether it is the app's newest.
    pub(crate) runs: HashMap<String, (u32, bool)>,
}

impl Context {
    /// The newest run of each app, in order.
    pub(crate) fn newest(&self) -> Vec<&str> {
        let newest = self.runs.iter().filter(|(_, (_, newest))| *newest);
        let mut newest: Vec<_> = newest.map(|(id, _)| id.as_str()).collect();
        newest.sort_unstable();
        newest
    }
}

/// Tells a site from others of its name.
pub(crate) fn name_and_place(site: &Site) -> String {
    format!("{}@{}:{}", site.name, site.file, site.line)
}

/// A cycle, decoded when the first field needs it.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(super) line: &'a CycleSummary,
    places: &'a Places,
    tables: &'a Tables,
    record: &'a Kept,
    cycle: OnceCell<Option<Box<Cycle>>>,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(
        line: &'a CycleSummary,
        places: &'a Places,
        record: &'a Kept,
        tables: &'a Tables,
    ) -> Self {
        Self {
            line,
            places,
            tables,
            record,
            cycle: OnceCell::new(),
        }
    }

    /// The places that a field is about, of those that were passed.
    pub(super) fn passed(&self, field: Field) -> impl Iterator<Item = &Site> {
        let passed = self.places.iter();
        let passed = passed.filter(move |place| place.changed || field != Field::ChangedBy);
        passed.filter_map(move |place| {
            let site = self.tables.sites.get(&place.site)?;
            let meant = match field {
                Field::Layer => site.kind.is_layer(),
                Field::Handler => site.kind.stage() == Stage::View,
                _ => true,
            };
            meant.then_some(site)
        })
    }

    /// The whole cycle. It was decoded when it came in, so there is one.
    pub(super) fn cycle(&self) -> Option<&Cycle> {
        let decoded = || self.record.decode(self.tables).map(Box::new);
        self.cycle.get_or_init(decoded).as_deref()
    }
}
