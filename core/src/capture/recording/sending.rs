//! Whether the server got the bytes that the last body known to the recording gave.
//!
//! A body that a layer wraps, and whose size hint the wrapper passes on, can't be told from the body inside: see "Which
//! body" in ARCHITECTURE.md. Here the wrapper is found out by what it does. Frames that pass it untouched are the same
//! memory, so that nothing has to be hashed twice as long as nobody lies.

use super::{EntryId, Recording};
use crate::wire::Side;

/// What went to the server of a body that is counted further inside.
#[derive(Default)]
pub(super) struct Sending {
    /// The body inside.
    of: u16,
    /// Bytes that were those of the body inside.
    same: u64,
    /// The record of what is sent, since it differs.
    other: Option<u16>,
}

impl Recording {
    /// Data goes to the server, of a body that is counted as `of`.
    pub(crate) fn sending_data(&mut self, of: u16, inside: EntryId, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        if self.sending.other.is_none() {
            let Some(record) = self.bodies.get(of as usize) else {
                return;
            };
            let frame = (data.as_ptr().addr(), data.len());
            if record.last_frame == frame && record.len == self.sending.same + data.len() as u64 {
                self.sending.same = record.len;
                return;
            }
            self.differs(of);
        }
        if let Some(other) = self.sending.other {
            self.body_data(other, Some(inside), data);
        }
    }

    /// From here on other bytes are sent than those of the body `of`.
    fn differs(&mut self, of: u16) {
        let Some(other) = self.sent_body(Side::Response, None) else {
            return;
        };
        self.sending.of = of;
        let same = self.sending.same;
        let (inner, outer) = self.bodies.split_at_mut(other as usize);
        let (inner, outer) = (&inner[of as usize], &mut outer[0]);
        let kept = inner.head.len().min(same as usize);
        outer.len = same;
        outer.has_gap = (kept as u64) < same;
        outer.head.extend_from_slice(&inner.head[..kept]);
        self.sending.other = Some(other);
    }

    /// The body that goes to the server, counted as `of`, came to its end, or broke.
    pub(crate) fn sending_end(&mut self, of: u16, how: Result<(), String>) {
        let inner = self.bodies.get(of as usize).map(|b| b.len);
        if self.sending.other.is_none() && inner.is_some_and(|len| len != self.sending.same) {
            self.differs(of);
        }
        if let Some(other) = self.sending.other {
            self.body_end(other, how);
        }
    }

    /// The record of what was sent, if that is not what the body inside gave.
    pub(super) fn sent_instead(&self) -> Option<u16> {
        let other = self.sending.other?;
        let sent = &self.bodies[other as usize];
        let given = self.bodies.get(self.sending.of as usize)?;
        let same = !sent.has_gap && sent.len == given.len && sent.digest() == given.digest();
        (!same).then_some(other)
    }
}
