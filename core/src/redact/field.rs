//! Credentials in named values of logs and spans, and in statements.

use super::{
    Bare, body, debug, put_debug, put_mask, put_plain, put_text, said,
    url::{put_query, put_url},
};

/// Writes a statement, with what looks like a credential masked, and what is written out behind a telling name: `$1` is none,
/// nor is a column. Returns whether something was masked.
fn put_statement(out: &mut Vec<u8>, sql: &[u8]) -> bool {
    let (mut done, mut from) = (0, 0);
    while let Some((begin, end)) = said::named_value(sql, from) {
        from = end;
        if sql[begin - 1] == b'\'' {
            put_plain(out, &sql[done..begin]);
            put_mask(out, &sql[begin..end]);
            done = end;
        }
    }
    put_plain(out, &sql[done..]) | (done > 0)
}

/// A statement with its credentials masked.
#[cfg(feature = "diesel")]
pub(crate) fn masked_statement(sql: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(sql.len());
    put_statement(&mut out, sql.as_bytes());
    out
}

/// A named value, masked if its name says so or as its form is: that of a URL, of `Debug`, or of a text.
#[cfg(feature = "subscriber")]
pub(crate) fn masked_field(name: &str, value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_field(&mut out, name, value);
    out
}

/// Writes a named value. Returns whether something was masked.
fn put_field(out: &mut Vec<u8>, name: &str, value: &str) -> bool {
    /// Last words of fields' names whose values are URLs, or a part of one.
    const URLS: [&str; 6] = ["url", "uri", "target", "path", "location", "referer"];
    let text = value.as_bytes();
    // The last is sqlx's.
    if matches!(name, "db.query.text" | "db.statement" | "summary") {
        return put_statement(out, text);
    }
    let is_secret = body::is_telling(name.as_bytes()) || said::is_cookie(name.as_bytes());
    if is_secret && !debug::is_empty(text) {
        put_mask(out, text);
        return true;
    }
    let last = name.rsplit(['.', '_', '-']).next().unwrap_or_default();
    if name == "url.query" {
        return put_query(out, text);
    }
    if name == "url.full" || URLS.contains(&last) {
        return put_url(out, text);
    }
    if !debug::is_debug(text) {
        return put_text(out, text);
    }
    let mut shown = Vec::with_capacity(text.len());
    let masked = put_debug(&mut shown, text);
    put_text(out, &shown) | masked
}

/// A named value of a span or a log that others wrote, with its credentials masked, if it has any: without fingerprints, as
/// [`mask_decoded`](super::mask_decoded).
pub fn mask_field(name: &str, value: &str) -> Option<String> {
    let _bare = Bare::new();
    let mut out = Vec::new();
    // A mask takes the place of whole ASCII bytes: what is left is text still.
    put_field(&mut out, name, value).then(|| String::from_utf8_lossy(&out).into_owned())
}
