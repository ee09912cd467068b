//! Credentials in a URL that is the value of a parameter itself: `next=%2Freset%3Ftoken%3Dx`.

use super::{
    put_mask,
    url::{put_place, tells},
};

/// Writes a parameter whose own name does not tell, with the user info of URLs in it masked as well. Returns whether something was masked.
pub(super) fn put_parameter(out: &mut Vec<u8>, pair: &[u8]) -> bool {
    let mut done = 0;
    while let Some((from, to)) = inner_value(pair, done) {
        put_place(out, &pair[done..from]);
        put_mask(out, &pair[from..to]);
        done = to;
    }
    put_place(out, &pair[done..]) | (done > 0)
}

/// Where the next value is that has a telling name before it in a URL that is encoded once, at or behind `from`.
fn inner_value(pair: &[u8], mut from: usize) -> Option<(usize, usize)> {
    let is_any =
        |code: &[u8], of: &[&[u8; 3]]| of.iter().any(|one| code.eq_ignore_ascii_case(*one));
    loop {
        let sign = from
            + pair[from..]
                .windows(3)
                .position(|code| is_any(code, &[b"%3D"]))?;
        let (before, value) = (&pair[..sign], sign + 3);
        let begins = before.iter().rposition(|b| *b == b'%')?;
        let name = before.get(begins + 3..).unwrap_or_default();
        let end = pair[value..]
            .windows(3)
            .position(|code| is_any(code, &[b"%26", b"%23"]));
        let end = end.map_or(pair.len(), |at| value + at);
        // In a sentence the URL may be over before.
        let in_url = |b: &u8| b.is_ascii_alphanumeric() || b"%-._~+*".contains(b);
        let end = end.min(value + pair[value..].iter().take_while(|b| in_url(b)).count());
        let is_parameter = is_any(
            &before[begins..before.len() - name.len()],
            &[b"%3F", b"%26", b"%23"],
        );
        if is_parameter && value < end && tells(name) {
            return Some((value, end));
        }
        from = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pair: &str) -> (String, bool) {
        let mut out = Vec::new();
        let masked = put_parameter(&mut out, pair.as_bytes());
        (String::from_utf8(out).unwrap(), masked)
    }

    #[test]
    fn values_of_telling_names_are_masked() {
        for pair in [
            "next=%2Freset%3Ftoken%3Dcanary",
            "next=%2freset%3fx%3d1%26code%3dcanary%26y%3d2",
            "next=https%3A%2F%2Fhost%2Fcb%23access_token%3Dcanary",
            "%3Ftoken%3Dcanary",
            "\"GET /login?next=%2Freset%3Ftoken%3Dcanary HTTP/1.1\" 200",
        ] {
            let (text, masked) = shown(pair);
            assert!(masked && !text.contains("canary"), "{text}");
            assert!(text.contains("[redacted #"), "{text}");
        }
        assert!(shown("a=%3Ftoken%3D1%26b%3D2").0.ends_with("]%26b%3D2"));
    }

    #[test]
    fn what_is_no_credential_is_kept() {
        for pair in [
            "next=%2Fbooks%3Fpage%3D2%26sort%3Da",
            "next=%3Ftoken%3D",
            "a=%3D%3D",
            "%3D1",
            "%3",
            "%%3D1",
            "a%3D%3Ftoken",
        ] {
            assert_eq!(shown(pair), (pair.to_owned(), false));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_parameter_makes_it_panic(pair in "(%3D|%3F|%26|token|[%=a-z0-9]|\\PC){0,20}") {
            shown(&pair);
        }
    }
}
