//! Credentials in pages: hidden fields of forms, and what `<meta>` says to scripts.

use super::{body::is_telling, put_mask};
use std::ops::Range;

/// Elements that hold a named value in an attribute.
const ELEMENTS: [&[u8]; 2] = [b"input", b"meta"];

/// Writes a page with the values of telling names masked. Nothing is written if there are none.
pub(super) fn mask_html(page: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut at, mut copied) = (0, 0);
    while let Some(open) = page[at..].iter().position(|b| *b == b'<') {
        at += open + 1;
        let Some(element) = ELEMENTS.iter().find(|name| begins(&page[at..], name)) else {
            continue;
        };
        at += element.len();
        let (mut is_secret, mut value) = (false, None);
        while let Some((name, range)) = attribute(page, &mut at) {
            if name.eq_ignore_ascii_case(b"name") {
                is_secret = is_telling(&page[range]);
            } else if [b"value".as_slice(), b"content"]
                .iter()
                .any(|holds| name.eq_ignore_ascii_case(holds))
            {
                value = Some(range).filter(|range| !range.is_empty());
            }
        }
        if let Some(value) = value.filter(|_| is_secret) {
            out.extend_from_slice(&page[copied..value.start]);
            put_mask(out, &page[value.clone()]);
            copied = value.end;
        }
    }
    if copied > 0 {
        out.extend_from_slice(&page[copied..]);
    }
    copied > 0
}

fn begins(text: &[u8], name: &[u8]) -> bool {
    text.get(..name.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(name))
        && text.get(name.len()).is_some_and(u8::is_ascii_whitespace)
}

/// The next attribute of a tag, and where its value stands. None: the tag is over, or what there is of the page.
fn attribute<'a>(page: &'a [u8], at: &mut usize) -> Option<(&'a [u8], Range<usize>)> {
    let count =
        |from: usize, is: fn(&u8) -> bool| page[from..].iter().take_while(|b| is(b)).count();
    *at += count(*at, |b| b.is_ascii_whitespace() || *b == b'/');
    let start = *at;
    *at += count(start, |b| !b.is_ascii_whitespace() && !b"=>/".contains(b));
    let name = &page[start..*at];
    let sign = *at + count(*at, u8::is_ascii_whitespace);
    if page.get(sign) != Some(&b'=') {
        return (!name.is_empty()).then_some((name, start..start));
    }
    let mut begin = sign + 1 + count(sign + 1, u8::is_ascii_whitespace);
    let end = match page.get(begin) {
        Some(b'"') => {
            begin += 1;
            begin + count(begin, |b| *b != b'"')
        }
        Some(b'\'') => {
            begin += 1;
            begin + count(begin, |b| *b != b'\'')
        }
        _ => begin + count(begin, |b| !b.is_ascii_whitespace() && *b != b'>'),
    };
    let is_quoted = matches!(page.get(end), Some(b'"' | b'\''));
    *at = end + usize::from(is_quoted);
    Some((name, begin..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(page: &str) -> String {
        let mut out = Vec::new();
        match mask_html(page.as_bytes(), &mut out) {
            true => String::from_utf8(out).unwrap(),
            false => page.to_owned(),
        }
    }

    #[test]
    fn values_of_telling_names_are_masked() {
        for page in [
            "<form><input type=\"hidden\" name=\"csrf\" value=\"canary\"></form>",
            "<input value=\"canary > 1\" name='csrf_token' />",
            "<INPUT NAME=token VALUE=canary>",
            "<input\n  type=hidden\n  name = \"_session\"\n  value = 'canary'>",
            "<meta name=\"csrf-token\" content=\"canary\"/>",
            "<input name=\"token\" value=\"canary",
        ] {
            let shown = masked(page);
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains("[redacted #"), "{shown}");
        }
        let two = masked("<input name=csrf value=1><p>between<input name=token value=2>behind");
        let rest: Vec<&str> = two.split("[redacted #").collect();
        assert_eq!(rest[0], "<input name=csrf value=");
        assert_eq!(&rest[1][4..], "]><p>between<input name=token value=");
        assert_eq!(&rest[2][4..], "]>behind");
    }

    #[test]
    fn what_is_no_credential_is_kept() {
        for page in [
            "<input name=\"title\" value=\"token\">",
            "<input type=\"password\" name=\"password\" value=\"\">",
            "<input type=\"password\" name=\"password\">",
            "<meta name=\"keywords\" content=\"a, b\">",
            "<inputs name=token value=1>",
            "<p name=\"token\" value=\"1\">",
            "<input",
            "<input =",
            "a < b",
            "<",
        ] {
            assert_eq!(masked(page), page);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_it_panic(page in "(<input|<meta|name|token|value|[ =>/'\"a-z]|\\PC){0,24}") {
            masked(&page);
        }
    }
}
