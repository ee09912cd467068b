//! Values that a layer marked sensitive after they had been recorded in clear.

use super::Recording;
use crate::{capture::redact, codec::format::put_bytes};

impl Recording {
    /// Masks them, before they leave the recording.
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
            let mask = redact::mask(header.1);
            let shown = heads.iter().flat_map(|h| h.shown_of(events, header));
            late.extend(shown.map(|shown| (shown, mask.clone())));
        }
        late.sort_unstable_by_key(|(shown, _)| shown.at);
        late.dedup_by_key(|(shown, _)| shown.at);
        let mut masked = Vec::with_capacity(events.len() + 32 * late.len());
        let mut copied = 0;
        for (shown, mask) in late {
            // Before a value stand the flag of masking and the value's length.
            let at = shown.at as usize;
            let flag = at - varint_len(u64::from(shown.len)) - 1;
            masked.extend_from_slice(&events[copied..flag]);
            masked.push(1);
            put_bytes(&mut masked, &mask);
            copied = at + shown.len as usize;
        }
        masked.extend_from_slice(&events[copied..]);
        self.events.fill(0);
        self.events = masked;
    }
}

/// Bytes of a number as a varint.
fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}
