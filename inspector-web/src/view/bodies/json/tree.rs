//! JSON text as a tree in one list: no recursion, whatever its depth.
//!
//! Numbers and duplicate keys stay as they are written. Several values one behind the other (JSON lines) are several roots.

use crate::model::JsonValue;
use std::{borrow::Cow, ops::Range};

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: JsonValue,
    /// Its name, between the quotes, as written.
    key: Option<Range<u32>>,
    /// A scalar as written; a string without its quotes.
    raw: Range<u32>,
    /// How many values are in it.
    pub(super) count: u32,
    /// How many nodes it is with all that is in it, which follows it in the list.
    size: u32,
    /// Of an object or an array: whether its end is there.
    pub(super) is_closed: bool,
}

/// Where and why a text is no JSON any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) at: usize,
    pub(super) what: &'static str,
    /// The text ends before the value does.
    pub(super) is_end: bool,
}

/// The values of a text, as far as it is JSON.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    text: &'t str,
    pub(super) nodes: Vec<Node>,
    pub(super) error: Option<Error>,
}

/// Bytes as text; a character that was cut at the end is left out.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let valid = match std::str::from_utf8(bytes) {
        Err(e) if e.error_len().is_none() => &bytes[..e.valid_up_to()],
        _ => bytes,
    };
    String::from_utf8_lossy(valid)
}

impl<'t> Tree<'t> {
    pub(super) fn parse(text: &'t str) -> Self {
        let mut parser = Parser {
            text: text.as_bytes(),
            at: 0,
            key: None,
            open: Vec::new(),
            nodes: Vec::new(),
        };
        let error = parser.run().err();
        while !parser.open.is_empty() {
            parser.close(false);
        }
        Self {
            text,
            nodes: parser.nodes,
            error,
        }
    }

