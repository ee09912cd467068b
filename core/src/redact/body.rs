//! Credentials in bodies: the values of telling names in JSON, forms, XML and events, and URLs wherever they stand. Runs on the
//! recording's own thread.

use super::{
    Bare, Memo, credential_in, markup,
    names::{is_about, is_telling_last, is_telling_word, tells_together},
    put_mask, put_plain, put_text, said, unquoted,
    url::put_query,
};
use std::cell::RefCell;

thread_local! {
    static TELLING: RefCell<Memo<bool>> = const { RefCell::new(Memo::new()) };
}

/// Whether a value of this name is a credential, remembered per thread: bodies have the same names again and again.
pub(super) fn is_telling(name: &[u8]) -> bool {
    TELLING
        .try_with(|names| names.borrow_mut().get(name, || tells(name)))
        .unwrap_or_else(|_| tells(name))
}

fn tells(name: &[u8]) -> bool {
    has_word(name) || tells_together(name)
}

/// Takes a name apart at `-_.[]` and where camelCase begins a word.
fn has_word(name: &[u8]) -> bool {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for &b in name {
        if !b.is_ascii_alphanumeric() || (b.is_ascii_uppercase() && previous_lower) {
            words.push(String::new());
        }
        if b.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(char::from(b.to_ascii_lowercase()));
        }
        previous_lower = b.is_ascii_lowercase() || b.is_ascii_digit();
    }
    let last = words.iter().rfind(|word| !word.is_empty());
    last.is_some_and(|last| {
        let tells = words.iter().any(|word| is_telling_word(word));
        !is_about(last) && (tells || is_telling_last(last))
    })
}

/// The head of a body with its credentials masked, if it has any. What it is (JSON, form, multipart) is told by its bytes:
/// the head may be cut anywhere.
pub(crate) fn mask_body(head: &[u8]) -> Option<Vec<u8>> {
    let begin = head.trim_ascii_start();
    let first = begin.first()?;
    let mut out = Vec::new();
    let masked = match first {
        b'{' | b'[' => mask_json(head, &mut out),
        b'<' => mask_markup(head, &mut out),
        b'-' if boundary(begin).is_some() => mask_multipart(begin, &mut out),
        _ if looks_like_form(head) => put_query(&mut out, head),
        _ if looks_like_events(begin) => mask_events(head, &mut out),
        _ => mask_text(head, &mut out),
    };
    masked.then_some(out)
}

/// The body with its credentials masked, if it has any, for who decoded it: without fingerprints, which only the app's own
/// process can make.
pub fn mask_decoded(body: &[u8]) -> Option<Vec<u8>> {
    let _bare = Bare::new();
    mask_body(body)
}

/// Spaces are encoded in a form, but who writes one by hand may not know.
fn looks_like_form(head: &[u8]) -> bool {
    let head = head.trim_ascii_end();
    let name = head
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"_-.[]%+".contains(b))
        .count();
    name > 0
        && head.get(name) == Some(&b'=')
        && !head.iter().any(|b| matches!(b, b'\t'..=b'\r' | b'<'))
}

/// Whether these are server-sent events.
fn looks_like_events(begin: &[u8]) -> bool {
    let fields = [&b"data:"[..], b"event:", b"id:", b"retry:", b":"];
    fields.iter().any(|field| begin.starts_with(field))
}

/// What events hold is JSON, often.
fn mask_events(head: &[u8], out: &mut Vec<u8>) -> bool {
    let mut masked = false;
    for line in head.split_inclusive(|b| *b == b'\n') {
        let is_json = line.starts_with(b"data:") && mask_json(line, out);
        masked |= is_json || put_prose(out, line);
    }
    masked
}

fn mask_markup(head: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut done, mut masked) = (0, false);
    for (begin, end) in markup::named_values(head) {
        put_prose(out, &head[done..begin]);
        put_mask(out, &head[begin..end]);
        (done, masked) = (end, true);
    }
    put_prose(out, &head[done..]) | masked
}

