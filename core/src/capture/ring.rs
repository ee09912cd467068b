//! The newest cycles of this process, bounded in bytes, so that an inspector which comes later sees what went before.

use std::collections::VecDeque;

/// Memory is taken and given back in pieces of this size.
const SEGMENT: usize = 256 << 10;

struct Segment {
    /// Number of its first cycle.
    first: u64,
    /// Cycles in it.
    count: u64,
    /// Frames, each with its length before it (32 bits, little endian).
    bytes: Vec<u8>,
}

/// A place in the ring to go on reading from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Number of the next cycle.
    pub(crate) next: u64,
    /// Where its segment begins, and how far into that segment it stands.
    segment: u64,
    offset: usize,
}

/// Cycles in order of ending, numbered from 0.
pub(crate) struct Ring {
    segments: VecDeque<Segment>,
    bytes: usize,
    cap: usize,
    recorded: u64,
}

impl Ring {
    /// An empty ring of at most `cap` bytes.
    pub(crate) fn new(cap: usize) -> Self {
        Self {
            segments: VecDeque::new(),
            bytes: 0,
            cap: cap.max(SEGMENT),
            recorded: 0,
        }
    }

    /// Cycles that were ever put in.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Number of the oldest cycle that is kept: as many were evicted.
    pub(crate) fn oldest(&self) -> u64 {
        self.segments.front().map_or(self.recorded, |s| s.first)
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that may be used.
    pub(crate) fn cap(&self) -> usize {
        self.cap
    }

    /// Puts a cycle in, and takes out the oldest if there is no room.
    pub(crate) fn push(&mut self, frame: &[u8]) {
        let need = frame.len() + 4;
        if self
            .segments
            .back()
            .is_none_or(|s| s.bytes.len() + need > s.bytes.capacity())
        {
            let size = SEGMENT.max(need);
            let mut evicted = Vec::new();
            while self.bytes + size > self.cap
                && let Some(oldest) = self.segments.pop_front()
            {
                self.bytes -= oldest.bytes.capacity();
                evicted = oldest.bytes;
            }
            // Memory that was in use is better than new memory, which the system has to clear.
            let bytes = if evicted.capacity() == size {
                evicted.clear();
                evicted
            } else {
                Vec::with_capacity(size)
            };
            self.bytes += bytes.capacity();
            self.segments.push_back(Segment {
                first: self.recorded,
                count: 0,
                bytes,
            });
        }
        let segment = self.segments.back_mut().expect("one was made just now");
        segment
            .bytes
            .extend_from_slice(&(frame.len() as u32).to_le_bytes());
        segment.bytes.extend_from_slice(frame);
        segment.count += 1;
        self.recorded += 1;
    }

    /// The place of cycle number `number`, or of the oldest one kept, if that is younger.
    pub(crate) fn seek(&self, number: u64) -> Cursor {
        let number = number.clamp(self.oldest(), self.recorded);
        let Some(segment) = self.segments.iter().find(|s| number < s.first + s.count) else {
            let segment = self.segments.back();
            return Cursor {
                next: self.recorded,
                segment: segment.map_or(self.recorded, |s| s.first),
                offset: segment.map_or(0, |s| s.bytes.len()),
            };
        };
        let mut offset = 0;
        for _ in segment.first..number {
            offset += 4 + frame_len(&segment.bytes[offset..]);
        }
        Cursor {
            next: number,
            segment: segment.first,
            offset,
        }
    }

    /// The cycle at the cursor, which moves on. `None`: there is no newer one. If the cycle is evicted, the cursor moves
    /// to the oldest that is not: compare `next` before and after.
    pub(crate) fn read(&self, cursor: &mut Cursor) -> Option<&[u8]> {
        if cursor.next >= self.recorded {
            return None;
        }
        if cursor.next < self.oldest() {
            *cursor = self.seek(cursor.next);
        }
        let at = self
            .segments
            .partition_point(|s| s.first <= cursor.segment)
            .saturating_sub(1);
        let mut segment = self.segments.get(at).filter(|s| s.first == cursor.segment);
        if segment.is_none_or(|s| cursor.offset >= s.bytes.len()) {
            *cursor = self.seek(cursor.next);
            segment = self.segments.iter().find(|s| s.first == cursor.segment);
        }
        let bytes = &segment?.bytes[cursor.offset..];
        let len = frame_len(bytes);
        cursor.offset += 4 + len;
        cursor.next += 1;
        Some(&bytes[4..4 + len])
    }
}

fn frame_len(bytes: &[u8]) -> usize {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64) -> Vec<u8> {
        let mut frame = number.to_le_bytes().to_vec();
        frame.resize(8 + (number as usize * 7919) % 3000, 0xab);
        frame
    }

    #[test]
    fn what_is_read_is_what_was_put_in_and_bytes_are_bounded() {
        let mut ring = Ring::new(1 << 20);
        let mut cursor = ring.seek(0);
        let (mut read, mut lost) = (0_u64, 0_u64);
        for number in 0..5000 {
            ring.push(&frame(number));
            assert!(ring.bytes() <= ring.cap());
            if number % 700 == 0 {
                loop {
                    let before = cursor.next;
                    let Some(got) = ring.read(&mut cursor) else {
                        break;
                    };
                    let got_number = cursor.next - 1;
                    lost += got_number - before;
                    assert_eq!(got, frame(got_number));
                    read += 1;
                }
                assert_eq!(read + lost, ring.recorded());
            }
        }
        assert!(lost > 0, "700 cycles of 1.5 kB do not fit");
        assert_eq!(ring.bytes(), ring.cap(), "all the room is used");
        assert_eq!(ring.seek(0).next, ring.oldest());
        for number in (ring.oldest()..5000).step_by(7) {
            let mut cursor = ring.seek(number);
            assert_eq!(ring.read(&mut cursor), Some(&frame(number)[..]));
        }
        assert_eq!(ring.seek(u64::MAX).next, 5000);
    }

    #[test]
    fn a_cycle_goes_where_there_is_room_for_all_of_it() {
        for (room, segments) in [(13, 2), (14, 1)] {
            let mut ring = Ring::new(1 << 20);
            ring.push(&vec![7; SEGMENT - 4 - room]);
            ring.push(b"ten bytes!");
            assert_eq!(ring.bytes(), segments * SEGMENT, "{room} bytes");
        }
    }

    #[test]
    fn a_cycle_larger_than_a_segment_is_kept_whole() {
        let mut ring = Ring::new(1 << 20);
        let large = vec![7; 600 << 10];
        ring.push(&large);
        ring.push(b"small");
        let mut cursor = ring.seek(0);
        assert_eq!(ring.read(&mut cursor), Some(&large[..]));
        assert_eq!(ring.read(&mut cursor), Some(&b"small"[..]));
        assert_eq!(ring.read(&mut cursor), None);
    }
}
