//! What an app told of its sites, types and map, for the decoder.
//!
//! An app tells all of it again when it reconnects; what is known already changes nothing.

use super::link::Refused;
use crate::store::TableBytes;
use onionskin::{
    codec::Tables,
    wire::{Site, Stack},
};
use std::{mem, sync::Arc};

/// Bytes of JSON that the tables of one run may come in.
const MAX_BYTES: u64 = 8 << 20;

/// The tables of a run, and what the store has not been told yet.
#[derive(Debug)]
pub(super) struct Known {
    tables: Tables,
    bytes: TableBytes,
    changed: bool,
    stack_changed: bool,
}

impl Known {
    pub(super) fn new(tables: &Tables, bytes: TableBytes) -> Self {
        Self {
            tables: tables.clone(),
            bytes,
            changed: false,
            stack_changed: false,
        }
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// A site, which came in so many bytes.
    pub(super) fn site(&mut self, site: Site, bytes: usize) -> Result<(), Refused> {
        if self.tables.sites.get(&site.id) == Some(&site) {
            return Ok(());
        }
        self.tables.sites.insert(site.id, site);
        self.bytes.names += bytes as u64;
        self.check()
    }

    /// A site that came with a cycle and was not told before.
    pub(super) fn site_of_cycle(&mut self, site: &Site, bytes: usize) -> Result<(), Refused> {
        match self.tables.sites.contains_key(&site.id) {
            true => Ok(()),
            false => self.site(site.clone(), bytes),
        }
    }

    /// Names of types with numbers from `from` on. A gap would give later ones the wrong number.
    pub(super) fn types(
        &mut self,
        from: u32,
        names: Vec<String>,
        bytes: usize,
    ) -> Result<(), Refused> {
        let types = &mut self.tables.types;
        let from = from as usize;
        if from > types.len() {
            return Err(Refused);
        }
        if types[from..].starts_with(&names) {
            return Ok(());
        }
        for (i, name) in names.into_iter().enumerate() {
            match types.get_mut(from + i) {
                Some(known) => *known = name,
                None => types.push(name),
            }
        }
        self.bytes.names += bytes as u64;
        self.check()
    }

    /// The map, in place of the one before.
    pub(super) fn stack(&mut self, stack: Stack, bytes: usize) -> Result<(), Refused> {
        if self.tables.stack.as_ref() == Some(&stack) {
            return Ok(());
        }
        self.tables.stack = Some(stack);
        self.stack_changed = true;
        self.bytes.stack = bytes as u64;
        self.check()
    }

    /// The tables, if they changed since the last time.
    pub(super) fn take_changed(&mut self) -> Option<(Arc<Tables>, TableBytes)> {
        mem::take(&mut self.changed).then(|| (Arc::new(self.tables.clone()), self.bytes))
    }

    /// Whether the map is new since the last time.
    pub(super) fn take_stack_changed(&mut self) -> bool {
        mem::take(&mut self.stack_changed)
    }

    fn check(&mut self) -> Result<(), Refused> {
        self.changed = true;
        match self.bytes.total() > MAX_BYTES {
            true => Err(Refused),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{site, stack};

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn what_is_told_again_changes_nothing() {
        let mut known = Known::new(&Tables::default(), TableBytes::default());
        for first in [true, false] {
            known.site(site(), 10).unwrap();
            known.types(0, names("a b"), 10).unwrap();
            known.types(1, names("b c"), 10).unwrap();
            known.stack(stack(), 10).unwrap();
            assert_eq!(known.take_stack_changed(), first);
            assert_eq!(known.take_changed().is_some(), first);
        }
        assert_eq!(known.tables().types, ["a", "b", "c"]);
        assert_eq!(known.bytes.total(), 40);
    }

    #[test]
    fn gaps_and_floods_are_refused() {
        let mut known = Known::new(&Tables::default(), TableBytes::default());
        known.types(1, names("b"), 10).unwrap_err();
        known.types(u32::MAX, vec![], 10).unwrap_err();
        known.stack(stack(), 9 << 20).unwrap_err();
        let mut flood = (0..).map(|n| known.types(n, names("x"), 1 << 20));
        assert!(flood.by_ref().take(9).any(|told| told.is_err()));
    }
}