/// Masks the scalar (or everything up to the end of the object or array) behind a telling key. Nothing is written if there
/// is nothing to mask.
fn mask_json(json: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut at, mut copied) = (0, 0);
    while let Some(quote) = json[at..].iter().position(|b| *b == b'"') {
        let start = at + quote;
        let end = string_end(json, start);
        let is_closed = end > start + 1 && json[end - 1] == b'"';
        let inner = &json[start + 1..end - usize::from(is_closed)];
        let colon = end + spaces(&json[end..]);
        if json.get(colon) != Some(&b':') {
            // A value: a credential by its form, or JSON in a string.
            if let Some(text) = masked_json_text(inner) {
                out.extend_from_slice(&json[copied..=start]);
                out.extend_from_slice(&text);
                copied = end - usize::from(is_closed);
            }
            at = end;
            continue;
        }
        at = colon + 1;
        if !is_telling(inner) {
            continue;
        }
        at += spaces(&json[at..]);
        let end = value_end(json, at);
        let is_scalar_word = matches!(&json[at..end], b"null" | b"true" | b"false" | b"");
        if !is_scalar_word {
            out.extend_from_slice(&json[copied..at]);
            out.push(b'"');
            put_mask(out, unquoted(&json[at..end]));
            out.push(b'"');
            copied = end;
        }
        at = end;
    }
    if copied > 0 {
        out.extend_from_slice(&json[copied..]);
    }
    copied > 0
}

