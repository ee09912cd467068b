//! Credentials in URLs: user info, and the values of telling parameters.

use super::{
    Memo, body, encoded, find,
    names::{QUERY_EXACT, names_credential},
    put_mask, put_pair, put_plain,
};
use std::{borrow::Cow, cell::RefCell};

thread_local! {
    static TELLING: RefCell<Memo<bool>> = const { RefCell::new(Memo::new()) };
}

/// A URL, with user info and the values of telling parameters masked, in the query and behind the `#`: there OAuth's implicit
/// flow has its token. Returns whether something was masked.
pub(crate) fn put_url(out: &mut Vec<u8>, url: &[u8]) -> bool {
    let end = url.iter().position(|b| matches!(b, b'?' | b'#'));
    let (place, mut params) = url.split_at(end.unwrap_or(url.len()));
    let mut masked = put_place(out, place);
    while let [mark, behind @ ..] = params {
        let next = behind.iter().position(|b| *b == b'#');
        let (query, rest) = behind.split_at(next.unwrap_or(behind.len()));
        out.push(*mark);
        masked |= put_query(out, query);
        params = rest;
    }
    masked
}

/// A text without parameters of a URL, with the user info of URLs in it masked.
pub(super) fn put_place(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let (mut rest, mut masked) = (text, false);
    while let Some(at) = find(rest, b"://") {
        let (before, authority) = rest.split_at(at + 3);
        masked |= put_plain(out, before);
        let end = authority.iter().position(|b| *b == b'/');
        let user = authority[..end.unwrap_or(authority.len())]
            .iter()
            .rposition(|b| *b == b'@');
        if let Some(user) = user {
            put_mask(out, &authority[..user]);
            masked = true;
        }
        rest = &authority[user.unwrap_or(0)..];
    }
    put_plain(out, rest) | masked
}

/// `a=1&token=2` with the values of telling names masked. Returns whether something was masked.
pub(super) fn put_query(out: &mut Vec<u8>, query: &[u8]) -> bool {
    let mut masked = false;
    for (i, mut pair) in query.split(|b| *b == b'&').enumerate() {
        if i > 0 {
            out.push(b'&');
        }
        // A URL that is a value may have parameters of its own: `next=/login?token=2`.
        loop {
            let mark = pair.iter().position(|b| *b == b'?');
            let part = &pair[..mark.unwrap_or(pair.len())];
            let name = part.split(|b| *b == b'=').next().unwrap_or_default();
            if name.len() < part.len() && tells(name) {
                put_pair(out, pair);
                masked = true;
                break;
            }
            masked |= encoded::put_parameter(out, part);
            let Some(mark) = mark else { break };
            out.push(b'?');
            pair = &pair[mark + 1..];
        }
    }
    masked
}

/// [`is_telling`], remembered per thread.
pub(super) fn tells(name: &[u8]) -> bool {
    TELLING
        .try_with(|names| names.borrow_mut().get(name, || is_telling(name)))
        .unwrap_or_else(|_| is_telling(name))
}

/// Whether a parameter of this name, in a URL or a form, holds a credential.
pub(super) fn is_telling(name: &[u8]) -> bool {
    // `%74oken` is `token` to the app, so it is to us.
    let name = decode_percent(name);
    let is_it = |exact: &&str| name.eq_ignore_ascii_case(exact.as_bytes());
    names_credential(&name) || body::is_telling(&name) || QUERY_EXACT.iter().any(is_it)
}

fn decode_percent(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        let code = (*first == b'%').then(|| Some(digit(0)? * 16 + digit(1)?));
        let (byte, behind) = match code.flatten() {
            Some(code) => (code as u8, &behind[2..]),
            None => (*first, behind),
        };
        out.push(byte);
        rest = behind;
    }
    Cow::Owned(out)
}
