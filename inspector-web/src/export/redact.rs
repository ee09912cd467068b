//! E-mail and IP addresses masked, in whole cycles and in spans.
//!
//! Credentials are masked when they are recorded. What leaves the machine can be rid of addresses too: everywhere in a
//! cycle, its bodies, logs and statements included, but not in what the app's own code says of itself (names of types and
//! files). A mask has a fingerprint of four hexadecimal digits: within one export, the same means the same address.

use crate::otlp::Kept;
use onionskin::wire::{Cycle, Octets};
use serde_json::Value;
use std::{
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, Ipv6Addr},
};

/// Names of fields that hold words of the app's code, or of ours.
const OURS: [&str; 10] = [
    "sites",
    "extensions",
    "type_name",
    "kind",
    "op",
    "stage",
    "id",
    "run",
    "hash",
    "backtrace",
];

/// Masks addresses; keyed, so that one made elsewhere has other fingerprints.
#[derive(Clone, Debug)]
pub struct Redactor(RandomState);

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// A redactor with a key of its own.
    pub fn new() -> Self {
        Self(RandomState::new())
    }

    /// The cycle with every address in it masked. Hashes of bodies that held one are gone: they would tell a right guess.
    pub fn cycle(&self, cycle: &Cycle) -> Cycle {
        let mut value = serde_json::to_value(cycle).expect("the model has only string keys");
        self.walk(&mut value);
        let mut masked: Cycle = serde_json::from_value(value).expect("only texts were replaced");
        for (body, before) in masked.bodies.iter_mut().zip(&cycle.bodies) {
            if body.head != before.head {
                body.redacted = true;
                body.hash = None;
            }
        }
        masked
    }

    /// A span of another service with every address in it masked.
    pub(crate) fn span(&self, kept: &Kept) -> Option<Kept> {
        let mut json = kept.to_json();
        self.walk(&mut json);
        Kept::of_json(&json, kept.left_out)
    }

    /// Masks the addresses in bytes; none if there are none.
    pub fn bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while at < bytes.len() {
            let Some((start, end, what)) = next_address(bytes, at) else {
                break;
            };
            out.extend_from_slice(&bytes[copied..start]);
            let print = self.0.hash_one(&bytes[start..end]) & 0xffff;
            out.extend_from_slice(format!("[{what} #{print:04x}]").as_bytes());
            (copied, at) = (end, end);
        }
        if copied == 0 {
            return None;
        }
        out.extend_from_slice(&bytes[copied..]);
        Some(out)
    }

    fn walk(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(masked) = self.bytes(text.as_bytes()) {
                    *text = String::from_utf8(masked).expect("an address ends where characters do");
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.walk(value)),
            Value::Object(fields) if fields.len() == 1 && fields.contains_key("base64") => {
                self.octets(value);
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        // The app gave these their names.
                        ("fields", Value::Object(fields)) => {
                            fields.values_mut().for_each(|value| self.walk(value));
                        }
                        (name, _) if OURS.contains(&name) => {}
                        (_, value) => self.walk(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Bytes that are not UTF-8.
    fn octets(&self, value: &mut Value) {
        let octets = serde_json::from_value::<Octets>(value.clone()).ok();
        if let Some(masked) = octets.and_then(|octets| self.bytes(&octets.0)) {
            *value =
                serde_json::to_value(Octets(masked)).expect("octets are a string or an object");
        }
    }
}

/// The next address: where it begins, where it ends, what it is.
fn next_address(bytes: &[u8], from: usize) -> Option<(usize, usize, &'static str)> {
    // Where the name before an `@` would begin.
    let mut name = from;
    for at in from..bytes.len() {
        let found = match bytes[at] {
            b'@' => email(bytes, name, at, 1),
            // In forms and queries.
            b'%' if bytes[at..].starts_with(b"%40") => email(bytes, name, at, 3),
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b':' if is_start(bytes, from, at) => {
                ip(bytes, at)
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        if !is_of_name(bytes[at]) {
            name = at + 1;
        }
    }
    None
}

/// Whether a word begins here.
fn is_start(bytes: &[u8], from: usize, at: usize) -> bool {
    at == from || !(bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b':' | b'.'))
}

/// Whether a byte can stand in the name before an `@`. What is not ASCII can: a letter too many is masked rather than one too few.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._%+-'".contains(&byte)
}

/// The address whose name is from `name` to the `@`, which is written in `sign` bytes.
fn email(
    bytes: &[u8],
    name: usize,
    at: usize,
    sign: usize,
) -> Option<(usize, usize, &'static str)> {
    // The quote of who wrote the address down.
    let name = name + usize::from(bytes[name..at].starts_with(b"'"));
    let is_of_domain = |b: &&u8| b.is_ascii_alphanumeric() || !b.is_ascii() || b"-.".contains(b);
    let domain = &bytes[at + sign..];
    let domain = &domain[..domain.iter().take_while(is_of_domain).count()];
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    let top = domain.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let is_word = |b: &u8| b.is_ascii_alphabetic() || !b.is_ascii();
    let has_top = top.len() >= 2
        && top.len() < domain.len()
        && (top.iter().all(is_word) || top.starts_with(b"xn--"));
    (name < at && has_top).then_some((name, at + sign + domain.len(), "e-mail"))
}

/// The IP address that begins here.
fn ip(bytes: &[u8], at: usize) -> Option<(usize, usize, &'static str)> {
    let run = |allowed: fn(u8) -> bool| {
        let len = bytes[at..].iter().take_while(|b| allowed(**b)).count();
        std::str::from_utf8(&bytes[at..at + len]).unwrap_or_default()
    };
    let v6 = run(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    let v6 = v6.trim_end_matches('.');
    // `::` and `::1` say nothing of anybody.
    let is_v6 = v6
        .parse::<Ipv6Addr>()
        .is_ok_and(|ip| !ip.is_unspecified() && !ip.is_loopback());
    let follows = |len: usize| bytes.get(at + len).is_some_and(u8::is_ascii_alphanumeric);
    if is_v6 && !follows(v6.len()) {
        return Some((at, at + v6.len(), "ip"));
    }
    let v4 = run(|b| b.is_ascii_digit() || b == b'.');
    let v4 = v4.trim_end_matches('.');
    // No host has an address that ends in `.0.0.0`; versions of browsers do.
    let is_v4 = v4
        .parse::<Ipv4Addr>()
        .is_ok_and(|ip| ip.octets()[1..] != [0, 0, 0] && !ip.is_loopback());
    (is_v4 && !follows(v4.len())).then_some((at, at + v4.len(), "ip"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::samples;

    fn masked(text: &str) -> String {
        let masked = Redactor::new().bytes(text.as_bytes());
        masked.map_or_else(|| text.into(), |bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, address) in [
            (
                "to ann.lee+x@mail.example.org.",
                "ann.lee+x@mail.example.org",
            ),
            ("?user=ann%40example.org&x=1", "ann%40example.org"),
            ("{\"mail\":\"a@b.de\"}", "a@b.de"),
            ("<ann@example.org>", "ann@example.org"),
            ("to jörg@bücher.example!", "jörg@bücher.example"),
            ("анна@пример.рф, x", "анна@пример.рф"),
            ("by 'o'brien@example.org'", "o'brien@example.org"),
            ("j%C3%B6rg%40example.org&", "j%C3%B6rg%40example.org"),
            ("a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
            ("203.0.113.7:4312", "203.0.113.7"),
            ("for=10.1.2.3, x", "10.1.2.3"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
            ("fe80::1%eth0", "fe80::1"),
            ("end 203.0.113.7.", "203.0.113.7"),
        ] {
            let shown = masked(text);
            assert!(!shown.contains(address), "{shown}");
            assert_eq!(
                shown.len(),
                text.replace(address, "").len() + shown.find(']').unwrap() + 1
                    - shown.rfind("[e-mail").or(shown.find("[ip")).unwrap(),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_no_address_stays() {
        for text in [
            "Chrome/131.0.0.0",
            "12:01:07.411",
            "1.2.3",
            "1.2.3.4.5.6",
            "axum::Router",
            "@",
            "a@b",
            "@example.org",
            "127.0.0.1:3000",
            "[::1]:3000",
            "version 1.2.3-4",
            "deadbeef",
            "user@host",
            "300.1.2.3",
            "snö",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn a_text_stays_one_and_is_read_once() {
        proptest::proptest!(|(text in "[a'@.%é4я0: \u{a0}]{0,40}")| {
            masked(&text);
        });
        // Reading back at each sign would take hours.
        let text = "%40".repeat(1_000_000);
        assert_eq!(masked(&text), text);
    }

    #[test]
    fn the_same_address_looks_the_same_within_one_export() {
        let one = Redactor::new();
        assert_eq!(one.bytes(b"a@b.de"), one.bytes(b"a@b.de"));
        let others = |n: u8| one.bytes(format!("c{n}@b.de").as_bytes());
        // Two may look alike by chance, all of these do not.
        assert!((0..16).any(|n| others(n) != one.bytes(b"a@b.de")));
    }

    #[test]
    fn a_whole_cycle_is_rid_of_them_and_can_still_be_replayed() {
        let cycle = samples::with_addresses();
        let masked = Redactor::new().cycle(&cycle);
        let json = serde_json::to_string(&masked).unwrap();
        for address in samples::ADDRESSES {
            assert!(!json.contains(address), "{address}: {json}");
        }
        assert!(json.contains("[e-mail #") && json.contains("[ip #"));
        assert_eq!(masked.id, cycle.id);
        let body = &masked.bodies[0];
        assert!(body.redacted && body.hash.is_none());
        onionskin::replay::Replay::new(&masked).unwrap();
    }
}
