//! Credentials in the `Debug` form of a value: what stands behind a name that tells.

use super::{body::is_telling, put_mask, put_plain, unquoted};

/// Writes a text of `Debug`, masked: the values of telling names, and what is a credential by its form. Returns whether
/// something was masked.
pub(crate) fn put_debug(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let (mut at, mut copied, mut masked) = (0, 0, false);
    while at < text.len() {
        let begin = at;
        let (name, start) = if let Some(end) = literal_end(text, begin) {
            at = end;
            (&text[begin..end], value_of_literal(text, begin, end))
        } else {
            let behind = begin + word(&text[begin..]);
            at = behind.max(begin + 1);
            (&text[begin..behind], value_of_word(text, behind))
        };
        let Some(start) = start.filter(|_| is_telling(name)) else {
            continue;
        };
        let end = value_end(text, start);
        if is_empty(&text[start..end]) {
            continue;
        }
        put_plain(out, &text[copied..start]);
        put_mask(out, unquoted(&text[start..end]));
        (at, copied, masked) = (end, end, true);
    }
    put_plain(out, &text[copied..]) || masked
}

/// Where the value begins that belongs to the name before `behind`: of a field, or all that is in the parentheses of a type.
fn value_of_word(text: &[u8], behind: usize) -> Option<usize> {
    match text[behind..] {
        [b':', b' ', ..] => Some(behind + 2),
        [b'(', ..] => Some(behind + 1),
        _ => None,
    }
}

/// The same for a literal: a key of a map, or the first of two in a list of pairs.
fn value_of_literal(text: &[u8], begin: usize, end: usize) -> Option<usize> {
    let is_first = text[..begin].ends_with(b"(");
    match text[end..] {
        [b':', b' ', ..] => Some(end + 2),
        [b',', b' ', ..] if is_first => Some(end + 2),
        _ => None,
    }
}

/// Whether a value holds nothing that could be a credential.
pub(super) fn is_empty(value: &[u8]) -> bool {
    matches!(value, b"" | b"None" | b"true" | b"false")
}

/// Whether a text begins as `Debug` writes a struct, a tuple, a list or a map.
pub(super) fn is_debug(text: &[u8]) -> bool {
    let behind = &text[word(text)..];
    let is_named = behind.len() < text.len();
    match behind {
        [b'{' | b'[', ..] => true,
        [b'(', ..] | [b' ', b'{', ..] => is_named,
        _ => false,
    }
}

fn word(text: &[u8]) -> usize {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    text.iter().take_while(|b| is_part(b)).count()
}

/// Behind the string or the character that begins at `at`, if one does: what stands in them has no meaning here.
fn literal_end(text: &[u8], at: usize) -> Option<usize> {
    match text[at] {
        b'"' => Some(string_end(text, at)),
        b'\'' => char_end(text, at),
        _ => None,
    }
}

/// Behind the closing quote of the character that begins at `at`; none: it is an apostrophe.
fn char_end(text: &[u8], at: usize) -> Option<usize> {
    /// As long as `'\u{10ffff}'`.
    const LONGEST: usize = 12;
    let literal = &text[at..text.len().min(at + LONGEST)];
    let length = match literal.get(1..)? {
        // What is escaped may be a quote itself.
        [b'\\', _, rest @ ..] => 3 + rest.iter().position(|b| *b == b'\'')?,
        [first, ..] => match first.leading_ones() {
            0 => 2,
            bytes => 1 + bytes as usize,
        },
        [] => return None,
    };
    (literal.get(length) == Some(&b'\'')).then_some(at + length + 1)
}

/// Behind the closing quote of the string that begins at `at`, or the end of what there is.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut i = at + 1;
    while i < text.len() {
        match text[i] {
            b'\\' => i += 1,
            b'"' => return i + 1,
            _ => {}
        }
        i += 1;
    }
    text.len()
}

