//! Images, by their first bytes.

use crate::model::Content;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What the first bytes of an image say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) media_type: &'static str,
    /// Width and height in pixels.
    size: Option<(u32, u32)>,
}

pub(super) fn content(bytes: &[u8]) -> Content {
    let header = header(bytes);
    let size = header.as_ref().and_then(|h| h.size);
    Content::Image {
        media_type: header
            .map_or("application/octet-stream", |h| h.media_type)
            .into(),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        base64: STANDARD.encode(bytes),
    }
}

/// What image begins with these bytes.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    let at = |at: usize| bytes.get(at..).unwrap_or_default();
    let image = |media_type, size| Some(Header { media_type, size });
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => {
            let size = (at(12).starts_with(b"IHDR")).then(|| Some((be32(at(16))?, be32(at(20))?)));
            image("image/png", size.flatten())
        }
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => {
            image("image/gif", le16(at(6)).zip(le16(at(8))))
        }
        [0xff, 0xd8, 0xff, ..] => image("image/jpeg", jpeg_size(bytes)),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => image("image/webp", webp_size(at(12))),
        [b'B', b'M', ..] if le32(at(14)) == Some(40) => {
            // A negative height: the rows come from above.
            let height = le32(at(22)).map(|h| h.cast_signed().unsigned_abs());
            image("image/bmp", le32(at(18)).zip(height))
        }
        [0, 0, 1, 0, n, 0, w, h, ..] if *n > 0 => {
            let side = |side: u8| if side == 0 { 256 } else { u32::from(side) };
            image("image/x-icon", Some((side(*w), side(*h))))
        }
        [
            _,
            _,
            _,
            _,
            b'f',
            b't',
            b'y',
            b'p',
            b'a',
            b'v',
            b'i',
            b'f' | b's',
            ..,
        ] => image("image/avif", avif_size(bytes)),
        _ => None,
    }
}

fn be16(bytes: &[u8]) -> Option<u32> {
    Some(u16::from_be_bytes(*bytes.first_chunk()?).into())
}

fn be32(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.first_chunk()?))
}

fn le16(bytes: &[u8]) -> Option<u32> {
    Some(u16::from_le_bytes(*bytes.first_chunk()?).into())
}

fn le32(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.first_chunk()?))
}

/// From segment to segment to the first frame header (ITU T.81, B.1.1.3).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let segment = bytes.get(at..)?;
        let [0xff, marker, rest @ ..] = segment else {
            return None;
        };
        match marker {
            // Fill bytes, and markers that stand alone.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(rest.get(5..)?)?, be16(rest.get(3..)?)?));
            }
            _ => at += 2 + be16(rest)?.max(2) as usize,
        }
    }
}

/// The first chunk says it, in one of three ways (RFC 9649).
fn webp_size(chunk: &[u8]) -> Option<(u32, u32)> {
    let data = chunk.get(8..)?;
    match chunk.first_chunk::<4>()? {
        b"VP8 " if data.get(3..6)? == [0x9d, 0x01, 0x2a] => Some((
            le16(data.get(6..)?)? & 0x3fff,
            le16(data.get(8..)?)? & 0x3fff,
        )),
        b"VP8L" if *data.first()? == 0x2f => {
            let bits = le32(data.get(1..)?)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |at: usize| Some((le32(data.get(at..)?)? & 0x00ff_ffff) + 1);
            // The last of the two has three bytes, perhaps the last there are.
            let [a, b, c] = *data.get(7..)?.first_chunk()?;
            Some((side(4)?, u32::from_le_bytes([a, b, c, 0]) + 1))
        }
        _ => None,
    }
}

/// The property that says the size (ISO/IEC 23008-12), wherever it is nested.
fn avif_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let at = bytes.windows(4).position(|w| w == b"ispe")?;
    Some((be32(bytes.get(at + 8..)?)?, be32(bytes.get(at + 12..)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_what_and_how_large() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\x02";
        let gif = b"GIF89a\x20\0\x10\0";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc2\0\x11\x08\0\x10\0\x20\x03";
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\0\x10\0";
        let bits = (31_u32 | 15 << 14).to_le_bytes();
        let lossless = [&b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f"[..], &bits].concat();
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x1f\0\0\x0f\0\0";
        let bmp = b"BM............\x28\0\0\0\x20\0\0\0\xf0\xff\xff\xff";
        let icon = b"\0\0\x01\0\x01\0\x20\x10";
        let avif = b"\0\0\0\x1cftypavif....ispe\0\0\0\0\0\0\0\x20\0\0\0\x10";
        for (bytes, media_type) in [
            (&png[..], "image/png"),
            (gif, "image/gif"),
            (jpeg, "image/jpeg"),
            (lossy, "image/webp"),
            (&lossless, "image/webp"),
            (extended, "image/webp"),
            (bmp, "image/bmp"),
            (icon, "image/x-icon"),
            (avif, "image/avif"),
        ] {
            let size = Some((32, 16));
            assert_eq!(header(bytes), Some(Header { media_type, size }));
            for end in 0..bytes.len() {
                let _ = header(&bytes[..end]);
            }
        }
        assert_eq!(header(b"BMW is no image"), None);
        assert_eq!(header(b"<svg/>"), None);
    }
}
