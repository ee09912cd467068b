//! Bytes.

use crate::model::{Content, HexRow};

/// Bytes that are shown, at most.
const MAX_BYTES: usize = 64 << 10;

pub(super) fn content(bytes: &[u8]) -> Content {
    let shown = &bytes[..bytes.len().min(MAX_BYTES)];
    let row = |(i, row): (usize, &[u8])| {
        let digits: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
        let printable = |b: &u8| match b {
            b' '..=b'~' => char::from(*b),
            _ => '.',
        };
        HexRow {
            offset: i * 16,
            hex: digits.join(" "),
            text: row.iter().map(printable).collect(),
        }
    };
    Content::Hex {
        rows: shown.chunks(16).enumerate().map(row).collect(),
        more: bytes.len() - shown.len(),
    }
}
