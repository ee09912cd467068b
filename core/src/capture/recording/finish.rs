//! The frame of a cycle that has ended: the header before its events, the bodies behind them.

use super::{Recording, cost::Usual};
use crate::{
    capture::unmasked,
    codec::format::{FORMAT, put_bytes, put_varint},
};

impl Recording {
    /// Ends the cycle and appends its frame to `out`, and what is still to be masked in it. Nothing is recorded after that.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        let duration = self.over.unwrap_or_else(|| self.now());
        out.push(FORMAT);
        for value in [
            self.number,
            self.started_unix_us,
            duration,
            self.idle,
            self.cost.sum,
            self.cost.of(Usual::Request),
            self.cost.of(Usual::Response),
            self.omitted_marks,
            self.omitted_steps,
            self.omitted_bodies,
        ] {
            put_varint(out, value);
        }
        match &self.connection {
            None => out.push(0),
            Some(c) => {
                out.push(1);
                for value in [
                    c.number,
                    u64::from(c.reuse),
                    c.bytes_in,
                    c.first_byte_before_ns,
                    c.last_byte_before_ns,
                ] {
                    put_varint(out, value);
                }
                put_bytes(out, c.peer.as_deref().unwrap_or_default().as_bytes());
            }
        }
        self.mask_late();
        put_bytes(out, &self.events);
        put_varint(out, self.bodies.len() as u64);
        for body in &self.bodies {
            body.put(self.keeps_bodies, out);
        }
        unmasked::put([&*self.request.unmasked, &*self.response.unmasked], out);
        self.ending.end();
    }
}
