//! Makes frames as they may be kept: headers, targets and bodies masked, bodies hashed and each content kept once. Off the
//! request path and before the ring.

use super::once::Once;
use crate::{
    capture::{
        redact,
        unmasked::{self, Unmasked},
    },
    codec::{
        format::{RESPONSE, UNHASHED, head, put_bytes},
        read::Reader,
    },
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use twox_hash::XxHash64;

/// Memory that masking needs, used again for every frame. No credential stands in it.
#[derive(Default)]
pub(in crate::capture) struct Masking {
    texts: Vec<Unmasked>,
    events: Vec<u8>,
    value: Vec<u8>,
}

impl Masking {
    /// Writes the frame that a recording handed over into `out`, masked, and forgets what it was. `None`: it is no such
    /// frame, and what is in `out` must not be kept.
    pub(in crate::capture) fn finish(&mut self, raw: &mut [u8], out: &mut Vec<u8>) -> Option<()> {
        let done = self.masked(raw, out);
        raw.fill(0);
        done
    }

    fn masked(&mut self, raw: &mut [u8], out: &mut Vec<u8>) -> Option<()> {
        let len = unmasked::split(raw, &mut self.texts)?;
        let frame = &mut raw[..len];
        let mut reader = Reader::new(frame);
        reader.header().ok()?;
        out.extend_from_slice(&frame[..reader.offset()]);
        let events = reader.bytes().ok()?;
        if self.texts.is_empty() {
            put_bytes(out, events);
        } else {
            self.mask_events(events)?;
            put_bytes(out, &self.events);
        }
        let target = self.texts.iter().find(|text| text.is_target());
        let secret = target
            .and_then(|text| events.get(text.range()))
            .is_some_and(redact::asks_for_secret);
        let mut copied = reader.offset();
        let mut once = Once::default();
        for body in reader.bodies().ok()? {
            // The recorder writes all of them whole.
            let head = body.head?;
            if frame[body.flags] & UNHASHED != 0 {
                let hash = XxHash64::oneshot(0, &frame[head.clone()]);
                frame[body.hash..body.hash + 8].copy_from_slice(&hash.to_le_bytes());
                frame[body.flags] &= !UNHASHED;
            }
            out.extend_from_slice(&frame[copied..body.kept]);
            copied = head.end;
            let head = &frame[head];
            let is_response = frame[body.flags] & RESPONSE != 0;
            let bare = || secret.then(|| redact::mask_bare(head, is_response))?;
            match redact::mask_body(head).or_else(bare) {
                Some(masked) => once.put(head::MASKED, &masked, out),
                None => once.put(head::CLEAR, head, out),
            }
        }
        out.extend_from_slice(&frame[copied..]);
        Some(())
    }

    /// Copies the events, with the texts in them masked.
    fn mask_events(&mut self, events: &[u8]) -> Option<()> {
        const KEPT: usize = 64 << 10;
        let Self {
            texts,
            events: out,
            value,
        } = self;
        for kept in [&mut *out, value] {
            kept.clear();
            kept.shrink_to(KEPT);
        }
        let mut copied = 0;
        for text in &*texts {
            let clear = events.get(text.range())?;
            // Before a text stands its length, and before that of a header's value the flag of masking.
            let length = text.range().start.checked_sub(varint_len(clear.len()))?;
            value.clear();
            if redact::put_value(value, text.class(), false, clear) {
                if text.is_target() {
                    out.extend_from_slice(events.get(copied..length)?);
                } else {
                    out.extend_from_slice(events.get(copied..length.checked_sub(1)?)?);
                    out.push(1);
                }
                put_bytes(out, value);
                copied = text.range().end;
            }
        }
        out.extend_from_slice(&events[copied..]);
        Some(())
    }
}

/// Empties `out` and lets `finish` write into it. A panic in there is a frame that is none: the thread that all cycles of the
/// app pass has to go on, and nothing unmasked may stay.
pub(in crate::capture) fn guarded(
    raw: &mut [u8],
    out: &mut Vec<u8>,
    finish: impl FnOnce(&mut [u8], &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.clear();
    let done = catch_unwind(AssertUnwindSafe(|| finish(&mut *raw, &mut *out)));
    done.unwrap_or_else(|_| {
        raw.fill(0);
        out.clear();
        None
    })
}

/// Bytes of a length as a varint.
fn varint_len(len: usize) -> usize {
    (usize::BITS - (len | 1).leading_zeros()).div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        capture::{heads::Span, redact::Class},
        codec::format::put_varint,
    };

    #[test]
    fn texts_are_masked_where_they_stand_and_the_rest_is_kept() {
        let mut events = b"..".to_vec();
        let mut texts = Vec::new();
        let mut put = |flag: bool, text: &[u8], class: Class| {
            if flag {
                events.push(0);
            }
            put_bytes(&mut events, text);
            let text = Span::tail(&events, text.len());
            texts.push(match flag {
                true => Unmasked::value(text, class),
                false => Unmasked::target(text),
            });
            events.extend_from_slice(b"..");
        };
        put(false, b"/a?token=canary", Class::Url);
        put(true, b"plain", Class::Plain);
        put(true, &[b'c'; 300], Class::Secret);
        put(true, b"Bearer canary", Class::Authorization);
        texts.reverse();
        // A layer marked it sensitive later.
        let at = events.len() as u32 - 15;
        texts.push(Unmasked::value(Span { at, len: 13 }, Class::Secret));
        let mut raw = vec![1; 3];
        unmasked::put([&texts[..2], &texts[2..]], &mut raw);
        let mut masking = Masking::default();
        let len = unmasked::split(&raw, &mut masking.texts);
        assert_eq!((len, masking.texts.len()), (Some(3), 4));
        masking.mask_events(&events).unwrap();
        let masked = String::from_utf8(masking.events).unwrap();
        let shapes: Vec<&str> = masked.split("[redacted #").collect();
        assert_eq!(shapes.len(), 4, "{masked:?}");
        assert_eq!(shapes[0], "..\u{19}/a?token=");
        assert_eq!(&shapes[1][4..], "]..\0\u{5}plain..\u{1}\u{10}");
        assert_eq!(&shapes[2][4..], "]..\u{1}\u{10}");
        assert_eq!(&shapes[3][4..], "]..");
    }

    #[tokio::test]
    async fn a_text_by_itself_is_masked_where_the_path_asks_for_a_secret() {
        use crate::{Json, Router, body::Body, extract::Request, routing::post, testing};
        for (path, is_masked) in [("/rs/_basic_secret?x=1", true), ("/rs/title", false)] {
            let answer = post(async |_: String| Json("canary-0123"));
            let app = Router::new().route("/rs/{what}", answer);
            let mut request = Request::post(path);
            request = request.header("content-type", "application/json");
            let request = request.body(Body::from(r#"{"value":"canary"}"#)).unwrap();
            let (_, cycle) = testing::run(app, request).await;
            let heads = cycle.bodies.iter().map(|body| &*body.head.0);
            let heads: Vec<_> = heads.map(String::from_utf8_lossy).collect();
            assert_eq!(heads.len(), 2, "{heads:?}");
            for head in heads {
                assert_eq!(!head.contains("canary"), is_masked, "{path}: {head}");
                assert_eq!(head.contains("[redacted #"), is_masked, "{path}: {head}");
            }
        }
    }

    #[test]
    fn lengths_before_texts_are_as_long_as_they_are_written() {
        for len in (0..40).flat_map(|bit| [(1_usize << bit) - 1, 1 << bit]) {
            let mut out = Vec::new();
            put_varint(&mut out, len as u64);
            assert_eq!(varint_len(len), out.len(), "{len}");
        }
    }

    #[test]
    fn a_panic_in_masking_loses_the_frame_and_nothing_else() {
        let (mut raw, mut out) = (b"canary".to_vec(), Vec::new());
        let done = guarded(&mut raw, &mut out, |raw, out| {
            out.extend_from_slice(raw);
            std::panic::resume_unwind(Box::new("in the middle of it"))
        });
        assert_eq!((done, &*raw, &*out), (None, &[0; 6][..], &[][..]));
        let fine = guarded(&mut raw, &mut out, |_, out| {
            out.push(7);
            Some(())
        });
        assert_eq!((fine, &*out), (Some(()), &[7][..]));
    }

    #[test]
    fn what_is_no_frame_is_refused_and_forgotten() {
        for mut raw in [vec![7; 40], vec![0; 3], vec![0xff; 4], Vec::new()] {
            assert!(
                Masking::default()
                    .finish(&mut raw, &mut Vec::new())
                    .is_none()
            );
            assert!(raw.iter().all(|b| *b == 0));
        }
    }
}
