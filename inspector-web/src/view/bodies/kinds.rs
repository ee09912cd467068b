//! How a body can be shown: by what the message says, and by what the bytes say.

use super::{image, json, multipart};
use crate::model::ContentKind;

/// The ways to show these bytes, the best first. The last are always there.
pub(super) fn kinds(content_type: Option<&str>, bytes: &[u8]) -> Vec<ContentKind> {
    let is_text = is_text(bytes);
    let said = content_type.and_then(|label| said(label, bytes));
    let mut kinds = Vec::new();
    kinds.extend(said.filter(|kind| fits(*kind, content_type, bytes, is_text)));
    if image::header(bytes).is_some() {
        kinds.push(ContentKind::Image);
    }
    if is_text {
        kinds.extend(looks_like(bytes));
        kinds.push(ContentKind::Text);
    }
    kinds.push(ContentKind::Hex);
    let mut seen = Vec::new();
    kinds.retain(|kind| {
        !seen.contains(kind) && {
            seen.push(*kind);
            true
        }
    });
    kinds
}

/// What a media type promises.
fn said(content_type: &str, bytes: &[u8]) -> Option<ContentKind> {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let (main, sub) = essence.split_once('/')?;
    Some(match (main, sub) {
        ("application", "x-www-form-urlencoded") => ContentKind::Form,
        ("multipart", _) => ContentKind::Multipart,
        ("text", "event-stream") => ContentKind::Events,
        ("text", "html") | ("application", "xhtml+xml") => ContentKind::Html,
        _ if sub == "json" || sub.ends_with("+json") || sub.ends_with("-json") => ContentKind::Json,
        ("application", "jsonlines" | "x-ndjson" | "ndjson") => ContentKind::Json,
        _ if sub == "xml" || sub.ends_with("+xml") => ContentKind::Xml,
        ("image", _) if image::header(bytes).is_some() => ContentKind::Image,
        _ => return None,
    })
}

/// Whether bytes can be what they are said to be.
fn fits(kind: ContentKind, content_type: Option<&str>, bytes: &[u8], is_text: bool) -> bool {
    match kind {
        ContentKind::Json => is_text && json::is_json(bytes, true),
        ContentKind::Multipart => multipart::boundary(content_type, bytes).is_some(),
        ContentKind::Image => true,
        _ => is_text,
    }
}

/// What a text that nobody describes looks like.
fn looks_like(bytes: &[u8]) -> Option<ContentKind> {
    let start = bytes.trim_ascii_start();
    let begins = |word: &[u8]| {
        let start = start.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b"<!doctype html") || begins(b"<html") {
        return Some(ContentKind::Html);
    }
    if begins(b"<?xml") || begins(b"<svg") {
        return Some(ContentKind::Xml);
    }
    let is_json = matches!(start.first(), Some(b'{' | b'[')) && json::is_json(bytes, false);
    is_json.then_some(ContentKind::Json)
}

/// Whether bytes are UTF-8 that people write. A head that was cut inside a character is.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() && e.valid_up_to() > 0,
    };
    valid && !bytes.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_counts_where_the_bytes_do_not_deny_it() {
        use ContentKind::{Events, Form, Hex, Html, Image, Json, Multipart, Text, Xml};
        let png = b"\x89PNG\r\n\x1a\n";
        for (content_type, bytes, expected) in [
            (
                Some("application/json"),
                &b"{\"a\":1}"[..],
                vec![Json, Text, Hex],
            ),
            (
                Some("application/problem+json; charset=utf-8"),
                b"[1",
                vec![Json, Text, Hex],
            ),
            (Some("application/json"), b"<html>", vec![Html, Text, Hex]),
            (Some("application/json"), b"not json", vec![Text, Hex]),
            (Some("application/json"), b"\0\x01", vec![Hex]),
            (None, b" [1, 2]", vec![Json, Text, Hex]),
            (Some("text/plain"), b"{}", vec![Json, Text, Hex]),
            (Some("text/plain"), b"{hello}", vec![Text, Hex]),
            (Some("image/png"), png, vec![Image, Hex]),
            (Some("text/html"), png, vec![Image, Hex]),
            (Some("image/svg+xml"), b"<svg/>", vec![Xml, Text, Hex]),
            (Some("text/HTML"), b"<p>", vec![Html, Text, Hex]),
            (
                Some("application/x-www-form-urlencoded"),
                b"a=b",
                vec![Form, Text, Hex],
            ),
            (
                Some("multipart/form-data; boundary=b"),
                b"--b\r\n",
                vec![Multipart, Text, Hex],
            ),
            (
                Some("text/event-stream"),
                b"data: 1\n\n",
                vec![Events, Text, Hex],
            ),
            (None, b"caf\xc3", vec![Text, Hex]),
            (Some("nonsense"), b"\xff", vec![Hex]),
        ] {
            let kinds = kinds(content_type, bytes);
            assert_eq!(kinds, expected, "{content_type:?} {}", bytes.escape_ascii());
        }
    }
}
