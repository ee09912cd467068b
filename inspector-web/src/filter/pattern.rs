//! Texts with `*`, and regular expressions. Letters of ASCII are compared in either case, except by regular expressions.

use super::ast::Text;
use regex::bytes::{Regex, RegexBuilder};

/// What a text is compared with.
#[derive(Debug)]
pub(super) enum Pattern {
    /// All of it.
    Whole(Pieces),
    /// A part of it.
    Inside(Pieces),
    Regex(Regex),
}

/// The parts between the stars, in lower case.
#[derive(Debug)]
pub(super) struct Pieces(Vec<String>);

impl Pattern {
    pub(super) fn whole(text: &Text) -> Self {
        Self::Whole(Pieces::new(text))
    }

    pub(super) fn inside(text: &Text) -> Self {
        Self::Inside(Pieces::new(text))
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Whole(pieces) => pieces.whole(text),
            Self::Inside(pieces) => pieces.inside(text).is_some(),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Whether it is a text with this character.
    pub(super) fn has(&self, c: char) -> bool {
        match self {
            Self::Whole(pieces) | Self::Inside(pieces) => pieces.has(c),
            Self::Regex(_) => false,
        }
    }
}

impl Pieces {
    fn has(&self, c: char) -> bool {
        self.0.iter().any(|piece| piece.contains(c))
    }

    fn new(text: &Text) -> Self {
        let lower = text.text.to_ascii_lowercase();
        Self(match text.quoted {
            true => vec![lower],
            false => lower.split('*').map(String::from).collect(),
        })
    }

    fn whole(&self, text: &[u8]) -> bool {
        let (first, rest) = self.0.split_first().expect("a split has a part");
        let Some((last, middle)) = rest.split_last() else {
            return text.eq_ignore_ascii_case(first.as_bytes());
        };
        let ends = first.len() + last.len();
        if text.len() < ends
            || !text[..first.len()].eq_ignore_ascii_case(first.as_bytes())
            || !text[text.len() - last.len()..].eq_ignore_ascii_case(last.as_bytes())
        {
            return false;
        }
        in_order(middle, &text[first.len()..text.len() - last.len()]).is_some()
    }

    fn inside(&self, text: &[u8]) -> Option<()> {
        in_order(&self.0, text)
    }
}

/// Whether the pieces come one after the other.
fn in_order(pieces: &[String], mut text: &[u8]) -> Option<()> {
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let at = find(piece.as_bytes(), text)?;
        text = &text[at + piece.len()..];
    }
    Some(())
}

/// Where a piece in lower case begins. Most places are ruled out by their first byte.
fn find(piece: &[u8], text: &[u8]) -> Option<usize> {
    let first = *piece.first()?;
    let last = text.len().checked_sub(piece.len())?;
    let begins = |at: &usize| text[*at..*at + piece.len()].eq_ignore_ascii_case(piece);
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), &text[..=last]).find(begins)
}

/// A regular expression of the crate `regex`: it takes time in proportion to the text, and bounded room.
///
/// # Errors
/// With what is wrong.
pub(super) fn regex(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text)
        .size_limit(1 << 20)
        .nest_limit(64)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "this regular expression is too large".into(),
        // The message draws the expression over several lines; its last line says what is wrong.
        error => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let why = last.trim_start_matches("error: ");
            format!("not a regular expression: {why}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        let (text, quoted) = match text.strip_prefix('"') {
            Some(text) => (text.into(), true),
            None => (text.into(), false),
        };
        Text { text, quoted }
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, yes, no) in [
            ("abc", "ABC", "abcd"),
            ("*", "", "-"),
            ("/api/*", "/api/", "/ap"),
            ("*b*", "abc", "ac"),
            ("a*b*c", "a-b-b-c", "a-c"),
            ("ab*ba", "abba", "aba"),
            ("a**b", "ab", "a"),
            ("\"a*", "a*", "ab"),
        ] {
            let whole = Pattern::whole(&text(pattern));
            assert!(whole.matches(yes.as_bytes()), "{pattern} {yes}");
            assert!(no == "-" || !whole.matches(no.as_bytes()), "{pattern} {no}");
        }
        let inside = Pattern::inside(&text("b*d"));
        assert!(inside.matches(b"aBcDe") && !inside.matches(b"adcbe"));
    }

    #[test]
    fn what_is_no_regular_expression_says_why() {
        assert!(regex("(").unwrap_err().contains("unclosed group"));
        assert!(regex("x{1000}{1000}").unwrap_err().contains("too large"));
    }
}
