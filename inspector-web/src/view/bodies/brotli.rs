//! brotli (RFC 7932). The crate's reader does not tell a stream that ends too early from one that is wrong; this loop does.

use super::decode::{Decoded, TOO_EARLY};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

/// All of a stream, up to a cap.
pub(super) fn decode(bytes: &[u8], cap: usize) -> Decoded {
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new(alloc(), alloc(), alloc());
    let (mut left, mut at, mut total) = (bytes.len(), 0, 0);
    let mut decoded = Decoded::default();
    let mut chunk = [0; 8192];
    loop {
        let (mut room, mut filled) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            bytes,
            &mut room,
            &mut filled,
            &mut chunk,
            &mut total,
            &mut state,
        );
        decoded.bytes.extend_from_slice(&chunk[..filled]);
        match result {
            _ if decoded.bytes.len() > cap => break,
            BrotliResult::ResultSuccess => return decoded.capped(cap),
            BrotliResult::NeedsMoreOutput => continue,
            // It gives what it has before it asks for more.
            BrotliResult::NeedsMoreInput if filled > 0 => continue,
            BrotliResult::NeedsMoreInput => decoded.error = Some(TOO_EARLY.into()),
            BrotliResult::ResultFailure => decoded.error = Some("it is no brotli".into()),
        }
        break;
    }
    decoded.truncated = true;
    decoded.capped(cap)
}
