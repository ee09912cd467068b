//! A head that never became a request.

use super::Recording;
use crate::{
    capture::written::Written,
    codec::format::{put_varint, tag},
    wire::Site,
};

impl Recording {
    /// All there is to say of it: the server answered by itself, or nobody did.
    pub(crate) fn headless(&mut self, server: &Site, answer: Option<(u16, &Written)>) {
        let (t, start) = (self.now(), self.start);
        self.event(tag::HEADLESS, t);
        put_varint(&mut self.events, u64::from(server.id));
        put_varint(
            &mut self.events,
            answer.map_or(0, |(status, _)| status.into()),
        );
        match (answer, start) {
            (Some((_, written)), Some(start)) => written.put(start, &mut self.events),
            _ => self.events.push(0),
        }
    }
}
