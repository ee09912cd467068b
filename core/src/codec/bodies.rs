//! What was sent: the bodies of a frame, and the figures of its connection.

use super::{DecodeError, decode::Decoder, format::end};
use crate::wire::{Body, BodyEnd, FrameCount, FrameKind, Header, Octets, Sent, Side, Traffic};

impl Decoder<'_> {
    pub(super) fn bodies(&mut self) -> Result<(), DecodeError> {
        // The length of the events was read before them.
        let reader = &mut self.reader;
        for _ in 0..reader.varint()? {
            let flags = reader.byte()?;
            let (len, frames) = (reader.varint()?, reader.varint()?);
            let (first, last) = (reader.varint()?.checked_sub(1), reader.varint()?);
            let mut hash = [0; 8];
            hash.copy_from_slice(reader.take(8)?);
            let end = match reader.byte()? {
                end::CUT => BodyEnd::Cut,
                end::COMPLETE => BodyEnd::Complete,
                end::ERROR => BodyEnd::Error {
                    error: reader.text()?,
                },
                _ => return Err(reader.error("an unknown end of a body")),
            };
            let events = reader.varint()?.checked_sub(1);
            let mut trailers = Vec::new();
            for _ in 0..reader.varint()? {
                let name = reader.text()?;
                let redacted = reader.byte()? != 0;
                trailers.push(Header {
                    name,
                    redacted,
                    value: Octets::from(reader.bytes()?),
                });
            }
            let redacted = reader.byte()? != 0;
            let head = Octets::from(reader.bytes()?);
            self.cycle.bodies.push(Body {
                side: if flags & 1 == 0 {
                    Side::Request
                } else {
                    Side::Response
                },
                len,
                frames,
                end,
                hash: (flags & 2 != 0).then(|| format!("{:016x}", u64::from_le_bytes(hash))),
                head,
                redacted,
                events,
                trailers,
                first_ns: first,
                last_ns: first.map(|_| last),
            });
        }
        if !reader.is_at_end() {
            return Err(reader.error("bytes behind the end"));
        }
        Ok(())
    }

    pub(super) fn sent(&mut self, body_end_ns: u64) -> Result<Sent, DecodeError> {
        let mut sent = Sent {
            body_end_ns,
            ..Sent::default()
        };
        let reader = &mut self.reader;
        let parts = reader.byte()?;
        if parts > 0 {
            sent.bytes_out = Some(reader.varint()?);
            sent.first_byte_ns = reader.varint()?.checked_sub(1);
            sent.last_byte_ns = reader.varint()?.checked_sub(1);
        }
        if parts > 1 {
            let mut traffic = Traffic {
                bytes_in: reader.varint()?,
                bytes_out: reader.varint()?,
                frames: Vec::new(),
            };
            for _ in 0..reader.varint()? {
                let side = if reader.byte()? == 0 {
                    Side::Request
                } else {
                    Side::Response
                };
                let kind = FrameKind::ALL.get(usize::from(reader.byte()?)).copied();
                traffic.frames.push(FrameCount {
                    side,
                    kind: kind.ok_or_else(|| reader.error("an unknown kind of frame"))?,
                    frames: reader.varint()?,
                    bytes: reader.varint()?,
                });
            }
            sent.upgraded = Some(traffic);
        }
        Ok(sent)
    }
}
