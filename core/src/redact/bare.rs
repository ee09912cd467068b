//! Credentials without a name: where the path says that a secret is what is asked for (`/clients/7/secret`), a body that is
//! nothing but one text, or that text as the `value` of an object, is taken for it.

use super::{
    body::{is_telling, string_end},
    put_mask,
};

/// A shorter text, as `ok`, is an answer; so is one word of a response that has no digit and is not even as long as the other.
const LEAST: usize = 8;
const LONG: usize = 24;

/// Whether the last part of a target's path is a telling name.
pub(crate) fn asks_for_secret(target: &[u8]) -> bool {
    let path = target.split(|b| matches!(b, b'?' | b'#')).next();
    let last = path.and_then(|path| path.rsplit(|b| *b == b'/').find(|part| !part.is_empty()));
    last.is_some_and(is_telling)
}

/// The head of a body of such a path, masked, if it is a text by itself. What a client sends is masked whatever it is; a response
/// may be an error's text as well.
pub(crate) fn mask_bare(head: &[u8], is_response: bool) -> Option<Vec<u8>> {
    let at = text_at(head)?;
    let is_quoted = head.get(at) == Some(&b'"');
    let (start, text) = match is_quoted {
        true => (at + 1, &head[at + 1..string_end(head, at)]),
        false => (at, head[at..].trim_ascii_end()),
    };
    let text = text.strip_suffix(b"\"").unwrap_or(text);
    let is_part = |b: &u8| b.is_ascii_graphic() && !b"<>{}[]".contains(b);
    let is_word = text.len() >= LEAST && text.iter().all(is_part);
    let is_secret = match is_response {
        true => is_word && (text.len() >= LONG || text.iter().any(u8::is_ascii_digit)),
        false => is_word || is_quoted && !text.is_empty(),
    };
    is_secret.then(|| {
        let mut out = head[..start].to_vec();
        put_mask(&mut out, text);
        out.extend_from_slice(&head[start + text.len()..]);
        out
    })
}

/// Where the text begins: at once, or behind `{"value":`.
fn text_at(head: &[u8]) -> Option<usize> {
    let spaces = |at: usize| {
        let blank = head[at..].iter().take_while(|b| b.is_ascii_whitespace());
        at + blank.count()
    };
    let mut at = spaces(0);
    if head.get(at) != Some(&b'{') {
        return Some(at);
    }
    at = spaces(at + 1);
    let name = b"\"value\"";
    at = spaces(at + head[at..].strip_prefix(name).map(|_| name.len())?);
    at = spaces(at + head[at..].strip_prefix(b":").map(|_| 1)?);
    (head.get(at) == Some(&b'"')).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_ends_with_a_telling_name_asks_for_a_secret() {
        for target in [
            "/v1/oauth2/rs/_basic_secret",
            "/csrf-token",
            "/api/apiKey/?x=1",
            "https://host/account/password",
            "/person/7/_credential",
        ] {
            assert!(asks_for_secret(target.as_bytes()), "{target}");
        }
        for target in ["/", "", "/secret/7", "/keyboard", "/books?sort=token", "*"] {
            assert!(!asks_for_secret(target.as_bytes()), "{target}");
        }
    }

    fn masked(body: &str, is_response: bool) -> Option<String> {
        let masked = mask_bare(body.as_bytes(), is_response)?;
        Some(String::from_utf8(masked).unwrap())
    }

    #[test]
    fn a_text_by_itself_is_masked() {
        for (body, is_response) in [
            ("\"canary\"", false),
            (" \"can\\\"ary of words\" ", false),
            ("\"canary cut sho", false),
            ("{ \"value\" : \"canary\"}", false),
            ("{\"value\":\"canary\",\"n\":1}", false),
            ("canaryword", false),
            ("canary-0123\n", true),
            ("\"canary-0123\"", true),
            ("\"canary/of/many/letters/only\"", true),
            ("{\"value\":\"canary-0123\"}", true),
        ] {
            let masked = masked(body, is_response).expect(body);
            assert!(!masked.contains("can"), "{masked}");
            assert!(masked.contains("[redacted #"), "{masked}");
        }
    }

    #[test]
    fn what_is_no_text_by_itself_is_kept() {
        for body in [
            "",
            " ",
            "\"\"",
            "null",
            "ok",
            "{\"value\":1}",
            "{\"id\":\"canary\"}",
            "[\"canary\"]",
            "<html>canary",
            "name is too short",
        ] {
            assert_eq!(masked(body, false), None, "{body}");
        }
        for body in [
            "\"notauthenticated\"",
            "notauthenticated",
            "\"no user of id 1234567\"",
        ] {
            assert_eq!(masked(body, true), None, "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in "[ \"\\\\{}:a-v]{0,3}(\"value\")?[ \"\\\\{}:a-v]{0,9}") {
            mask_bare(body.as_bytes(), false);
            mask_bare(body.as_bytes(), true);
        }
    }
}
