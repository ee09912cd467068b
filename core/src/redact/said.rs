//! Credentials in sentences: the values that stand behind a telling name, as in `authorization="x"` or `token: x`, and those in
//! URLs.

use super::body::is_telling;

/// A word behind `name:` may be a word of the sentence, "invalid token: expected a number". One this long with a digit in it is
/// taken for a value.
const VALUE: usize = 12;
/// Where that digit is looked for: a text of names alone is not read to its end at each of them.
const LOOK: usize = 256;
/// Words before the value in `authorization=Bearer x`: they stay.
const SCHEMES: [&str; 4] = ["bearer", "basic", "digest", "token"];

/// Where the next value is that has a telling name before it, or that is a credential in a URL, at or behind `from`.
pub(super) fn named_value(text: &[u8], from: usize) -> Option<(usize, usize)> {
    value_where(text, from, |before, sign| {
        let name = name_before(before);
        is_telling(name) || is_cookie(name) || sign == b'=' && is_parameter(before)
    })
}

/// Where the next credential in a URL is, at or behind `from`: user info, or the value of a telling parameter.
pub(super) fn value_in_url(text: &[u8], from: usize) -> Option<(usize, usize)> {
    if !super::has_any(&text[from..], *b"=@") {
        return None;
    }
    value_where(text, from, |before, sign| {
        sign == b'=' && is_parameter(before)
    })
}

/// The next value behind a `=` or `:` of which `tells` says that it is a credential, or the user info of a URL.
fn value_where(
    text: &[u8],
    mut from: usize,
    tells: impl Fn(&[u8], u8) -> bool,
) -> Option<(usize, usize)> {
    loop {
        let sign = from + text[from..].iter().position(|b| matches!(b, b'=' | b':'))?;
        from = sign + 1;
        let value = if text[sign..].starts_with(b"://") {
            user_info(text, sign + 3)
        } else if tells(&text[..sign], text[sign]) {
            value_behind(text, sign)
        } else {
            None
        };
        if value.is_some() {
            return value;
        }
    }
}

/// Whether a text ends with the telling name of a parameter in a URL.
fn is_parameter(before: &[u8]) -> bool {
    let name = name_before(before);
    let begins =
        |url: &[u8]| url.ends_with(b"&amp;") || matches!(url.last(), Some(b'?' | b'&' | b'#'));
    before.strip_suffix(name).is_some_and(begins) && super::url::is_telling(name)
}

/// Whether a name is that of cookies: their header's, or of a field that has it.
pub(super) fn is_cookie(name: &[u8]) -> bool {
    let last = name.rsplit(|b| !b.is_ascii_alphanumeric()).next();
    last.is_some_and(|word| {
        [b"cookie".as_slice(), b"cookies"]
            .iter()
            .any(|cookie| word.eq_ignore_ascii_case(cookie))
    })
}

/// What stands before the `@` of the host that begins at `at`.
fn user_info(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let ends = |b: &u8| b.is_ascii_whitespace() || b"/?#\"'<>\\".contains(b);
    let host = text[at..].split(ends).next()?;
    let user = host.iter().rposition(|b| *b == b'@')?;
    (user > 0 && !host.starts_with(b"[redacted]")).then_some((at, at + user))
}

fn name_before(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    let text = text
        .strip_suffix(b"\"")
        .or(text.strip_suffix(b"'"))
        .unwrap_or(text);
    let text = text.strip_suffix(b"\\").unwrap_or(text);
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let len = text.iter().rev().take_while(|b| is_name(b)).count();
    &text[text.len() - len..]
}

