//! Credentials in XML and HTML: in elements and attributes with a telling name, and what a form's field of such a name holds.

use super::body::{is_telling, spaces};

/// Where values are that a telling name belongs to, in order.
pub(super) fn named_values(text: &[u8]) -> Vec<(usize, usize)> {
    let (mut values, mut at) = (Vec::new(), 0);
    while let Some(open) = text[at..].iter().position(|b| *b == b'<') {
        let begin = at + open + 1;
        let name = begin + word(&text[begin..]);
        if name == begin {
            // The end of an element, a comment, or no tag.
            at = begin;
            continue;
        }
        let end = tag_end(text, name);
        attributes(text, name, end, &mut values);
        let is_closed = text[..end].ends_with(b"/");
        let local = text[begin..name].rsplit(|b| *b == b':').next();
        if !is_closed && local.is_some_and(is_telling) {
            let content = (end + 1).min(text.len());
            let len = text[content..].iter().take_while(|b| **b != b'<').count();
            push(text, (content, content + len), &mut values);
        }
        at = end;
    }
    values
}

/// Values of a tag's attributes, which stand from `at` to `end`.
fn attributes(text: &[u8], mut at: usize, end: usize, values: &mut Vec<(usize, usize)>) {
    // Of `<input name="token" value="…">` and `<meta name="token" content="…">`.
    let (mut named, mut held) = (false, None);
    while at < end {
        let name = at..at + word(&text[at..end]);
        at = name.end.max(at + 1);
        let sign = name.end + spaces(&text[name.end..end]);
        if name.is_empty() || text[sign..end].first() != Some(&b'=') {
            continue;
        }
        let value = value(text, sign + 1 + spaces(&text[sign + 1..end]), end);
        at = value.1;
        match &*text[name].to_ascii_lowercase() {
            b"name" | b"id" => named |= is_telling(&text[value.0..value.1]),
            b"value" | b"content" => held = Some(value),
            name if is_telling(name) => push(text, value, values),
            _ => {}
        }
    }
    if let Some(value) = held.filter(|_| named) {
        push(text, value, values);
        values.sort_unstable();
    }
}

/// Takes a place in, if there is something in it.
fn push(text: &[u8], (begin, end): (usize, usize), values: &mut Vec<(usize, usize)>) {
    if !text[begin..end].trim_ascii().is_empty() {
        values.push((begin, end));
    }
}

/// Where the value of an attribute is, without its quotes.
fn value(text: &[u8], at: usize, end: usize) -> (usize, usize) {
    let until = |begin: usize, is_end: &dyn Fn(u8) -> bool| {
        let len = text[begin..end].iter().take_while(|b| !is_end(**b)).count();
        (begin, begin + len)
    };
    match text[at..end].first() {
        Some(quote @ (b'"' | b'\'')) => until(at + 1, &|b| b == *quote),
        _ => until(at, &|b| b.is_ascii_whitespace()),
    }
}

/// Where the `>` of a tag stands, or the end of what there is. One in quotes is none.
fn tag_end(text: &[u8], mut at: usize) -> usize {
    let mut quote = None;
    while let Some(byte) = text.get(at) {
        match quote {
            Some(open) if open == *byte => quote = None,
            None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
            None if *byte == b'>' => break,
            _ => {}
        }
        at += 1;
    }
    at
}

fn word(text: &[u8]) -> usize {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"_-.:".contains(b);
    text.iter().take_while(|b| is_part(b)).count()
}
