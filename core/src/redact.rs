//! Credentials are masked here: what is headers, targets and bodies by the agent, on the way from the threads of the app to the
//! ring, the rest while it is recorded. What is kept or sent has passed here.
//!
//! A mask has a fixed width and a fingerprint of four hexadecimal digits, keyed with a secret of this process: it tells
//! *the same* from *changed*, not what the value was. A body that is compressed is kept as it is; who decodes it to look at it
//! masks it then, with [`mask_decoded`].

#[cfg(any(debug_assertions, feature = "in-release"))]
mod bare;
mod body;
mod debug;
mod encoded;
// It knows headers by the places where capture has seen them.
#[cfg(any(debug_assertions, feature = "in-release"))]
mod header;
mod markup;
mod names;
mod said;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) use bare::{asks_for_secret, mask_bare};
pub(crate) use body::mask_body;
pub use body::mask_decoded;
pub(crate) use debug::put_debug;
#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) use header::{Known, class_of, name_of};
pub(crate) use names::Class;

use names::{QUERY_EXACT, names_credential};

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

/// What is known of the names seen last. Bounded: a name of the client's making must not push memory up.
struct Memo<T>(Vec<Option<(Box<[u8]>, T)>>);

impl<T: Copy> Memo<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    const SLOTS: usize = 128;
    const LONGEST: usize = 64;

    /// What `find_out` says of this name, asked once for each name. Found by length and two bytes.
    fn get(&mut self, name: &[u8], find_out: impl FnOnce() -> T) -> T {
        let first = name.first().copied().unwrap_or(0);
        let last = name.last().copied().unwrap_or(0);
        let slot = (name.len() * 37 + usize::from(first) * 7 + usize::from(last)) % Self::SLOTS;
        match self.0.get(slot) {
            Some(Some((known, what))) if **known == *name => *what,
            _ => {
                let what = find_out();
                if name.len() <= Self::LONGEST {
                    self.0.resize_with(Self::SLOTS, || None);
                    self.0[slot] = Some((name.into(), what));
                }
                what
            }
        }
    }
}

thread_local! {
    static TELLING: RefCell<Memo<bool>> = const { RefCell::new(Memo::new()) };
}

static FINGERPRINT: LazyLock<RandomState> = LazyLock::new(RandomState::new);

thread_local! {
    static BARE: Cell<bool> = const { Cell::new(false) };
}

/// Masks of this thread have no fingerprint as long as this lives: those of another process's values would tell *changed* of
/// what is the same.
struct Bare;

impl Bare {
    fn new() -> Self {
        BARE.set(true);
        Self
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        BARE.set(false);
    }
}