pub(super) fn spaces(json: &[u8]) -> usize {
    json.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// A string that is a value, masked, if there is something to mask; one level of JSON in a string is looked through.
fn masked_json_text(inner: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let start = inner.iter().copied().find(|b| !b.is_ascii_whitespace());
    if !matches!(start, Some(b'{' | b'[')) || !inner.windows(2).any(|w| w == b"\\\"") {
        return mask_text(inner, &mut out).then_some(out);
    }
    let mut masked = Vec::new();
    if !mask_json(&unescape(inner), &mut masked) {
        return None;
    }
    for b in masked {
        if matches!(b, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(b);
    }
    Some(out)
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(b) = bytes.next() {
        out.push(if b == b'\\' {
            bytes.next().unwrap_or(b'\\')
        } else {
            b
        });
    }
    out
}

/// Behind the closing quote of the string that begins at `at`, or the end of what there is.
pub(super) fn string_end(json: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    loop {
        at = next_mark(json, at);
        match json.get(at) {
            Some(b'\\') => at += 2,
            Some(_) => return at + 1,
            None => return json.len(),
        }
    }
}

/// Where the next `"` or `\` stands, from `at` on; none: not in `json`. Eight bytes at a time.
fn next_mark(json: &[u8], at: usize) -> usize {
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // The high bit of each byte that is 0. Above such a one, others may be taken for 0, but only the lowest counts.
    let zeros = |word: u64| word.wrapping_sub(all(1)) & !word & all(0x80);
    let mut rest = json.get(at..).unwrap_or_default();
    while let Some((first, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*first);
        let marks = zeros(word ^ all(b'"')) | zeros(word ^ all(b'\\'));
        if marks != 0 {
            return json.len() - rest.len() + marks.trailing_zeros() as usize / 8;
        }
        rest = behind;
    }
    let mark = rest.iter().position(|b| matches!(b, b'"' | b'\\'));
    json.len() - rest.len() + mark.unwrap_or(rest.len())
}

/// Behind the value that begins at `at`, or the end of what there is.
fn value_end(json: &[u8], at: usize) -> usize {
    match json.get(at) {
        Some(b'"') => string_end(json, at),
        Some(b'{' | b'[') => {
            let (mut depth, mut i) = (0_usize, at);
            while i < json.len() {
                match json[i] {
                    b'"' => {
                        i = string_end(json, i);
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                i += 1;
                if depth == 0 {
                    return i;
                }
            }
            json.len()
        }
        _ => {
            let tail = &json[at.min(json.len())..];
            at + tail
                .iter()
                .take_while(|b| !matches!(b, b',' | b'}' | b']') && !b.is_ascii_whitespace())
                .count()
        }
    }
}

/// What a multipart body begins with, if it is one: at most 70 characters behind the dashes (RFC 2046, 5.1.1).
fn boundary(begin: &[u8]) -> Option<&[u8]> {
    const LONGEST: usize = 72;
    let line = begin.split(|b| matches!(b, b'\r' | b'\n')).next()?;
    (line.starts_with(b"--") && line.len() <= LONGEST).then_some(line)
}

/// Parts of a multipart body whose name tells, masked up to the next boundary.
fn mask_multipart(head: &[u8], out: &mut Vec<u8>) -> bool {
    let boundary = boundary(head).unwrap_or(head);
    let (mut at, mut masked) = (0, false);
    while at < head.len() {
        let next = super::find(&head[at + 1..], boundary).map_or(head.len(), |n| at + 1 + n);
        let part = &head[at..next];
        let content = super::find(part, b"\r\n\r\n").map_or(part.len(), |n| n + 4);
        out.extend_from_slice(&part[..content]);
        let value = &part[content..];
        if part_name(&part[..content]).is_some_and(is_telling) && !value.is_empty() {
            put_mask(out, value.strip_suffix(b"\r\n").unwrap_or(value));
            if value.ends_with(b"\r\n") {
                out.extend_from_slice(b"\r\n");
            }
            masked = true;
        } else if mask_part(value, out) {
            masked = true;
        } else {
            out.extend_from_slice(value);
        }
        at = next;
    }
    masked
}

/// The name of a part, by its head: not that of its file.
fn part_name(head: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"name=\"";
    let is_it = |at: &usize| {
        let before = head[..*at].last();
        head[*at..].starts_with(NAME) && !before.is_some_and(u8::is_ascii_alphanumeric)
    };
    let name = &head[(0..head.len()).find(is_it)? + NAME.len()..];
    name.split(|b| *b == b'"').next()
}

/// What a part holds whose name does not tell.
fn mask_part(value: &[u8], out: &mut Vec<u8>) -> bool {
    match value.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{' | b'[') => mask_json(value, out),
        _ => mask_text(value, out),
    }
}

/// Credentials by their form and in URLs, anywhere in a text, and in GraphQL arguments with a telling name. Nothing is written if
/// there are none.
fn mask_text(text: &[u8], out: &mut Vec<u8>) -> bool {
    if is_graphql(text) {
        let mut shown = Vec::new();
        let masked = put_text(&mut shown, text);
        if masked {
            out.append(&mut shown);
        }
        return masked;
    }
    // Nearly every string of a body is done with here.
    let is_any = said::value_in_url(text, 0).is_some() || credential_in(text).is_some();
    is_any && put_prose(out, text)
}

/// Writes a text with credentials by their form and in URLs masked. Returns whether something was.
fn put_prose(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let (mut done, mut masked) = (0, false);
    while let Some((begin, end)) = said::value_in_url(text, done) {
        put_plain(out, &text[done..begin]);
        put_mask(out, &text[begin..end]);
        (done, masked) = (end, true);
    }
    put_plain(out, &text[done..]) | masked
}

fn is_graphql(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    if !matches!(text.first(), Some(b'f' | b'm' | b'q' | b's')) {
        return false;
    }
    let begins = |word: &&str| {
        let behind = text.strip_prefix(word.as_bytes()).and_then(<[u8]>::first);
        behind.is_some_and(|b| b" {(\r\n".contains(b))
    };
    ["mutation", "query", "subscription", "fragment"]
        .iter()
        .any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(body: &str) -> String {
        mask_body(body.as_bytes())
            .map_or_else(|| body.to_owned(), |b| String::from_utf8(b).unwrap())
    }

    #[test]
    fn credentials_in_bodies_are_masked() {
        for body in [
            r#"{"user":"ann","password":"canary"}"#,
            r#"{"a":[{"accessToken" : "canary"}]}"#,
            r#"{"secret":{"deep":["canary"]}}"#,
            r#"{"pin": 1234, "token":"canary"#,
            // Words that are written as one, and such as tell only together.
            r#"{"cred":{"totp":"canary"}}"#,
            r#"{"unixpassword":"canary"}"#,
            r#"[{"passwordqualitycheck":"canary"}]"#,
            r#"{"backupcodes":["canary"]}"#,
            r#"{"recoveryCode":"canary"}"#,
            r#"{"device_code":"canary"}"#,
            r#"{"passkey":{"rawId":"canary"}}"#,
            "username=ann&backupcode=canary",
            "grant_type=x&device_code=canary",
            r#"{"inner":"{\"api_key\":\"canary\"}"}"#,
            r#"{"inner":"{\"token\":\"canary\"}"}"#,
            r#"{"secret":{"a":{"b":1},"c":"canary"}}"#,
            r#"{"secret":["]","canary"]}"#,
            "user=ann&password=canary&x=1",
            "pin=canary",
            "--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\ncanary\r\n--b--\r\n",
            "--b\r\ncontent-disposition: form-data; name=\"pin\"\r\n\r\n1234\r\n--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\ncanary\r\n--b--\r\n",
            "--b\r\ncontent-disposition: form-data; name=\"data\"\r\n\r\n{\"password\":\"canary\"}\r\n--b--\r\n",
            "--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nBearer canary-0123456\r\n--b--\r\n",
            "hello Bearer canary-0123456 there",
            "first Bearer 0123456789 and then Bearer canary-0123456",
            "user%5Bpin%5D=canary",
            "user[pin]=canary",
            "user=ann&password=canary of many words",
            "user=ann&password=canary\n",
            "\r\n--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\ncanary\r\n--b--\r\n",
            "--b\r\ncontent-disposition: form-data; filename=\"a\"; name=\"password\"\r\n\r\ncanary\r\n--b--\r\n",
            "event: login\ndata: {\"token\":\"canary\"}\n\n",
            ": ping\n\ndata: {\"a\":1}\n\ndata: {\"token\":\"canary\"}\n\n",
            r#"{"query":"mutation { login(name: \"ann\", password: \"canary\") { id } }"}"#,
            "mutation { login(name: \"ann\", password: \"canary\") { id } }",
            "<?xml version=\"1.0\"?><login><user>ann</user><password>canary</password></login>",
            "<s:Envelope><wsse:Password Type=\"text\">canary</wsse:Password></s:Envelope>",
            "<login apiKey=\"canary\"><user>ann</user></login>",
            "<INPUT NAME=token VALUE=canary>",
            "<input\n type=hidden\n name = \"_session\"\n value = 'canary'>",
            r#"{"newpassword":"canary"}"#,
            r#"{"accesstoken":"canary"}"#,
            r#"{"user":"ann","pass":"canary"}"#,
            r#"{"smtpPass":"canary","port":25}"#,
            r#"{"totp":"canary"}"#,
            "user=ann&pass=canary",
            r#"{"next":"https://host/cb?code=canary&state=1"}"#,
            r#"{"database":"postgres://ann:canary@host/db"}"#,
            "<p>Go <a href=\"/reset?user=1&amp;token=canary\">on</a>",
            "<form><input type=hidden name=csrf value=canary><a href='/x?code=canary'>",
            "Somebody asked for a new password: https://host/reset?ticket=canary",
            "next=https%3A%2F%2Fhost%2Freset%3Fticket%3Dcanary%26x%3D1&a=1",
            "next=%2fcb%3fx%3d1%26code%3dcanary",
            r#"{"device_code":"canary","user_code":"canary","interval":5}"#,
            "grant_type=x&device_code=canary",
        ] {
            let shown = masked(body);
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains("[redacted #"), "{shown}");
        }
        assert!(!masked(r#"{"pin": 1234}"#).contains("1234"));
    }

    #[test]
    fn a_credential_has_the_same_mask_wherever_it_stands() {
        let print = |shown: String| shown.split_once("[redacted ").unwrap().1[..5].to_owned();
        let form = print(masked("token=canary"));
        assert_eq!(print(masked(r#"{"token":"canary"}"#)), form);
        assert_eq!(print(masked(r#"{"inner":"{\"token\":\"canary\"}"}"#)), form);
        assert_eq!(print(masked("<input name=token value='canary'>")), form);
        let mut shown = Vec::new();
        crate::redact::put_debug(&mut shown, br#"A { token: "canary" }"#);
        assert_eq!(print(String::from_utf8(shown).unwrap()), form);
    }

    #[test]
    fn what_somebody_else_decoded_has_no_fingerprints() {
        let body = br#"{"password":"canary","a":"Bearer canary-0123456"}"#;
        let shown = String::from_utf8(mask_decoded(body).unwrap()).unwrap();
        assert_eq!(shown, r#"{"password":"[redacted]","a":"[redacted]"}"#);
        assert!(masked(r#"{"password":"canary"}"#).contains("[redacted #"));
    }

    #[test]
    fn what_is_no_credential_is_kept() {
        for body in [
            r#"{"keyboard":"qwerty","monkey":1,"title":"The Key"}"#,
            r#"{"secretary":"Ann","postcode":"1234","code":"not_found","max_tokens":100}"#,
            r#"{"text":"a \"quoted\" word"}"#,
            "title=The+Key&page=2",
            "<html>a=b</html>",
            "",
            "{",
            "\"",
            r#"{"password":null}"#,
            "data: {\"page\":2}\n\n",
            r#"{"pass_count":2,"max_tokens":100,"sessions":3,"passenger":"ann"}"#,
            "<p>token</p>",
            "<a href=\"/books?page=2\">The Key</a>",
            "<password/><user>ann</user>",
            "--",
            "--\r\n--\r\n",
            r#"{"query":"query { books(first: 10) { title } }"}"#,
            "<a href=\"/books?page=2&amp;sort=a\">https://host/a@b</a>",
            "next=%2Fbooks%3Fpage%3D2%26sort%3Da",
            r#"{"token_endpoint":"https://host/token","token_type":"Bearer","code":7}"#,
            r#"{"token_endpoint_auth_methods_supported":["none"],"country_code":"de"}"#,
        ] {
            assert_eq!(masked(body), body);
        }
    }

    /// Texts of so many bytes out of an alphabet, always the same.
    fn texts(count: usize, len: usize, alphabet: &'static [u8]) -> impl Iterator<Item = Vec<u8>> {
        let mut state = 1_u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            alphabet[(state >> 33) as usize % alphabet.len()]
        };
        (0..count).map(move |_| std::iter::repeat_with(&mut next).take(len).collect())
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for bytes in texts(20_000, 40, b"{}[]\":,\\=&-\r\n aktokenpassword\xff1<>/'") {
            let _ = mask_body(&bytes);
            for begin in [&b"<"[..], b"data:", b"--a\r\n", b"query {", b"a=%3d?"] {
                let _ = mask_body(&[begin, &bytes].concat());
            }
        }
    }

    #[test]
    fn a_body_of_beginnings_is_read_once() {
        let begun = std::time::Instant::now();
        for part in [
            "<",
            "<a ",
            "<a b=\"",
            "<token>",
            "<input name=token value=x>",
            "{\"",
            "[\"{\\\"",
            "\"token\":{",
            "{\"token\":[",
            "data:",
            "data:{\"",
            "--",
            "-",
            "name=\"",
            "a=?",
            "a=%3d?",
            "token=&",
            "query{a:",
            "query{token:\\\"",
            "Bearer x,",
        ] {
            for begin in ["", "--a\r\n", "query {", "data: ", "<"] {
                let body = [begin, &part.repeat((64 << 10) / part.len())].concat();
                let _ = mask_body(body.as_bytes());
            }
        }
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    #[test]
    fn the_end_of_a_string_is_found_as_byte_by_byte() {
        // Bytes beside the two in question, and such as differ from them in the highest bit.
        for bytes in texts(5_000, 33, b"aaaaaaaaaaaa\"\\!#[]\xa2\xdc\x00\xff") {
            for at in 0..bytes.len() {
                let (mut end, mut is_escaped) = (at + 1, false);
                while let Some(byte) = bytes.get(end) {
                    end += 1;
                    if *byte == b'"' && !is_escaped {
                        break;
                    }
                    is_escaped = *byte == b'\\' && !is_escaped;
                }
                assert_eq!(string_end(&bytes, at), end, "{at} of {bytes:?}");
            }
        }
    }
}