    /// The values that are in no other.
    pub(super) fn roots(&self) -> impl Iterator<Item = usize> + '_ {
        self.siblings(0..self.nodes.len())
    }

    /// The values in an object or an array.
    pub(super) fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        self.siblings(of + 1..self.end(of))
    }

    fn siblings(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let first = (!range.is_empty()).then_some(range.start);
        std::iter::successors(first, move |at| {
            Some(self.end(*at)).filter(|next| *next < range.end)
        })
    }

    /// Behind the last node that is in one.
    pub(super) fn end(&self, of: usize) -> usize {
        of + self.nodes[of].size as usize
    }

    pub(super) fn key(&self, of: usize) -> Option<Cow<'t, str>> {
        self.nodes[of]
            .key
            .clone()
            .map(|key| unescape(self.slice(key)))
    }

    /// A string decoded, another scalar as written; empty for what is none.
    pub(super) fn scalar(&self, of: usize) -> Cow<'t, str> {
        let node = &self.nodes[of];
        let raw = self.slice(node.raw.clone());
        match node.value {
            JsonValue::String => unescape(raw),
            _ => Cow::Borrowed(raw),
        }
    }

    fn slice(&self, range: Range<u32>) -> &'t str {
        let range = range.start as usize..range.end as usize;
        self.text.get(range).unwrap_or_default()
    }
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Root,
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    key: Option<Range<u32>>,
    /// The objects and arrays that are open, as places in the list.
    open: Vec<usize>,
    nodes: Vec<Node>,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), Error> {
        let mut expect = Expect::Root;
        loop {
            self.spaces();
            let Some(next) = self.text.get(self.at) else {
                return match expect {
                    Expect::Root => Ok(()),
                    _ => Err(self.error("it ends before the value does")),
                };
            };
            expect = match (expect, next) {
                (Expect::KeyOrEnd, b'}') | (Expect::ValueOrEnd, b']') => self.end(),
                (Expect::KeyOrEnd | Expect::Key, b'"') => self.name()?,
                (Expect::KeyOrEnd | Expect::Key, _) => return Err(self.error("a name is missing")),
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    match self.is_in_object() {
                        true => Expect::Key,
                        false => Expect::Value,
                    }
                }
                (Expect::CommaOrEnd, b'}') if self.is_in_object() => self.end(),
                (Expect::CommaOrEnd, b']') if !self.is_in_object() => self.end(),
                (Expect::CommaOrEnd, _) => {
                    return Err(self.error("a comma or an end is missing"));
                }
                (Expect::Root | Expect::Value | Expect::ValueOrEnd, _) => self.value()?,
            };
        }
    }

    fn value(&mut self) -> Result<Expect, Error> {
        let start = self.at;
        match self.text[start] {
            b'{' => Ok(self.begin(JsonValue::Object, Expect::KeyOrEnd)),
            b'[' => Ok(self.begin(JsonValue::Array, Expect::ValueOrEnd)),
            b'"' => {
                let (raw, closed) = self.string();
                self.push(JsonValue::String, raw);
                closed
                    .then(|| self.behind())
                    .ok_or_else(|| self.error("a string has no end"))
            }
            _ => {
                let word = self.text[start..].iter();
                let len = word.take_while(|b| is_word(**b)).count();
                let word = &self.text[start..start + len];
                let value = match word {
                    b"true" | b"false" => JsonValue::Bool,
                    b"null" => JsonValue::Null,
                    _ if is_number(word) => JsonValue::Number,
                    _ => {
                        let mut error = self.error("this is no value");
                        error.is_end = len > 0 && start + len == self.text.len();
                        return Err(error);
                    }
                };
                self.at += len;
                self.push(value, range(start, self.at));
                Ok(self.behind())
            }
        }
    }

    fn name(&mut self) -> Result<Expect, Error> {
        let (name, closed) = self.string();
        self.spaces();
        if !closed || self.text.get(self.at) != Some(&b':') {
            return Err(self.error("a colon is missing"));
        }
        self.at += 1;
        self.key = Some(name);
        Ok(Expect::Value)
    }

    /// The inside of the string that begins here, and whether it has an end.
    fn string(&mut self) -> (Range<u32>, bool) {
        let start = self.at + 1;
        let mut at = start;
        while let Some(b) = self.text.get(at) {
            match b {
                b'"' => {
                    self.at = at + 1;
                    return (range(start, at), true);
                }
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.at = self.text.len();
        (range(start, self.at), false)
    }

    fn begin(&mut self, value: JsonValue, expect: Expect) -> Expect {
        let at = self.nodes.len();
        self.push(value, range(self.at, self.at));
        self.open.push(at);
        self.at += 1;
        expect
    }

    fn end(&mut self) -> Expect {
        self.at += 1;
        self.close(true);
        self.behind()
    }

    fn close(&mut self, is_closed: bool) {
        if let Some(at) = self.open.pop() {
            let len = self.nodes.len();
            self.nodes[at].size = (len - at) as u32;
            self.nodes[at].is_closed = is_closed;
        }
    }

    fn behind(&self) -> Expect {
        match self.open.is_empty() {
            true => Expect::Root,
            false => Expect::CommaOrEnd,
        }
    }

    fn push(&mut self, value: JsonValue, raw: Range<u32>) {
        if let Some(parent) = self.open.last() {
            self.nodes[*parent].count += 1;
        }
        self.nodes.push(Node {
            value,
            key: self.key.take(),
            raw,
            count: 0,
            size: 1,
            is_closed: true,
        });
    }

    fn is_in_object(&self) -> bool {
        let top = self.open.last().map(|at| self.nodes[*at].value);
        top == Some(JsonValue::Object)
    }

    fn spaces(&mut self) {
        let rest = self.text[self.at..].iter();
        let spaces = rest.take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        self.at += spaces.count();
    }

    fn error(&self, what: &'static str) -> Error {
        Error {
            at: self.at,
            what,
            is_end: self.at >= self.text.len(),
        }
    }
}

/// A view holds a mebibyte at most.
fn range(start: usize, end: usize) -> Range<u32> {
    start as u32..end as u32
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.' | b'_') || b >= 0x80
}

/// RFC 8259, section 6.
fn is_number(word: &[u8]) -> bool {
    let word = word.strip_prefix(b"-").unwrap_or(word);
    let digits = |word: &[u8]| word.iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(word);
    if whole == 0 || (whole > 1 && word[0] == b'0') {
        return false;
    }
    let mut rest = &word[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = &fraction[len..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', exponent @ ..] => exponent,
            _ => exponent,
        };
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

/// A string as it is meant. What is no escape stays; half of a surrogate pair is U+FFFD.
fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = behind.chars();
        let plain = match chars.next() {
            Some(c @ ('"' | '\\' | '/')) => Some(c),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            _ => None,
        };
        if let Some(c) = plain {
            out.push(c);
            rest = chars.as_str();
        } else if let Some((c, behind)) = unicode(behind) {
            out.push(c);
            rest = behind;
        } else {
            out.push('\\');
            rest = behind;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of `uXXXX`, or of two of them, and what is behind.
fn unicode(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let first = unit(text)?;
    let behind = &text[5..];
    let second = behind.strip_prefix('\\').and_then(unit);
    let pair = second.map(|second| char::decode_utf16([first, second]));
    if let Some(Ok(c)) = pair.and_then(|mut pair| pair.next())
        && c.len_utf16() == 2
    {
        return Some((c, &behind[6..]));
    }
    let alone = char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((alone, behind))
}
