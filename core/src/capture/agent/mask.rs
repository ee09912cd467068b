//! Hashes and masks the bodies of a frame, off the request path and before the ring.

use crate::{
    capture::redact,
    codec::{
        format::{UNHASHED, end, put_bytes},
        read::Reader,
    },
};
use std::ops::Range;
use twox_hash::XxHash64;

/// Where in a frame the parts of a body are.
struct BodyAt {
    flags: usize,
    hash: usize,
    redacted: usize,
    head: Range<usize>,
    end: usize,
}

/// Works out the hashes of a frame's bodies that are still to be, and writes the frame with its bodies masked into `out`.
/// `false`: there is nothing to mask, and `out` is left empty.
pub(in crate::capture) fn finish_bodies(frame: &mut [u8], out: &mut Vec<u8>) -> bool {
    let bodies = bodies(frame).unwrap_or_default();
    let mut copied = 0;
    for body in bodies {
        let head = &frame[body.head];
        let masked = redact::mask_body(head);
        if frame[body.flags] & UNHASHED != 0 {
            let hash = XxHash64::oneshot(0, head);
            frame[body.hash..body.hash + 8].copy_from_slice(&hash.to_le_bytes());
            frame[body.flags] &= !UNHASHED;
        }
        if let Some(head) = masked {
            out.extend_from_slice(&frame[copied..body.redacted]);
            out.push(1);
            put_bytes(out, &head);
            copied = body.end;
        }
    }
    if copied > 0 {
        out.extend_from_slice(&frame[copied..]);
    }
    copied > 0
}

fn bodies(frame: &[u8]) -> Option<Vec<BodyAt>> {
    let mut reader = Reader::new(frame);
    reader.header().ok()?;
    reader.bytes().ok()?;
    let mut bodies = Vec::new();
    for _ in 0..reader.varint().ok()? {
        let flags = reader.offset();
        reader.byte().ok()?;
        for _ in 0..4 {
            reader.varint().ok()?;
        }
        let hash = reader.offset();
        reader.take(8).ok()?;
        if reader.byte().ok()? == end::ERROR {
            reader.bytes().ok()?;
        }
        reader.varint().ok()?;
        for _ in 0..reader.varint().ok()? {
            reader.bytes().ok()?;
            reader.byte().ok()?;
            reader.bytes().ok()?;
        }
        let redacted = reader.offset();
        reader.byte().ok()?;
        let len = reader.bytes().ok()?.len();
        let end = reader.offset();
        bodies.push(BodyAt {
            flags,
            hash,
            redacted,
            head: end - len..end,
            end,
        });
    }
    Some(bodies)
}
