//! Content codings taken off: gzip, br, zstd, deflate.
//!
//! What is decoded is somebody else's: a few kilobytes may stand for gigabytes. No reader here gives more than its cap, and a
//! head that is cut is decoded as far as it goes.

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::{
    io::{ErrorKind, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Bytes of a decoded view, at most.
pub(super) const MAX_DECODED: usize = 1 << 20;

/// Bytes between the two codings of a body that has two, at most.
const MAX_BETWEEN: usize = 8 << 20;

/// Codings that are taken off, at most.
const MAX_CODINGS: usize = 2;

/// What was behind the codings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// There is more than is shown: the cap or the end of the kept head came first.
    pub(super) truncated: bool,
    /// Why there is no more.
    pub(super) error: Option<String>,
}

/// Takes the codings off, the last one that was applied first.
pub(super) fn decode(head: &[u8], codings: &[String], is_complete: bool) -> Decoded {
    if codings.len() > MAX_CODINGS {
        let error = format!(
            "{} codings; at most {MAX_CODINGS} are taken off",
            codings.len()
        );
        return Decoded::failed(error);
    }
    let mut decoded = Decoded {
        bytes: head.to_vec(),
        truncated: !is_complete,
        error: None,
    };
    for (i, coding) in codings.iter().enumerate().rev() {
        let cap = if i == 0 { MAX_DECODED } else { MAX_BETWEEN };
        let (was_cut, said) = (decoded.truncated, decoded.error.take());
        let bytes = decoded.bytes;
        // The decoders are other people's; one that panics is one that fails.
        let once = catch_unwind(AssertUnwindSafe(|| one(&bytes, coding, cap)));
        decoded = once.unwrap_or_else(|_| Decoded::failed("the decoder failed".into()));
        if was_cut {
            // A stream that ends too early is no fault of one that was cut.
            decoded.truncated = true;
            decoded.error = said.or(decoded.error.filter(|e| e != TOO_EARLY));
        }
    }
    decoded
}

/// What is said of a stream that ends before it should.
pub(super) const TOO_EARLY: &str = "it ends too early";

impl Decoded {
    /// Without what is behind the cap.
    pub(super) fn capped(mut self, cap: usize) -> Self {
        self.truncated |= self.bytes.len() > cap;
        self.bytes.truncate(cap);
        self
    }

    fn failed(error: String) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

fn one(bytes: &[u8], coding: &str, cap: usize) -> Decoded {
    match coding {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(bytes), cap),
        // Some send the bare stream, which the RFC does not mean.
        "deflate" if is_zlib(bytes) => read(ZlibDecoder::new(bytes), cap),
        "deflate" => read(DeflateDecoder::new(bytes), cap),
        "br" => super::brotli::decode(bytes, cap),
        "zstd" => super::zstd::decode(bytes, cap),
        other => Decoded::failed(format!("the coding {other:?} is not known here")),
    }
}

/// RFC 1950: a method of 8, and the first two bytes a multiple of 31.
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [a, b, ..] => a & 0xf == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0,
        _ => false,
    }
}

/// All that a reader gives, up to a cap, and what it says at last.
pub(super) fn read(mut reader: impl Read, cap: usize) -> Decoded {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    let end = loop {
        match reader.read(&mut chunk) {
            Ok(0) => break None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => break Some(TOO_EARLY.into()),
            Err(e) => break Some(e.to_string()),
        }
        if bytes.len() > cap {
            break None;
        }
    };
    Decoded {
        truncated: end.is_some(),
        bytes,
        error: end,
    }
    .capped(cap)
}