/// Where the value that begins at `at` ends: at a comma or at what closes the value around it.
fn value_end(text: &[u8], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i < text.len() {
        if let Some(end) = literal_end(text, i) {
            i = end;
            continue;
        }
        match text[i] {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' if depth == 0 => break,
            b'}' | b']' | b')' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        i += 1;
    }
    let end = i.min(text.len());
    end - text[at..end]
        .iter()
        .rev()
        .take_while(|b| **b == b' ')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{
        Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
    };

    fn masked(text: &str) -> String {
        let mut out = Vec::new();
        put_debug(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_of_telling_names_are_masked() {
        for text in [
            r#"Session { token: "canary", user: 7 }"#,
            r#"Session { user: 7, token: Some("a, canary }") }"#,
            r#"Password("canary")"#,
            r#"A { secret: [1, B { x: "canary" }] }"#,
            r#"A { api_key: "canary"#,
            r#"A { note: "Bearer canary-0123456" }"#,
            r#"[('"', 1), Password("canary")]"#,
            r#"A { token: Two('}', "canary") }"#,
            r#"A { quotes: ['\'', '\\', '\u{301}', 'é', '"'], token: "canary" }"#,
            r#"A { said: can't and won't, token: "canary" }"#,
            r#"A { headers: {"x-api-key": "canary", "accept": "*/*"} }"#,
            r#"{"user": "ann", "access_token": String("canary")}"#,
            r#"[("user", "ann"), ("password", "canary")]"#,
        ] {
            let shown = masked(text);
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains("[redacted #"), "{shown}");
        }
        assert!(masked(r#"Session { token: "canary", user: 7 }"#).ends_with("], user: 7 }"));
    }

    #[test]
    fn what_is_no_credential_is_kept() {
        for text in [
            "User { id: 42 }",
            r#"User { name: "token: x" }"#,
            "Session { token: None, user: Some(1) }",
            "",
            "\"",
            "a:",
            "token: ",
            r#"{"page": 2, "title": "token"}"#,
            r#"["token", "password"]"#,
        ] {
            assert_eq!(masked(text), text);
        }
    }

    /// A value such as an app may have, of which nothing but `token` and `Password` is secret.
    #[derive(Debug)]
    #[allow(dead_code, reason = "read by its `Debug`")]
    enum Shown {
        Text(String),
        List(Vec<Shown>),
        Login {
            user: String,
            token: Option<String>,
            at: (u8, char),
        },
        Password(String),
    }

    fn shown() -> impl Strategy<Value = Shown> {
        let text = || "[a-z\"\\\\{}()\\[\\],: \u{e9}\n]{0,12}";
        let secret = "canary[a-z\"\\\\{}()\\[\\],: \n]{0,12}";
        let leaf = prop_oneof![
            text().prop_map(Shown::Text),
            secret.prop_map(Shown::Password),
            (text(), prop::option::of(secret), any::<u8>(), any::<char>()).prop_map(
                |(user, token, n, c)| Shown::Login {
                    user,
                    token,
                    at: (n, c)
                }
            ),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop::collection::vec(inner, 0..4).prop_map(Shown::List)
        })
    }

    proptest! {
        #[test]
        fn no_value_of_any_type_shows_its_secrets(value in shown()) {
            let text = format!("{value:?}");
            let shown = masked(&text);
            prop_assert!(!shown.contains("canary"), "{}\n{}", text, shown);
            prop_assert_eq!(shown.contains("[redacted #"), text.contains("canary"), "{}\n{}", text, shown);
        }

        #[test]
        fn no_text_makes_it_panic_and_what_is_not_masked_is_as_it_was(
            text in "(token|secret|user|: |\\(|\\)|\\{|\\}|\\[|\\]|,|\"|\\\\|None| |\u{e9}){0,24}",
        ) {
            let mut out = Vec::new();
            if !put_debug(&mut out, text.as_bytes()) {
                prop_assert_eq!(out, text.as_bytes());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            put_debug(&mut Vec::new(), &bytes);
        }
    }
}
