//! Frames of a WebSocket, counted as their bytes pass: RFC 6455, section 5.2.

use crate::wire::{FrameCount, FrameKind, Side};

/// Counts the frames of one direction. It looks at the heads of frames and skips what is in them.
#[derive(Debug, Default)]
pub(crate) struct FrameCounter {
    /// The head of the frame that begins, as far as it has come.
    head: [u8; 14],
    have: usize,
    /// Bytes that are left of the frame that has begun.
    left: u64,
    /// Frames and their bytes by opcode.
    counts: [(u64, u64); 16],
}

impl FrameCounter {
    /// Bytes pass.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let skip = usize::try_from(self.left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                self.left -= skip as u64;
                bytes = &bytes[skip..];
                continue;
            }
            self.head[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            if let Some(payload) = self.payload() {
                let (frames, total) = &mut self.counts[usize::from(self.head[0] & 0x0f)];
                *frames += 1;
                *total = total.saturating_add(payload);
                (self.left, self.have) = (payload, 0);
            }
        }
    }

    /// The length of the frame's payload, when its head is complete.
    fn payload(&self) -> Option<u64> {
        if self.have < 2 {
            return None;
        }
        let extended = match self.head[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.head[1] & 0x80 == 0 { 0 } else { 4 };
        if self.have < 2 + extended + mask {
            return None;
        }
        let number = self.head[2..2 + extended]
            .iter()
            .fold(0, |n, b| n << 8 | u64::from(*b));
        Some(if extended == 0 {
            u64::from(self.head[1] & 0x7f)
        } else {
            number
        })
    }

    /// What was counted, by kind.
    pub(crate) fn counts(&self, side: Side) -> impl Iterator<Item = FrameCount> + '_ {
        const KINDS: [(usize, FrameKind); 6] = [
            (0, FrameKind::Continuation),
            (1, FrameKind::Text),
            (2, FrameKind::Binary),
            (8, FrameKind::Close),
            (9, FrameKind::Ping),
            (10, FrameKind::Pong),
        ];
        KINDS.into_iter().filter_map(move |(opcode, kind)| {
            let (frames, bytes) = self.counts[opcode];
            (frames > 0).then_some(FrameCount {
                side,
                kind,
                frames,
                bytes,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Just, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

    /// A frame as it stands on the wire.
    fn frame(opcode: u8, masked: bool, payload: usize) -> Vec<u8> {
        let mut bytes = vec![0x80 | opcode];
        let mask = if masked { 0x80 } else { 0 };
        match payload {
            0..126 => bytes.push(mask | payload as u8),
            126..0x1_0000 => {
                bytes.push(mask | 126);
                bytes.extend((payload as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend((payload as u64).to_be_bytes());
            }
        }
        bytes.resize(bytes.len() + if masked { 4 } else { 0 } + payload, 0x81);
        bytes
    }

    #[test]
    fn frames_are_counted_wherever_the_bytes_are_cut() {
        let all: Vec<u8> = [
            frame(1, true, 5),
            frame(2, true, 300),
            frame(9, false, 0),
            frame(1, false, 70_000),
            frame(8, true, 2),
        ]
        .concat();
        for piece in [1, 2, 3, 7, 1000, all.len()] {
            let mut counter = FrameCounter::default();
            all.chunks(piece).for_each(|bytes| counter.feed(bytes));
            let counted: Vec<_> = counter
                .counts(Side::Request)
                .map(|c| (c.kind, c.frames, c.bytes))
                .collect();
            assert_eq!(
                counted,
                [
                    (FrameKind::Text, 2, 70_005),
                    (FrameKind::Binary, 1, 300),
                    (FrameKind::Close, 1, 2),
                    (FrameKind::Ping, 1, 0),
                ],
                "in pieces of {piece}"
            );
        }
    }

    fn counted(pieces: &[&[u8]]) -> Vec<FrameCount> {
        let mut counter = FrameCounter::default();
        pieces.iter().for_each(|bytes| counter.feed(bytes));
        counter.counts(Side::Request).collect()
    }

    proptest! {
        /// Other people's bytes: nothing panics, no frame is made up, and it does not matter where they are cut.
        #[test]
        fn any_bytes_are_counted_the_same_wherever_they_are_cut(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff), 0x7d..=0x80_u8], 0..300),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut pieces, mut rest, mut at) = (Vec::new(), &bytes[..], 0);
            for cut in cuts {
                let (piece, others) = rest.split_at(cut - at);
                pieces.push(piece);
                (rest, at) = (others, cut);
            }
            pieces.push(rest);
            let whole = counted(&[&bytes]);
            prop_assert_eq!(counted(&pieces), whole.clone());
            // The shortest frame has two bytes.
            let frames: u64 = whole.iter().map(|count| count.frames).sum();
            prop_assert!(frames * 2 <= bytes.len() as u64);
        }

        /// Whatever frames are sent are those that are counted.
        #[test]
        fn frames_of_any_kind_and_length_are_counted(
            sent in prop::collection::vec((0..3_u8, any::<bool>(), prop_oneof![0..130_usize, 65_530..65_540_usize]), 1..8),
            piece in 1..5000_usize,
        ) {
            let bytes: Vec<u8> = sent.iter().flat_map(|(op, masked, len)| frame(*op, *masked, *len)).collect();
            let counts = counted(&bytes.chunks(piece).collect::<Vec<_>>());
            let kinds = [FrameKind::Continuation, FrameKind::Text, FrameKind::Binary];
            for (op, kind) in (0..).zip(kinds) {
                let of_kind = sent.iter().filter(|(sent, ..)| *sent == op);
                let sum = of_kind.fold((0, 0), |(n, sum), (.., len)| (n + 1, sum + *len as u64));
                let found = counts.iter().find(|count| count.kind == kind);
                prop_assert_eq!(found.map_or((0, 0), |count| (count.frames, count.bytes)), sum);
            }
        }
    }
}
