//! zstd (RFC 8878).
//!
//! The decoder gives what it has decoded only behind its window, or at the end of a frame. A head that is cut has no end: it
//! is given one, behind the last block that is whole.

use super::decode::{Decoded, read};
use ruzstd::decoding::StreamingDecoder;

/// The largest window that a content coding may have: RFC 9659.
const MAX_WINDOW: u64 = 8 << 20;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// In the descriptor of a frame: a checksum follows the last block.
const HAS_CHECKSUM: u8 = 4;

/// All frames, up to a cap.
pub(super) fn decode(bytes: &[u8], cap: usize) -> Decoded {
    let mut decoded = Decoded::default();
    let mut rest = bytes;
    while !rest.is_empty() && decoded.bytes.len() < cap {
        if let Some(behind) = skippable(rest) {
            rest = behind;
            continue;
        }
        let frame = Frame::of(rest);
        let left = cap - decoded.bytes.len();
        let next = match &frame {
            Some(frame) => frame.decode(rest, left),
            None => Decoded {
                error: Some("no zstd frame begins here".into()),
                truncated: true,
                ..Decoded::default()
            },
        };
        decoded.bytes.extend_from_slice(&next.bytes);
        decoded.truncated = next.truncated;
        decoded.error = next.error;
        match frame {
            Some(frame) if frame.is_whole && !decoded.truncated => rest = &rest[frame.len..],
            _ => return decoded,
        }
    }
    decoded.truncated |= !rest.is_empty();
    decoded
}

/// What is behind a frame that holds nothing for us.
fn skippable(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    if head[0] & 0xf0 != 0x50 || head[1..4] != [0x2a, 0x4d, 0x18] {
        return None;
    }
    let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    Some(rest.get(len as usize..).unwrap_or_default())
}

/// The blocks of a frame that are there.
struct Frame {
    /// Where its last whole block begins.
    last_block: usize,
    /// Where that block ends.
    blocks_end: usize,
    /// Where the frame ends.
    len: usize,
    /// Whether its last block is its last.
    is_whole: bool,
}

impl Frame {
    /// None where not even its first block is whole.
    fn of(bytes: &[u8]) -> Option<Self> {
        let descriptor = *bytes.strip_prefix(&MAGIC)?.first()?;
        let is_single = descriptor & 0x20 != 0;
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content_size = match descriptor >> 6 {
            0 => usize::from(is_single),
            n => 1 << n,
        };
        let mut at = 5 + usize::from(!is_single) + dictionary + content_size;
        let mut last_block = None;
        while let Some([a, b, c]) = bytes.get(at..at + 3) {
            let header = u32::from_le_bytes([*a, *b, *c, 0]);
            let size = match header >> 1 & 3 {
                // Run-length: one byte stands for all.
                1 => 1,
                _ => (header >> 3) as usize,
            };
            let end = at + 3 + size;
            if end > bytes.len() {
                break;
            }
            last_block = Some(at);
            at = end;
            if header & 1 == 1 {
                let checksum = if descriptor & HAS_CHECKSUM != 0 { 4 } else { 0 };
                return Some(Self {
                    last_block: last_block?,
                    blocks_end: at,
                    len: (at + checksum).min(bytes.len()),
                    is_whole: true,
                });
            }
        }
        Some(Self {
            last_block: last_block?,
            blocks_end: at,
            len: at,
            is_whole: false,
        })
    }

    fn decode(&self, bytes: &[u8], cap: usize) -> Decoded {
        let mut frame = bytes[..self.blocks_end].to_vec();
        frame[4] &= !HAS_CHECKSUM;
        frame[self.last_block] |= 1;
        let mut decoded = match StreamingDecoder::new_with_max_window_size(&frame[..], MAX_WINDOW) {
            Ok(decoder) => read(decoder, cap),
            Err(e) => Decoded {
                error: Some(e.to_string()),
                ..Decoded::default()
            },
        };
        if !self.is_whole || decoded.error.is_some() {
            decoded.truncated = true;
            let early = || super::decode::TOO_EARLY.to_owned();
            decoded.error.get_or_insert_with(early);
        }
        decoded
    }
}
