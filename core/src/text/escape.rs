//! The one escape function.

use std::{borrow::Cow, fmt::Write as _};

/// Text that came from outside, fit for a terminal, a log line or a page: see [`escape_bytes`].
///
/// # Example
/// ```
/// use onionskin::text::escape;
/// assert_eq!(escape("\u{1b}[2J"), r"\x1b[2J");
/// assert_eq!(escape("snö"), "snö");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    match text.chars().all(is_plain) {
        true => Cow::Borrowed(text),
        false => {
            let mut out = String::with_capacity(text.len() + 16);
            push(&mut out, text);
            Cow::Owned(out)
        }
    }
}

/// Bytes that came from outside, fit for a terminal, a log line or a page.
///
/// What could steer a terminal, break a line, turn the direction of the text or hide is shown, not dropped: `\n`, `\r` and
/// `\t`, `\x1b` for the other control characters of ASCII, `\u{9b}` for characters beyond it, `\xff` for bytes that are
/// not UTF-8. A backslash stays as it is, so this is for reading, not for decoding.
pub fn escape_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return escape(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        push(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a `String` can't fail; the same below.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

fn push(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_plain(c) => out.push(c),
            c if c.is_ascii() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
}

/// Whether a character shows as itself and does nothing else.
fn is_plain(c: char) -> bool {
    !matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' // C0, DEL, C1
        | '\u{ad}' | '\u{34f}' | '\u{180e}' // soft hyphen, joiner, vowel separator: invisible
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers: invisible
        | '\u{61c}' | '\u{200b}'..='\u{200f}' // zero width, direction marks
        | '\u{2028}'..='\u{202e}' // line and paragraph separator, bidi embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, bidi isolates, deprecated format characters
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' // byte order mark, annotations
        | '\u{e0000}'..='\u{e0fff}' // tags and variation selectors: they carry hidden text
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "GET /books/7", "snö 本 🧅", r"C:\dir", "\"quoted\" <b>"] {
            assert!(
                matches!(escape(text), Cow::Borrowed(t) if t == text),
                "{text}"
            );
        }
    }

    #[test]
    fn what_steers_or_hides_is_shown() {
        for vector in crate::text::vectors::get().escape {
            assert_eq!(escape_bytes(&vector.bytes.0), vector.shown);
        }
    }

    #[test]
    fn nothing_that_steers_is_ever_left() {
        let all: String = ('\0'..=char::MAX).collect();
        let shown = escape(&all);
        assert!(shown.chars().all(is_plain));
        assert!(!shown.chars().any(char::is_control));
        assert!(matches!(escape(&shown), Cow::Borrowed(_)), "escaping twice");
    }
}
