//! What was sent: the bodies of a frame, and the figures of its connection.

use super::{
    DecodeError,
    decode::Decoder,
    format::{end, head},
    read::Reader,
};
use crate::wire::{Body, BodyEnd, FrameCount, FrameKind, Header, Octets, Sent, Side, Traffic};
use std::ops::Range;

/// Where in a frame the parts of a body are. Its last one is `kept`, which ends with `head`, if its bytes stand here.
#[cfg_attr(
    not(any(debug_assertions, feature = "in-release")),
    expect(dead_code, reason = "frames are masked where they are made")
)]
pub(crate) struct BodyAt {
    pub(crate) flags: usize,
    pub(crate) hash: usize,
    pub(crate) kept: usize,
    pub(crate) head: Option<Range<usize>>,
}

impl Reader<'_> {
    /// Where the bodies are, which come behind the events.
    pub(crate) fn bodies(&mut self) -> Result<Vec<BodyAt>, DecodeError> {
        let mut bodies = Vec::new();
        for _ in 0..self.varint()? {
            let flags = self.offset();
            self.byte()?;
            for _ in 0..4 {
                self.varint()?;
            }
            let hash = self.offset();
            self.take(8)?;
            if self.byte()? == end::ERROR {
                self.bytes()?;
            }
            self.varint()?;
            for _ in 0..self.varint()? {
                self.bytes()?;
                self.byte()?;
                self.bytes()?;
            }
            let kept = self.offset();
            let head = if self.byte()? == head::SAME {
                self.varint()?;
                None
            } else {
                let len = self.bytes()?.len();
                Some(self.offset() - len..self.offset())
            };
            bodies.push(BodyAt {
                flags,
                hash,
                kept,
                head,
            });
        }
        Ok(bodies)
    }
}

impl Decoder<'_> {
    pub(super) fn bodies(&mut self) -> Result<(), DecodeError> {
        // The length of the events was read before them.
        let mut same = 0;
        for _ in 0..self.reader.varint()? {
            let body = self.body(&mut same)?;
            self.cycle.bodies.push(body);
        }
        if !self.reader.is_at_end() {
            return Err(self.reader.error("bytes behind the end"));
        }
        Ok(())
    }

    /// A body; `same`: bytes so far that stand elsewhere in the frame.
    fn body(&mut self, same: &mut usize) -> Result<Body, DecodeError> {
        let reader = &mut self.reader;
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
        let (head, redacted) = self.head(same)?;
        Ok(Body {
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
        })
    }

    /// The kept bytes of a body, and whether something in them is masked.
    fn head(&mut self, same: &mut usize) -> Result<(Octets, bool), DecodeError> {
        let reader = &mut self.reader;
        match reader.byte()? {
            head::CLEAR => Ok((Octets::from(reader.bytes()?), false)),
            head::MASKED => Ok((Octets::from(reader.bytes()?), true)),
            head::SAME => {
                let number = usize::try_from(reader.varint()?).ok();
                let Some(body) = number.and_then(|number| self.cycle.bodies.get(number)) else {
                    return Err(reader.error("the same as a body that did not come before"));
                };
                *same += body.head.0.len();
                if *same > head::MOST_SAME {
                    return Err(reader.error("more bodies that are the same than a cycle has"));
                }
                Ok((body.head.clone(), body.redacted))
            }
            _ => Err(reader.error("an unknown kind of kept bytes")),
        }
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

#[cfg(all(test, debug_assertions))]
mod tests {
    use crate::codec::{
        DecodeError, Tables, decode,
        format::{FORMAT, end, head, put_bytes, put_varint},
    };

    /// A frame with nothing in it but bodies, which end with these bytes.
    fn frame(kept: &[&[u8]]) -> Vec<u8> {
        let mut frame = vec![FORMAT];
        // The header, no connection, no events.
        frame.extend([0; 12]);
        put_varint(&mut frame, kept.len() as u64);
        for kept in kept {
            // Of no length, no frames, no times, no hash; no events, no trailers.
            frame.extend([0; 5 + 8]);
            frame.push(end::COMPLETE);
            frame.extend([0; 2]);
            frame.extend_from_slice(kept);
        }
        frame
    }

    fn heads(kept: &[&[u8]]) -> Result<Vec<(Vec<u8>, bool)>, DecodeError> {
        let cycle = decode(&frame(kept), &Tables::default())?;
        let bodies = cycle.bodies.into_iter();
        Ok(bodies.map(|b| (b.head.0, b.redacted)).collect())
    }

    fn whole(kind: u8, bytes: &[u8]) -> Vec<u8> {
        let mut kept = vec![kind];
        put_bytes(&mut kept, bytes);
        kept
    }

    fn same(number: u64) -> Vec<u8> {
        let mut kept = vec![head::SAME];
        put_varint(&mut kept, number);
        kept
    }

    #[test]
    fn the_same_is_that_of_an_earlier_body() {
        let (clear, masked) = (whole(head::CLEAR, b"a"), whole(head::MASKED, b"b"));
        let read = heads(&[&clear, &masked, &same(1), &same(0), &same(2)]).unwrap();
        let [a, b] = [(b"a".to_vec(), false), (b"b".to_vec(), true)];
        assert_eq!(read, [a.clone(), b.clone(), b.clone(), a, b]);
    }

    #[test]
    fn the_same_as_a_later_body_as_itself_or_as_none_is_refused() {
        let clear = whole(head::CLEAR, b"a");
        for number in [1, 2, 3, 1 << 32, u64::MAX] {
            let error = heads(&[&clear, &same(number), &clear]).unwrap_err();
            assert_eq!(error.what, "the same as a body that did not come before");
        }
        let error = heads(&[&same(0)]).unwrap_err();
        assert_eq!(error.what, "the same as a body that did not come before");
        let error = heads(&[&clear, &whole(3, b"a")]).unwrap_err();
        assert_eq!(error.what, "an unknown kind of kept bytes");
    }

    #[test]
    fn a_small_frame_does_not_become_any_number_of_bytes() {
        let half = whole(head::CLEAR, &vec![b'x'; head::MOST_SAME / 2]);
        assert_eq!(heads(&[&half, &same(0), &same(1)]).unwrap().len(), 3);
        let error = heads(&[&half, &same(0), &same(1), &half, &same(2)]).unwrap_err();
        assert_eq!(error.what, "more bodies that are the same than a cycle has");
    }

    #[test]
    fn frames_of_the_version_before_are_read_and_no_others() {
        let mut frame = frame(&[&whole(head::CLEAR, b"a"), &whole(head::MASKED, b"b")]);
        let now = decode(&frame, &Tables::default()).unwrap();
        for (version, readable) in [(0, false), (1, false), (2, true), (FORMAT + 1, false)] {
            frame[0] = version;
            let read = decode(&frame, &Tables::default());
            assert_eq!(read.is_ok_and(|read| read == now), readable, "{version}");
        }
    }
}
