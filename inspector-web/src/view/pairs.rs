//! Names with values: queries, forms, cookies.

use crate::model::Pair;
use onionskin::wire::Header;

/// How the core writes what it masks.
const MASK: &str = "[redacted";

/// `a=1&b=2`, decoded; order and duplicates are kept.
pub(super) fn form(bytes: &[u8]) -> Vec<Pair> {
    let pairs = form_urlencoded::parse(bytes);
    pairs.map(|(name, value)| pair(&name, &value)).collect()
}

/// The query of a request target.
pub(super) fn query_of(target: &str) -> Vec<Pair> {
    let query = target.split_once('?').map(|(_, query)| query);
    query.map(|q| form(q.as_bytes())).unwrap_or_default()
}

/// The cookies that a message sends or sets.
pub(super) fn cookies<'h>(headers: impl Iterator<Item = &'h Header>) -> Vec<Pair> {
    let mut cookies = Vec::new();
    for header in headers {
        let value = header.value.to_text();
        match &*header.name {
            "cookie" => cookies.extend(value.split(';').map(cookie)),
            "set-cookie" => cookies.push(cookie(&value)),
            _ => {}
        }
    }
    cookies
}

fn cookie(text: &str) -> Pair {
    let (name, value) = text.trim().split_once('=').unwrap_or(("", text.trim()));
    pair(name, value)
}

pub(super) fn pair(name: &str, value: &str) -> Pair {
    Pair {
        name: name.into(),
        value: value.into(),
        redacted: value.contains(MASK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_and_masks_are_seen() {
        let pairs = query_of("/find?q=a%20b+c&q=&token=[redacted #0a1b]&%ff");
        let expected = [
            ("q", "a b c", false),
            ("q", "", false),
            ("token", "[redacted #0a1b]", true),
            ("\u{fffd}", "", false),
        ];
        let pairs: Vec<_> = pairs
            .iter()
            .map(|p| (&*p.name, &*p.value, p.redacted))
            .collect();
        assert_eq!(pairs, expected);
        assert!(query_of("/find").is_empty());
    }

    #[test]
    fn cookies_of_both_sides_are_taken_apart() {
        let header = |name: &str, value: &str| Header {
            name: name.into(),
            value: value.into(),
            redacted: true,
        };
        let headers = [
            header("cookie", "sid=[redacted #0a1b]; theme=dark"),
            header("set-cookie", "sid=[redacted #0a1b]; Path=/; HttpOnly"),
            header("x-other", "a=b"),
        ];
        let pairs = cookies(headers.iter());
        let values: Vec<_> = pairs.iter().map(|p| (&*p.name, &*p.value)).collect();
        assert_eq!(
            values,
            [
                ("sid", "[redacted #0a1b]"),
                ("theme", "dark"),
                ("sid", "[redacted #0a1b]; Path=/; HttpOnly"),
            ]
        );
    }
}