/// Writes the mask for a value.
fn put_mask(out: &mut Vec<u8>, value: &[u8]) {
    if BARE.try_with(Cell::get).unwrap_or_default() {
        out.extend_from_slice(b"[redacted]");
        return;
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let print = FINGERPRINT.hash_one(value) as usize;
    let digits = [12, 8, 4, 0].map(|shift| DIGITS[print >> shift & 0xf]);
    out.extend_from_slice(b"[redacted #");
    out.extend_from_slice(&digits);
    out.push(b']');
}

/// What stands between the quotes of a string, so that its mask is that of the same value without quotes elsewhere.
fn unquoted(value: &[u8]) -> &[u8] {
    match value.strip_prefix(b"\"") {
        Some(inner) => inner.strip_suffix(b"\"").unwrap_or(inner),
        None => value,
    }
}

/// Writes a header's value, masked as its class says. Returns whether something was masked.
pub(crate) fn put_value(out: &mut Vec<u8>, class: Class, sensitive: bool, value: &[u8]) -> bool {
    if sensitive {
        put_mask(out, value);
        return true;
    }
    match class {
        Class::Known => {
            out.extend_from_slice(value);
            false
        }
        Class::Plain => put_text(out, value),
        Class::Secret => {
            put_mask(out, value);
            true
        }
        Class::Authorization => {
            let scheme = value.iter().position(|b| *b == b' ').unwrap_or(0);
            if scheme > 0 && scheme < value.len() - 1 {
                out.extend_from_slice(&value[..=scheme]);
                put_mask(out, &value[scheme + 1..]);
            } else {
                put_mask(out, value);
            }
            true
        }
        Class::Cookie => {
            for (i, pair) in value.split(|b| *b == b';').enumerate() {
                if i > 0 {
                    out.push(b';');
                }
                put_pair(out, pair);
            }
            true
        }
        Class::SetCookie => {
            let pair = value.split(|b| *b == b';').next().unwrap_or_default();
            put_pair(out, pair);
            out.extend_from_slice(&value[pair.len()..]);
            true
        }
        Class::Url => put_url(out, value),
    }
}

/// `name=value` with the value masked; without a name, all of it.
fn put_pair(out: &mut Vec<u8>, pair: &[u8]) {
    match pair.iter().position(|b| *b == b'=') {
        Some(at) => {
            out.extend_from_slice(&pair[..=at]);
            put_mask(out, &pair[at + 1..]);
        }
        None => put_mask(out, pair),
    }
}

/// A value with what looks like a credential in it masked. Returns whether something was.
fn put_plain(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let (mut rest, mut masked) = (value, false);
    while let Some((start, end)) = credential_in(rest) {
        out.extend_from_slice(&rest[..start]);
        put_mask(out, &rest[start..end]);
        (rest, masked) = (&rest[end..], true);
    }
    out.extend_from_slice(rest);
    masked
}

/// A text with what looks like a credential in it masked, and what a telling name stands before.
pub(crate) fn masked_text(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    put_text(&mut out, text.as_bytes());
    out
}

/// As [`masked_text`]. Returns whether something was masked.
fn put_text(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let (mut done, mut masked) = (0, false);
    while let Some((from, to)) = said::named_value(text, done) {
        encoded::put_parameter(out, &text[done..from]);
        put_mask(out, &text[from..to]);
        (done, masked) = (to, true);
    }
    encoded::put_parameter(out, &text[done..]) | masked
}

/// Writes a statement, with what looks like a credential masked, and what is written out behind a telling name: `$1` is none,
/// nor is a column. Returns whether something was masked.
fn put_statement(out: &mut Vec<u8>, sql: &[u8]) -> bool {
    let (mut done, mut from) = (0, 0);
    while let Some((begin, end)) = said::named_value(sql, from) {
        from = end;
        if sql[begin - 1] == b'\'' {
            put_plain(out, &sql[done..begin]);
            put_mask(out, &sql[begin..end]);
            done = end;
        }
    }
    put_plain(out, &sql[done..]) | (done > 0)
}

/// A statement with its credentials masked.
#[cfg(feature = "diesel")]
pub(crate) fn masked_statement(sql: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(sql.len());
    put_statement(&mut out, sql.as_bytes());
    out
}

/// A named value, masked if its name says so or as its form is: that of a URL, of `Debug`, or of a text.
#[cfg(feature = "subscriber")]
pub(crate) fn masked_field(name: &str, value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_field(&mut out, name, value);
    out
}

/// Writes a named value. Returns whether something was masked.
fn put_field(out: &mut Vec<u8>, name: &str, value: &str) -> bool {
    /// Last words of fields' names whose values are URLs, or a part of one.
    const URLS: [&str; 6] = ["url", "uri", "target", "path", "location", "referer"];
    let text = value.as_bytes();
    // The last is sqlx's.
    if matches!(name, "db.query.text" | "db.statement" | "summary") {
        return put_statement(out, text);
    }
    let is_secret = body::is_telling(name.as_bytes()) || said::is_cookie(name.as_bytes());
    if is_secret && !debug::is_empty(text) {
        put_mask(out, text);
        return true;
    }
    let last = name.rsplit(['.', '_', '-']).next().unwrap_or_default();
    if name == "url.query" {
        return put_query(out, text);
    }
    if name == "url.full" || URLS.contains(&last) {
        return put_url(out, text);
    }
    if !debug::is_debug(text) {
        return put_text(out, text);
    }
    let mut shown = Vec::with_capacity(text.len());
    let masked = put_debug(&mut shown, text);
    put_text(out, &shown) | masked
}

/// A named value of a span or a log that others wrote, with its credentials masked, if it has any: without fingerprints, as
/// [`mask_decoded`].
pub fn mask_field(name: &str, value: &str) -> Option<String> {
    let _bare = Bare::new();
    let mut out = Vec::new();
    // A mask takes the place of whole ASCII bytes: what is left is text still.
    put_field(&mut out, name, value).then(|| String::from_utf8_lossy(&out).into_owned())
}

/// The value of a header with its credentials masked, if it has any, for who reads it from a file of others: without
/// fingerprints, as [`mask_decoded`]. The name is in lower case.
pub fn mask_header(name: &str, value: &[u8]) -> Option<Vec<u8>> {
    let _bare = Bare::new();
    let mut out = Vec::new();
    put_value(&mut out, names::classify(name), false, value).then_some(out)
}

/// The same for a URL or a request's target.
pub fn mask_url(url: &[u8]) -> Option<Vec<u8>> {
    let _bare = Bare::new();
    let mut out = Vec::new();
    put_url(&mut out, url).then_some(out)
}

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
fn has_any<const N: usize>(text: &[u8], bytes: [u8; N]) -> bool {
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
fn credential_in(value: &[u8]) -> Option<(usize, usize)> {
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
fn put_place(out: &mut Vec<u8>, text: &[u8]) -> bool {
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
fn put_query(out: &mut Vec<u8>, query: &[u8]) -> bool {
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
fn tells(name: &[u8]) -> bool {
    TELLING
        .try_with(|names| names.borrow_mut().get(name, || is_telling(name)))
        .unwrap_or_else(|_| is_telling(name))
}

/// Whether a parameter of this name, in a URL or a form, holds a credential.
fn is_telling(name: &[u8]) -> bool {
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

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> String {
        let mut out = Vec::new();
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        put_value(&mut out, class_of(&name), false, value.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_credential_begins_with_a_rare_byte() {
        assert!(STARTS.iter().all(|(start, _)| has_rare(start)));
        assert!(has_rare(b"0123456789abcdef0123456789_"));
        assert!(!has_rare(b"application/json; charset=utf-8, a long one"));
    }

    /// The canary must be gone, whatever the header.
    #[test]
    fn credentials_are_masked() {
        let canary = "canary-5f0e1c";
        for (name, value) in [
            ("authorization", "Bearer canary-5f0e1c"),
            ("authorization", "canary-5f0e1c"),
            ("proxy-authorization", "Basic canary-5f0e1c"),
            ("cookie", "a=canary-5f0e1c; b=canary-5f0e1c"),
            ("cookie", "canary-5f0e1c"),
            ("set-cookie", "sid=canary-5f0e1c; Path=/"),
            ("x-api-key", "canary-5f0e1c"),
            ("apikey", "canary-5f0e1c"),
            ("x-my-session-thing", "canary-5f0e1c"),
            ("x-vault-token", "canary-5f0e1c"),
            ("stripe-signature", "canary-5f0e1c"),
            ("location", "https://user:canary-5f0e1c@host/p?q=1"),
            ("referer", "https://host/p?access_token=canary-5f0e1c&x=1"),
            ("location", "/cb?code=canary-5f0e1c"),
            ("location", "/cb?%74oken=canary-5f0e1c"),
            ("link", "</p?X-Amz-Signature=canary-5f0e1c>; rel=next"),
            ("x-note", "see Bearer canary-5f0e1c ok"),
            ("x-note", "eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x"),
            ("x-note", "ghp_0123456789abcanary-5f0e1c"),
            ("x-note", "Bearer 0123456789, Bearer canary-5f0e1c"),
            ("x-note", "-----BEGIN PRIVATE KEY----- canary-5f0e1c"),
            ("x-authorization-note", "canary-5f0e1c"),
            ("location", "https://user:p@canary-5f0e1c@host/p"),
            ("location", "/cb?CODE=canary-5f0e1c"),
            ("location", "/cb?backup_code=canary-5f0e1c"),
            ("x-backup-code", "canary-5f0e1c"),
            ("location", "/cb?next=eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x"),
            ("location", "/cb/eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x"),
            ("location", "/cb/eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x?a=1"),
            ("location", "/cb#access_token=canary-5f0e1c"),
            ("location", "/cb?a=1#access_token=canary-5f0e1c"),
            (
                "location",
                "/cb?token=canary-5f0e1c&next=https://host&mail=ann@host",
            ),
            (
                "location",
                "/cb?token=canary-5f0e1c&db=postgres://ann:p@host/db",
            ),
            ("location", "/in?db=postgres://ann:canary-5f0e1c@host/db"),
            ("location", "/in?next=/cb?token=canary-5f0e1c"),
            ("location", "/in?next=%2Fcb%3Ftoken%3Dcanary-5f0e1c"),
            (
                "location",
                "/in?next=%2fcb%3fpage%3d1%26token%3dcanary-5f0e1c",
            ),
            (
                "link",
                "</p?page=2>; rel=next, </q?token=canary-5f0e1c>; rel=last",
            ),
            ("x-original-uri", "/cb?token=canary-5f0e1c"),
            (
                "hx-current-url",
                "https://host/p?access_token=canary-5f0e1c",
            ),
            ("x-shopify-hmac-sha256", "canary-5f0e1c"),
            ("x-note", "user=ann; password=canary-5f0e1c"),
            ("baggage", "user=ann,token=canary-5f0e1c"),
            ("x-note", "sk_test_0123456789canary-5f0e1c"),
            ("x-note", "rk_live_0123456789canary-5f0e1c"),
            ("x-note", "ASIA0123456789ABcanary-5f0e1c"),
            ("x-note", "AIzaSy0123456789ABCDEFGHIJcanary-5f0e1c"),
            ("x-note", "npm_0123456789abcdef0123456789canary-5f0e1c"),
            ("x-note", "ghr_0123456789abcdefcanary-5f0e1c"),
            ("x-note", "xapp-1-0123456789-canary-5f0e1c"),
        ] {
            let shown = header(name, value);
            assert!(!shown.contains(canary), "{name}: {shown}");
            assert!(shown.contains("[redacted #"), "{name}: {shown}");
        }
    }

    #[test]
    fn what_is_no_credential_is_kept() {
        for (name, value) in [
            ("host", "localhost:3000"),
            ("user-agent", "Mozilla/5.0"),
            ("x-request-id", "0190f3a1-7c2e"),
            ("location", "/books?page=2"),
            ("x-process-time", "12ms"),
            ("location", "/books?author=dickens"),
            ("location", "/books?page=2#chapter-3"),
            ("location", "https://host?mail=ann@host"),
            ("location", "/SLOVAKIA0123456789abcdef"),
            ("access-control-allow-credentials", "true"),
            ("location", "/search?keyword=rust&side=left"),
            ("location", "/in?next=%2Fbooks%3Fpage%3D2"),
            ("location", "/in?next=/books?page=2&from=https://host/p"),
            ("x-request-path", "/books?page=2"),
            ("x-keyword", "rust"),
            ("baggage", "user=ann,page=2"),
            ("x-processor", "4"),
            ("proxy-authenticate", "Basic realm=\"proxy\""),
        ] {
            assert_eq!(header(name, value), value);
        }
    }

    #[test]
    fn scheme_names_and_attributes_are_kept_and_same_values_look_the_same() {
        assert!(header("authorization", "Bearer abcdef").starts_with("Bearer [redacted #"));
        assert!(header("set-cookie", "sid=1; Path=/; HttpOnly").ends_with("]; Path=/; HttpOnly"));
        assert!(header("cookie", "a=1; b=2").starts_with("a=[redacted #"));
        assert_eq!(header("cookie", "a=1"), header("cookie", "a=1"));
        assert_ne!(
            header("x-api-key", "one"),
            header("x-api-key", "two"),
            "one in 65536 runs fails"
        );
    }

    #[test]
    fn a_name_is_not_taken_for_another_that_was_met_before() {
        // Each is like the one before in all by which names that were met are found: length, first, middle and last byte.
        let plain = header("x-tukenza", "canary");
        let secret = header("x-tokenza", "canary");
        assert_eq!(plain, "canary");
        assert!(secret.starts_with("[redacted #"), "{secret}");
        let query = header("location", "/?tuken=plain&token=canary");
        assert!(
            query.starts_with("/?tuken=plain&token=[redacted #"),
            "{query}"
        );
        let body = mask_body(br#"{"tuken":"plain","token":"canary"}"#).expect("it has a token");
        assert!(body.starts_with(br#"{"tuken":"plain","token":"[redacted #"#));
    }

    #[test]
    fn urls_of_spans_are_masked_as_urls() {
        assert_eq!(
            mask_field("url.full", "https://ann:canary@host/p?token=canary&page=2").as_deref(),
            Some("https://[redacted]@host/p?token=[redacted]&page=2")
        );
        assert_eq!(mask_field("url.full", "https://host/p?page=2#top"), None);
        for name in ["uri", "request_uri", "http.target", "note"] {
            let masked = mask_field(name, "/reset?page=2&token=canary").expect(name);
            assert_eq!(masked, "/reset?page=2&token=[redacted]", "{name}");
        }
        let query = mask_field("url.query", "code=canary&page=2");
        assert_eq!(query.as_deref(), Some("code=[redacted]&page=2"));
        let form = mask_field("form", r#"Login { user: "ann", password: "canary" }"#);
        let shown = r#"Login { user: "ann", password: [redacted] }"#;
        assert_eq!(form.as_deref(), Some(shown));
        assert_eq!(mask_field("form", r#"Page { n: 2, of: "token" }"#), None);
    }

    /// As long as hyper lets a header be. On the thread of the agent, a stack that overflows would end the app.
    #[test]
    fn a_value_full_of_credentials_takes_no_more_stack_than_another() {
        let value = b"Bearer x,".repeat((400 << 10) / 9);
        let masking = std::thread::Builder::new().stack_size(2 << 20);
        let masked = masking.spawn(move || {
            let mut out = Vec::new();
            assert!(put_value(&mut out, Class::Plain, false, &value));
            out
        });
        let masked = String::from_utf8(masked.unwrap().join().unwrap()).unwrap();
        assert!(!masked.contains("Bearer"));
    }

    #[test]
    fn a_url_of_urls_is_read_once() {
        let begun = std::time::Instant::now();
        for part in [
            "a=?", "?", "://", "a=%3d&", "a=b%3dc?", "=", "eyJ?", "x@://",
        ] {
            let url = ["/?", &part.repeat((400 << 10) / part.len())].concat();
            put_url(&mut Vec::new(), url.as_bytes());
        }
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    #[cfg(feature = "subscriber")]
    #[test]
    fn headers_that_are_logged_as_they_are_shown_are_masked_in_a_field_too() {
        let headers = r#"{"x-api-key": "canary", "cookie": "sid=canary", "accept": "*/*"}"#;
        let shown = String::from_utf8(masked_field("headers", headers)).unwrap();
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.ends_with(r#""accept": "*/*"}"#), "{shown}");
    }

    #[test]
    fn what_a_field_of_a_span_or_a_log_says_is_masked() {
        for (name, value) in [
            ("url.query", "code=canary&state=1"),
            ("uri", "/reset?token=canary"),
            ("uri", "https://ann:canary@host/p"),
            ("path", "/callback?code=canary&state=1"),
            ("http.request.header.cookie", "sid=canary"),
            (
                "http.response.header.set-cookie",
                "[\"sid=canary; Path=/\"]",
            ),
            ("headers", "{\"host\": \"a\", \"cookie\": \"sid=canary\"}"),
            (
                "form",
                "LoginForm { username: \"ann\", password: \"canary\" }",
            ),
            (
                "form",
                "Form(Login { user: 1, password: Some(Password(\"canary\")) })",
            ),
            ("login", "Some(Login { password: Some(\"canary\") })"),
            ("error", "login failed: password=canary"),
            ("error", "no connection to postgres://ann:canary@host/db"),
            (
                "uri",
                "/login?next=https%3A%2F%2Fhost%2F%3FloginToken%3Dcanary",
            ),
            ("oauth.device_code", "canary"),
            (
                "db.statement",
                "UPDATE users SET password = 'canary' WHERE id = 1",
            ),
        ] {
            let shown = mask_field(name, value).unwrap_or_default();
            assert!(!shown.contains("canary"), "{name}: {shown}");
            assert!(shown.contains("[redacted]"), "{name}: {shown}");
        }
        for (name, value) in [
            ("uri", "/books?page=2&code_of=1"),
            ("url.query", "page=2"),
            ("error", "invalid token: expected a number (or two)"),
            ("book", "Book { title: \"token: x\", pages: 3 }"),
            ("stats", "polls: 3, cpu: 1.2ms"),
            (
                "db.statement",
                "UPDATE a SET \"session_id\" = $1 WHERE token = ?",
            ),
            (
                "db.query.text",
                "SELECT 1 FROM a JOIN b ON a.token = b.token",
            ),
            ("summary", "UPDATE a SET session_id = $1"),
        ] {
            assert_eq!(mask_field(name, value), None, "{name}");
        }
    }

    #[test]
    fn a_sensitive_value_is_masked_whatever_its_name() {
        let mut out = Vec::new();
        assert!(put_value(&mut out, Class::Known, true, b"canary"));
        assert!(out.starts_with(b"[redacted #"));
    }
}
