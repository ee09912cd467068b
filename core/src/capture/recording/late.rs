//! Values that a layer marked sensitive, perhaps after they had been recorded as values to be shown.

use super::Recording;
use crate::capture::{redact::Class, unmasked::Unmasked};

impl Recording {
    /// They are to be masked whole, wherever they stand.
    #[inline]
    pub(super) fn mask_late(&mut self) {
        if self.request.has_marked() || self.response.has_marked() {
            self.mask_all_late();
        }
    }

    #[cold]
    fn mask_all_late(&mut self) {
        let events = &self.events;
        let heads = [&self.request, &self.response];
        let mut late = Vec::new();
        for header in heads.iter().flat_map(|heads| heads.marked(events)) {
            let shown = heads.iter().flat_map(|h| h.places_of(events, header));
            late.extend(shown.map(|value| Unmasked::value(value, Class::Secret)));
        }
        self.request.unmasked.extend(late);
    }
}