fn value_behind(text: &[u8], sign: usize) -> Option<(usize, usize)> {
    let spaces = |at: usize| text[at..].iter().take_while(|b| **b == b' ').count();
    let mut begin = sign + 1 + spaces(sign + 1);
    // A string in a string.
    begin += usize::from(text[begin..].starts_with(b"\\\""));
    let quote = text
        .get(begin)
        .copied()
        .filter(|b| matches!(b, b'"' | b'\''));
    begin += usize::from(quote.is_some());
    let ends = |b: &u8| match quote {
        Some(b'"') => matches!(b, b'"' | b'\\'),
        Some(_) => *b == b'\'',
        None => b.is_ascii_whitespace() || b",;&)]}\"'".contains(b),
    };
    let word = |at: usize| text[at..].iter().take_while(|b| !ends(b));
    let first = text.get(begin)?;
    // `==` and `a::b` have no value behind them, and what is masked is masked already.
    if ends(first) || matches!(first, b'=' | b':' | b'[' | b'{') {
        return None;
    }
    if quote.is_none() && is_placeholder(&text[begin..begin + word(begin).take(LOOK).count()]) {
        return None;
    }
    let is_prose = text[sign] == b':' && quote.is_none() && {
        let seen = || word(begin).take(LOOK);
        seen().count() < VALUE || !seen().any(u8::is_ascii_digit)
    };
    if is_prose {
        return None;
    }
    let mut end = begin + word(begin).count();
    let is_scheme = |scheme: &&str| text[begin..end].eq_ignore_ascii_case(scheme.as_bytes());
    if quote.is_none() && SCHEMES.iter().any(is_scheme) {
        begin = end + spaces(end);
        end = begin + word(begin).count();
    }
    (begin < end).then_some((begin, end))
}

/// Whether a word stands in a statement for a value that is bound to it: `$1`, `?`, `?2`, `@p1`.
fn is_placeholder(word: &[u8]) -> bool {
    let number = match word {
        [b'?', number @ ..] => number,
        [b'$', number @ ..] | [b'@', b'p' | b'P', number @ ..] if !number.is_empty() => number,
        _ => return false,
    };
    number.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use crate::redact::masked_text;

    #[test]
    fn values_behind_telling_names_are_masked_in_sentences() {
        for text in [
            "  hdr: authorization=\"canary\"",
            "headers {\"authorization\": \"canary\", \"accept\": \"*/*\"}",
            "{\\\"password\\\": \\\"canary\\\"}",
            "hdr: cookie=\"canary\"",
            "login with password=canary, and again",
            "api_token: canary-0123456",
            "secret = 'canary of many words'",
            "token=canary&x=1",
            "authorization=Bearer canary, then",
            "password_hash=canary, and again",
            "redirected to https://host/cb?code=canary&state=1",
            "GET /cb?state=1&code=canary HTTP/1.1",
            "no connection to postgres://canary@host/db",
        ] {
            let masked = String::from_utf8(masked_text(text)).unwrap();
            assert!(!masked.contains("canary"), "{masked}");
            assert!(masked.contains("[redacted #"), "{masked}");
            let [before, behind] = text.split("canary").collect::<Vec<_>>()[..] else {
                panic!("{text}");
            };
            assert!(masked.starts_with(before), "{masked}");
            let rest = behind.trim_start_matches("-0123456");
            let rest = rest.trim_start_matches(" of many words");
            assert!(masked.ends_with(rest), "{masked}");
        }
    }

    proptest::proptest! {
        /// Messages of panics are masked where a panic would end the process.
        #[test]
        fn any_text_can_be_masked(text in "([a-z]{0,3}|token|password|[:='\"\\\\ ,&{}\\[\\]]|[0-9]{0,14}|ä|\\PC){0,24}") {
            masked_text(&text);
        }
    }

    #[test]
    fn a_hash_is_no_placeholder() {
        let masked = masked_text("password=$2b$12$canary");
        assert!(masked.starts_with(b"password=[redacted #"));
    }

    #[test]
    fn sentences_stay_as_they_are() {
        for text in [
            "Invalid encrypted token: too short",
            "crate::token::parse: failed at 12:30",
            "if token == other",
            "token: expected a number, got 123456789",
            "status: 200, path=/books?page=2",
            "password=",
            "token: [redacted #0123]",
            "select id from users where \"users\".\"token\" = $1 and pin = $12",
            "select id from users where token = ? and pin = ?2",
            "update users set token = @p1, pin = :pin",
            "code=404, see https://host/a@b and /books?code",
        ] {
            assert_eq!(masked_text(text), text.as_bytes(), "{text}");
        }
    }
}
