//! Parts with headers (RFC 2046, RFC 7578).

use super::{kinds, read};
use crate::{
    model::{Content, Pair, PartView},
    view::pairs::pair,
};
use memchr::memmem;
use std::borrow::Cow;

/// Parts that are shown, at most.
const MAX_PARTS: usize = 1000;

pub(super) fn content(content_type: Option<&str>, bytes: &[u8], is_cut: bool) -> Content {
    let Some(boundary) = boundary(content_type, bytes) else {
        return Content::Multipart {
            parts: Vec::new(),
            more: 0,
            error: Some("no boundary is said, and the body does not begin with one".into()),
        };
    };
    let (found, is_whole) = split(bytes, &boundary);
    let last = found.len();
    let view = |(i, bytes): (usize, &&[u8])| part(bytes, !is_whole && i + 1 == last);
    Content::Multipart {
        parts: found.iter().enumerate().take(MAX_PARTS).map(view).collect(),
        more: found.len().saturating_sub(MAX_PARTS),
        error: match (is_whole, is_cut) {
            (true, _) => None,
            (false, true) => Some("the rest is not there".into()),
            (false, false) => Some("the boundary that ends it is missing".into()),
        },
    }
}

/// The boundary that the message says, or the one that the body begins with.
pub(super) fn boundary<'b>(content_type: Option<&str>, bytes: &'b [u8]) -> Option<Cow<'b, [u8]>> {
    let said = content_type.and_then(|text| parameter(text, "boundary"));
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        return Some(Cow::Owned(said.into_bytes()));
    }
    let line = bytes.strip_prefix(b"--")?;
    let end = line.iter().position(|b| matches!(b, b'\r' | b'\n'))?;
    (1..=70).contains(&end).then(|| Cow::Borrowed(&line[..end]))
}

/// The parts, and whether the last one is followed by the end.
fn split<'b>(bytes: &'b [u8], boundary: &[u8]) -> (Vec<&'b [u8]>, bool) {
    let delimiter = [b"\r\n--", boundary].concat();
    // The first has no line before it.
    let mut rest = match bytes.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => match memmem::find(bytes, &delimiter) {
            Some(at) => &bytes[at + delimiter.len()..],
            None => return (Vec::new(), false),
        },
    };
    let finder = memmem::Finder::new(&delimiter);
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return (parts, true);
        }
        let begin = rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(rest.len(), |at| at + 1);
        // An empty part may share its line end with the delimiter.
        let from = begin.saturating_sub(2);
        match finder.find(&rest[from..]) {
            Some(at) => {
                parts.push(rest.get(begin..from + at).unwrap_or_default());
                rest = &rest[from + at + delimiter.len()..];
            }
            None => {
                if begin < rest.len() {
                    parts.push(&rest[begin..]);
                }
                return (parts, false);
            }
        }
    }
}

fn part(bytes: &[u8], is_cut: bool) -> PartView {
    let (head, body) = match bytes.strip_prefix(b"\r\n") {
        Some(body) => (&[][..], body),
        None => match memmem::find(bytes, b"\r\n\r\n") {
            Some(at) => (&bytes[..at], &bytes[at + 4..]),
            None => (bytes, &[][..]),
        },
    };
    let head = String::from_utf8_lossy(head);
    let headers: Vec<Pair> = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| pair(&name.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    let header = |name: &str| headers.iter().find(|h| h.name == name).map(|h| &*h.value);
    let disposition = header("content-disposition").unwrap_or_default();
    let content_type = header("content-type");
    let kind = match body.is_empty() {
        true => crate::model::ContentKind::Empty,
        false => kinds::kinds(content_type, body)[0],
    };
    PartView {
        name: parameter(disposition, "name"),
        filename: parameter(disposition, "filename"),
        content_type: content_type.map(Into::into),
        len: body.len(),
        content: read(kind, content_type, body, is_cut, false),
        headers,
    }
}

/// A parameter of a header: `; name=value` or `; name="value"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let (_, mut rest) = header.split_once(';')?;
    loop {
        let (this, behind) = rest.split_once('=')?;
        let (value, behind) = value(behind);
        if this.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        (_, rest) = behind.split_once(';')?;
    }
}

/// A value, out of its quotes, and what is behind it.
fn value(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim_end().into(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            // Browsers write `%22` for a quote and leave backslashes alone.
            '\\' if chars.as_str().starts_with('"') => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--b\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nEmma\r\n--b\r\n\
        Content-Disposition: form-data; filename=\"a;\\\"b.json\"; name=\"file\"\r\nContent-Type: application/json\r\n\r\n\
        {\"a\":1}\r\n--b\r\n\r\n\r\n--b--\r\nepilogue";

    fn parts(bytes: &[u8]) -> (Vec<PartView>, Option<String>) {
        let content_type = Some("multipart/form-data; charset=x; boundary=\"b\"");
        match content(content_type, bytes, false) {
            Content::Multipart { parts, error, .. } => (parts, error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parts_have_names_files_and_contents() {
        let (parts, error) = parts(FORM);
        assert_eq!(error, None);
        let [title, file, empty] = &parts[..] else {
            panic!("{parts:?}");
        };
        assert_eq!((title.name.as_deref(), title.len), (Some("title"), 4));
        assert!(matches!(&title.content, Content::Text { lines, .. } if lines[0].text == "Emma"));
        assert_eq!(file.filename.as_deref(), Some("a;\"b.json"));
        assert_eq!(file.name.as_deref(), Some("file"));
        assert!(matches!(&file.content, Content::Json { lines, .. } if lines.len() == 3));
        assert_eq!(empty.content, Content::Empty);
    }

    #[test]
    fn one_that_is_cut_says_so_wherever_it_is() {
        let end = memmem::find(FORM, b"\r\n--b--").unwrap() + 7;
        for at in 0..FORM.len() {
            let (parts, error) = parts(&FORM[..at]);
            assert_eq!(error.is_none(), at >= end, "{at}");
            assert!(parts.len() <= 3);
        }
    }

    #[test]
    fn the_boundary_is_found_in_the_body_if_nobody_says_it() {
        assert_eq!(boundary(None, b"--xyz\r\n").as_deref(), Some(&b"xyz"[..]));
        assert_eq!(boundary(Some("multipart/mixed"), b"none"), None);
        let said = boundary(Some("multipart/mixed; Boundary=q; x=y"), b"--xyz\r\n");
        assert_eq!(said.as_deref(), Some(&b"q"[..]));
    }
}
