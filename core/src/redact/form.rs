//! Credentials by their form: tokens that say themselves what they are.

/// How credentials begin, and how long they are at least.
const STARTS: [(&[u8], usize); 26] = [
    (b"eyJ", 20),
    (b"Bearer ", 8),
    (b"Basic ", 8),
    (b"ghp_", 20),
    (b"gho_", 20),
    (b"ghr_", 20),
    (b"ghs_", 20),
    (b"ghu_", 20),
    (b"github_pat_", 20),
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"AIza", 35),
    (b"xapp-", 12),
    (b"xoxa-", 12),
    (b"xoxb-", 12),
    (b"xoxp-", 12),
    (b"xoxr-", 12),
    (b"xoxs-", 12),
    (b"sk_live_", 16),
    (b"sk_test_", 16),
    (b"rk_live_", 16),
    (b"rk_test_", 16),
    (b"whsec_", 20),
    (b"shpat_", 20),
    // Variables of npm's environment begin so, too: they are shorter.
    (b"npm_", 40),
    (b"-----BEGIN ", 20),
];

/// Bytes of which every one of the [`STARTS`] has at least one, and most texts none.
const RARE: [u8; 6] = *b"BIJKx_";

/// Whether a text has a byte without which it holds no credential.
fn has_rare(text: &[u8]) -> bool {
    has_any(text, RARE)
}

/// Whether one of these bytes is in a text. Told for sixteen bytes at a time.
pub(super) fn has_any<const N: usize>(text: &[u8], bytes: [u8; N]) -> bool {
    let (parts, rest) = text.as_chunks::<16>();
    let any = |part: &[u8; 16]| {
        let is_one = |b: &u8| bytes.iter().fold(false, |any, one| any | (b == one));
        part.iter().fold(false, |any, b| any | is_one(b))
    };
    parts.iter().any(any) || rest.iter().any(|b| bytes.contains(b))
}

/// For every byte with which a credential may begin, the bytes that may follow it, told by their low five bits.
const SECOND: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < STARTS.len() {
        let start = STARTS[i].0;
        table[start[0] as usize] |= 1 << (start[1] & 31);
        i += 1;
    }
    table
};

/// Where a value holds something that is a credential by its form: a JWT, `Bearer x`, the tokens of well-known services.
pub(super) fn credential_in(value: &[u8]) -> Option<(usize, usize)> {
    if !has_rare(value) {
        return None;
    }
    let mut from = 0;
    loop {
        let mut pairs = value[from..].iter().zip(value.get(from + 1..)?);
        let may_begin =
            |(first, second): (&u8, &u8)| SECOND[usize::from(*first)] >> (second & 31) & 1 == 1;
        let at = from + pairs.position(may_begin)?;
        if let Some(end) = credential_at(value, at) {
            return Some((at, end));
        }
        from = at + 1;
    }
}

/// Where the credential ends that begins at `at`, if one does.
fn credential_at(value: &[u8], at: usize) -> Option<usize> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let is_token = |b: &u8| is_word(*b) || matches!(b, b'+' | b'/' | b'=');
    let (before, rest) = value.split_at(at);
    let (start, least) = STARTS.iter().find(|(start, _)| rest.starts_with(start))?;
    if start.starts_with(b"-----") {
        return Some(value.len());
    }
    // None begins inside of a word. Behind `/` and `=` a part of a path begins, or the value of a parameter.
    if before.last().is_some_and(|b| is_word(*b)) {
        return None;
    }
    let token = rest[start.len()..].iter().take_while(|b| is_token(b));
    let len = start.len() + token.count();
    (len >= *least).then_some(at + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_credential_begins_with_a_rare_byte() {
        assert!(STARTS.iter().all(|(start, _)| has_rare(start)));
        assert!(has_rare(b"0123456789abcdef0123456789_"));
        assert!(!has_rare(b"application/json; charset=utf-8, a long one"));
    }
}
