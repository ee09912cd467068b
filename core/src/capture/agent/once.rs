//! The bodies of a cycle, stored once by content: one that is equal to an earlier one is written as its number.

use crate::codec::format::{head, put_bytes, put_varint};
use std::ops::Range;

/// What was written of the bodies of one frame.
#[derive(Default)]
pub(super) struct Once {
    /// Of each content: the number of the body that has it, how it is kept, and where its bytes are in the frame.
    contents: Vec<(u64, u8, Range<usize>)>,
    bodies: u64,
    /// Bytes that were not written again.
    same: usize,
}

impl Once {
    /// Appends the kept bytes of the next body.
    pub(super) fn put(&mut self, kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
        let number = self.bodies;
        self.bodies += 1;
        let is_same = |(_, as_kind, at): &&(u64, u8, Range<usize>)| {
            (*as_kind, &out[at.clone()]) == (kind, bytes)
        };
        let room = head::MOST_SAME - self.same;
        let same = (1..=room)
            .contains(&bytes.len())
            .then(|| self.contents.iter().find(is_same));
        if let Some(Some((first, ..))) = same {
            self.same += bytes.len();
            out.push(head::SAME);
            put_varint(out, *first);
            return;
        }
        out.push(kind);
        put_bytes(out, bytes);
        self.contents
            .push((number, kind, out.len() - bytes.len()..out.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        capture::{agent::mask::Masking, recording::Recording, redact, unmasked},
        codec::{Tables, decode},
        wire::{Octets, Side},
    };
    use proptest::{collection::vec, prelude::*};
    use std::time::Instant;
    use twox_hash::XxHash64;

    /// What the recorder hands over of a cycle with these bodies, each in frames of at most so many bytes.
    fn recorded<'a>(bodies: impl IntoIterator<Item = (Side, &'a [u8], usize)>) -> Vec<u8> {
        let mut recording = Recording::default();
        recording.begin(7, Instant::now(), 1, true);
        for (side, data, frame) in bodies {
            if let Some(body) = recording.body(side, None) {
                for data in data.chunks(frame) {
                    recording.body_data(body, None, data);
                }
                recording.body_end(body, Ok(()));
            }
        }
        let mut raw = Vec::new();
        recording.finish(&mut raw);
        raw
    }

    fn kept(mut raw: Vec<u8>) -> Vec<u8> {
        let mut frame = Vec::new();
        Masking::default().finish(&mut raw, &mut frame).unwrap();
        frame
    }

    /// Some that are equal when they are drawn twice, some that are equal as far as they are kept, and some that differ
    /// in nothing but what is masked.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let long = |end: u8| [&[b'x'; 70_000][..], &[end]].concat();
        let secret = |value: &str| format!(r#"{{"name":"ann","password":"{value}"}}"#).into_bytes();
        prop_oneof![
            1 => Just(long(1)),
            1 => Just(long(2)),
            1 => Just(vec![b'x'; 64 << 10]),
            1 => Just(vec![0xff; 40_000]),
            4 => Just(secret("canary-one")),
            4 => Just(secret("canary-two")),
            9 => vec(0..3_u8, 0..3),
        ]
    }

    fn bodies() -> impl Strategy<Value = Vec<(Side, Vec<u8>, usize)>> {
        let side = prop_oneof![Just(Side::Request), Just(Side::Response)];
        vec(
            (side, content(), prop_oneof![Just(9_000), Just(100_000)]),
            0..70,
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn equal_bodies_stand_in_a_frame_once_and_are_read_as_they_were(bodies in bodies()) {
            let raw = recorded(bodies.iter().map(|(side, data, frame)| (*side, &data[..], *frame)));
            // What the recorder wrote has each body whole.
            let len = unmasked::split(&raw, &mut Vec::new()).unwrap();
            let mut expected = decode(&raw[..len], &Tables::default()).unwrap();
            let mut contents = Vec::new();
            for (body, (_, data, _)) in expected.bodies.iter_mut().zip(&bodies) {
                body.hash = Some(format!("{:016x}", XxHash64::oneshot(0, data)));
                if let Some(masked) = redact::mask_body(&body.head.0) {
                    (body.head, body.redacted) = (Octets(masked), true);
                }
                contents.push(body.head.0.clone());
            }
            contents.sort_unstable();
            contents.dedup();
            let frame = kept(raw);
            prop_assert_eq!(decode(&frame, &Tables::default()).unwrap(), expected);
            let once = contents.iter().map(Vec::len).sum::<usize>();
            prop_assert!(frame.len() < once + 250 * bodies.len() + 100, "{} bytes, {once} of contents", frame.len());
        }

        #[test]
        fn no_bytes_make_the_reader_of_bodies_panic(
            bodies in vec(prop_oneof![Just(&b"equal"[..]), Just(&b"other"[..])], 1..9),
            changes in vec((any::<prop::sample::Index>(), prop_oneof![0..9_u8, any::<u8>()]), 1..5),
        ) {
            let mut frame = kept(recorded(bodies.into_iter().map(|data| (Side::Request, data, 99))));
            for (at, byte) in changes {
                let at = at.index(frame.len());
                frame[at] = byte;
            }
            let _ = decode(&frame, &Tables::default());
        }
    }

    #[test]
    fn equal_bytes_that_are_not_masked_alike_are_not_the_same() {
        let (mut once, mut out) = (Once::default(), Vec::new());
        for kind in [head::CLEAR, head::MASKED, head::MASKED] {
            once.put(kind, b"a", &mut out);
        }
        assert_eq!(
            out,
            [head::CLEAR, 1, b'a', head::MASKED, 1, b'a', head::SAME, 1]
        );
    }

    #[test]
    fn what_would_be_more_than_a_reader_takes_is_written_whole() {
        let (mut once, mut out) = (Once::default(), Vec::new());
        let bytes = vec![b'x'; head::MOST_SAME / 2];
        for _ in 0..4 {
            once.put(head::CLEAR, &bytes, &mut out);
        }
        once.put(head::CLEAR, b"", &mut out);
        let kinds = [&out[bytes.len() + 5..][..5], &out[out.len() - 2..]];
        assert_eq!(
            kinds,
            [
                [head::SAME, 0, head::SAME, 0, head::CLEAR].as_slice(),
                &[head::CLEAR, 0]
            ]
        );
        assert_eq!(out.len(), 2 * (bytes.len() + 5) + 4 + 2);
    }
}
