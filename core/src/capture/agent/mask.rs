//! Masks the bodies of a frame, off the request path and before the ring.

use crate::{
    capture::redact,
    codec::{
        format::{end, put_bytes},
        read::Reader,
    },
};

/// Writes the frame with its bodies masked into `out`. `false`: there is nothing to mask, and `out` is left empty.
pub(in crate::capture) fn mask_bodies(frame: &[u8], out: &mut Vec<u8>) -> bool {
    if matches!(masked(frame, out), Some(true)) {
        return true;
    }
    out.clear();
    false
}

fn masked(frame: &[u8], out: &mut Vec<u8>) -> Option<bool> {
    let mut reader = Reader::new(frame);
    reader.header().ok()?;
    reader.bytes().ok()?;
    let bodies = reader.varint().ok()?;
    let mut copied = 0;
    let mut any = false;
    for _ in 0..bodies {
        reader.byte().ok()?;
        for _ in 0..4 {
            reader.varint().ok()?;
        }
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
        let flag = reader.offset();
        reader.byte().ok()?;
        let head = reader.bytes().ok()?;
        if let Some(head) = redact::mask_body(head) {
            out.extend_from_slice(&frame[copied..flag]);
            out.push(1);
            put_bytes(out, &head);
            copied = reader.offset();
            any = true;
        }
    }
    out.extend_from_slice(&frame[copied..]);
    Some(any)
}
