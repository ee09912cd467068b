//! Credentials are masked here: what is headers, targets and bodies by the agent, on the way from the threads of the app to the
//! ring, the rest while it is recorded. What is kept or sent has passed here.
//!
//! A mask has a fixed width and a fingerprint of four hexadecimal digits, keyed with a secret of this process: it tells
//! *the same* from *changed*, not what the value was. A body that is compressed is kept as it is; who decodes it to look at it
//! masks it then, with [`mask_decoded`].

#[cfg(any(debug_assertions, feature = "in-release"))]
mod bare;
mod body;
mod debug;
mod encoded;
mod field;
mod form;
// It knows headers by the places where capture has seen them.
#[cfg(any(debug_assertions, feature = "in-release"))]
mod header;
mod markup;
mod names;
mod said;
mod url;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) use bare::{asks_for_secret, mask_bare};
pub(crate) use body::mask_body;
pub use body::mask_decoded;
pub(crate) use debug::put_debug;
pub use field::mask_field;
#[cfg(feature = "subscriber")]
pub(crate) use field::masked_field;
#[cfg(feature = "diesel")]
pub(crate) use field::masked_statement;
#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) use header::{Known, class_of, name_of};
pub(crate) use names::Class;
pub(crate) use url::put_url;

use form::{credential_in, has_any};
use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

/// What is known of the names seen last. Bounded: a name of the client's making must not push memory up.
struct Memo<T>(Vec<Option<(Box<[u8]>, T)>>);

impl<T: Copy> Memo<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    const SLOTS: usize = 128;
    const LONGEST: usize = 64;

    /// What `find_out` says of this name, asked once for each name. Found by length and two bytes.
    fn get(&mut self, name: &[u8], find_out: impl FnOnce() -> T) -> T {
        let first = name.first().copied().unwrap_or(0);
        let last = name.last().copied().unwrap_or(0);
        let slot = (name.len() * 37 + usize::from(first) * 7 + usize::from(last)) % Self::SLOTS;
        match self.0.get(slot) {
            Some(Some((known, what))) if **known == *name => *what,
            _ => {
                let what = find_out();
                if name.len() <= Self::LONGEST {
                    self.0.resize_with(Self::SLOTS, || None);
                    self.0[slot] = Some((name.into(), what));
                }
                what
            }
        }
    }
}

static FINGERPRINT: LazyLock<RandomState> = LazyLock::new(RandomState::new);

thread_local! {
    static BARE: Cell<bool> = const { Cell::new(false) };
}

/// Masks of this thread have no fingerprint as long as this lives: those of another process's values would tell *changed* of
/// what is the same.
struct Bare;

impl Bare {
    fn new() -> Self {
        BARE.set(true);
        Self
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        BARE.set(false);
    }
}

/// Writes the mask for a value.
fn put_mask(out: &mut Vec<u8>, value: &[u8]) {
    if BARE.try_with(Cell::get).unwrap_or_default() {
        out.extend_from_slice(b"[redacted]");
        return;
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let print = FINGERPRINT.hash_one(value) as usize;
    let digits = [12, 8, 4, 0].map(|shift| DIGITS[print >> shift & 0xf]);
    out.extend_from_slice(b"[redacted #");
    out.extend_from_slice(&digits);
    out.push(b']');
}

/// What stands between the quotes of a string, so that its mask is that of the same value without quotes elsewhere.
fn unquoted(value: &[u8]) -> &[u8] {
    match value.strip_prefix(b"\"") {
        Some(inner) => inner.strip_suffix(b"\"").unwrap_or(inner),
        None => value,
    }
}

/// Writes a header's value, masked as its class says. Returns whether something was masked.
pub(crate) fn put_value(out: &mut Vec<u8>, class: Class, sensitive: bool, value: &[u8]) -> bool {
    if sensitive {
        put_mask(out, value);
        return true;
    }
    match class {
        Class::Known => {
            out.extend_from_slice(value);
            false
        }
        Class::Plain => put_text(out, value),
        Class::Secret => {
            put_mask(out, value);
            true
        }
        Class::Authorization => {
            let scheme = value.iter().position(|b| *b == b' ').unwrap_or(0);
            if scheme > 0 && scheme < value.len() - 1 {
                out.extend_from_slice(&value[..=scheme]);
                put_mask(out, &value[scheme + 1..]);
            } else {
                put_mask(out, value);
            }
            true
        }
        Class::Cookie => {
            for (i, pair) in value.split(|b| *b == b';').enumerate() {
                if i > 0 {
                    out.push(b';');
                }
                put_pair(out, pair);
            }
            true
        }
        Class::SetCookie => {
            let pair = value.split(|b| *b == b';').next().unwrap_or_default();
            put_pair(out, pair);
            out.extend_from_slice(&value[pair.len()..]);
            true
        }
        Class::Url => put_url(out, value),
    }
}

/// `name=value` with the value masked; without a name, all of it.
fn put_pair(out: &mut Vec<u8>, pair: &[u8]) {
    match pair.iter().position(|b| *b == b'=') {
        Some(at) => {
            out.extend_from_slice(&pair[..=at]);
            put_mask(out, &pair[at + 1..]);
        }
        None => put_mask(out, pair),
    }
}

/// A value with what looks like a credential in it masked. Returns whether something was.
fn put_plain(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let (mut rest, mut masked) = (value, false);
    while let Some((start, end)) = credential_in(rest) {
        out.extend_from_slice(&rest[..start]);
        put_mask(out, &rest[start..end]);
        (rest, masked) = (&rest[end..], true);
    }
    out.extend_from_slice(rest);
    masked
}

/// A text with what looks like a credential in it masked, and what a telling name stands before.
pub(crate) fn masked_text(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    put_text(&mut out, text.as_bytes());
    out
}

/// As [`masked_text`]. Returns whether something was masked.
fn put_text(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let (mut done, mut masked) = (0, false);
    while let Some((from, to)) = said::named_value(text, done) {
        encoded::put_parameter(out, &text[done..from]);
        put_mask(out, &text[from..to]);
        (done, masked) = (to, true);
    }
    encoded::put_parameter(out, &text[done..]) | masked
}

/// The value of a header with its credentials masked, if it has any, for who reads it from a file of others: without
/// fingerprints, as [`mask_decoded`]. The name is in lower case.
pub fn mask_header(name: &str, value: &[u8]) -> Option<Vec<u8>> {
    let _bare = Bare::new();
    let mut out = Vec::new();
    put_value(&mut out, names::classify(name), false, value).then_some(out)
}

/// The same for a URL or a request's target.
pub fn mask_url(url: &[u8]) -> Option<Vec<u8>> {
    let _bare = Bare::new();
    let mut out = Vec::new();
    put_url(&mut out, url).then_some(out)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests;
