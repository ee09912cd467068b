//! What goes out on a connection, from the head of a response on.

use super::websocket::FrameCounter;
use crate::{
    codec::format::put_varint,
    wire::{FrameKind, Side},
};
use std::time::Instant;

/// What went out on a connection.
#[derive(Debug, Default)]
pub(crate) struct Written {
    bytes: u64,
    first: Option<Instant>,
    last: Option<Instant>,
    upgraded: Option<Box<Upgraded>>,
}

/// What went over the connection in another protocol.
#[derive(Debug)]
struct Upgraded {
    is_websocket: bool,
    bytes_in: u64,
    bytes_out: u64,
    frames_in: FrameCounter,
    frames_out: FrameCounter,
}

impl Written {
    /// `n` bytes of these buffers were written.
    pub(super) fn add<'a>(&mut self, bufs: impl Iterator<Item = &'a [u8]>, n: usize) {
        if let Some(upgraded) = &mut self.upgraded {
            upgraded.bytes_out += n as u64;
            if upgraded.is_websocket {
                let mut left = n;
                for buf in bufs {
                    let part = left.min(buf.len());
                    upgraded.frames_out.feed(&buf[..part]);
                    left -= part;
                }
            }
            return;
        }
        let now = Instant::now();
        self.bytes += n as u64;
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    /// The response is written, and the connection speaks another protocol from here on.
    pub(super) fn upgrade(&mut self, is_websocket: bool) {
        self.upgraded.get_or_insert_with(|| {
            Box::new(Upgraded {
                is_websocket,
                bytes_in: 0,
                bytes_out: 0,
                frames_in: FrameCounter::default(),
                frames_out: FrameCounter::default(),
            })
        });
    }

    /// Whether the connection speaks another protocol.
    pub(super) fn is_upgraded(&self) -> bool {
        self.upgraded.is_some()
    }

    /// Bytes came in. `false`: they belong to HTTP.
    pub(super) fn read_upgraded(&mut self, bytes: &[u8]) -> bool {
        let Some(upgraded) = &mut self.upgraded else {
            return false;
        };
        upgraded.bytes_in += bytes.len() as u64;
        if upgraded.is_websocket {
            upgraded.frames_in.feed(bytes);
        }
        true
    }

    /// As the end of the last step has it.
    pub(super) fn put(&self, start: Instant, out: &mut Vec<u8>) {
        let since = |t: Option<Instant>| t.map_or(0, |t| (t - start).as_nanos() as u64 + 1);
        out.push(if self.upgraded.is_some() { 2 } else { 1 });
        put_varint(out, self.bytes);
        put_varint(out, since(self.first));
        put_varint(out, since(self.last));
        if let Some(upgraded) = &self.upgraded {
            put_varint(out, upgraded.bytes_in);
            put_varint(out, upgraded.bytes_out);
            let frames = upgraded
                .frames_in
                .counts(Side::Request)
                .chain(upgraded.frames_out.counts(Side::Response));
            let frames: Vec<_> = frames.collect();
            put_varint(out, frames.len() as u64);
            for count in frames {
                out.push(u8::from(count.side == Side::Response));
                out.push(
                    FrameKind::ALL
                        .iter()
                        .position(|k| *k == count.kind)
                        .unwrap_or(0) as u8,
                );
                put_varint(out, count.frames);
                put_varint(out, count.bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_by_what_was_written_and_not_by_what_was_to_be() {
        let mut written = Written::default();
        written.upgrade(true);
        // What is in the second looks like a frame.
        let frames = [&b"\x82\x03one"[..], b"\x82\x02\x82\x00"];
        // All of the first, two bytes of the second; the rest later.
        written.add(frames.into_iter(), 7);
        written.add([&frames[1][2..]].into_iter(), 2);
        let upgraded = written.upgraded.expect("it is");
        assert_eq!(upgraded.bytes_out, 9);
        let counts = upgraded.frames_out.counts(Side::Response);
        let counts: Vec<_> = counts.map(|c| (c.kind, c.frames, c.bytes)).collect();
        assert_eq!(counts, [(FrameKind::Binary, 2, 5)]);
    }
}
