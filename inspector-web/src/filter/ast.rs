//! What a filter says, and how it is written.

use super::field::Field;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Somewhere in method, target, route or outcome.
    Word(Text),
    /// Health checks and what browsers ask for by themselves.
    Health,
    Term(Term),
}

/// A field and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) field: Field,
    /// Of a header, cookie, parameter or type.
    pub(super) name: Option<Text>,
    pub(super) test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// It is there, whatever its value.
    There,
    /// `none`.
    None,
    /// The value is this, or has this in it: the field's kind says which.
    Text(Text),
    /// A regular expression, which was tried.
    Regex(Text),
    Number(Range),
    /// How bad, from 1 (trace) to 5 (error), and how it was written.
    Level(u8, String),
}

/// A text as it was written. A `*` stands for any characters, unless it is in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// Numbers from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: u64,
    pub(super) to: u64,
    /// As it was written, operator included.
    pub(super) text: String,
}

impl Expr {
    /// The cycles of one run.
    pub(super) fn of_run(run: &str) -> Self {
        Self::Term(Term {
            field: Field::Run,
            name: None,
            test: Test::Text(Text {
                text: run.into(),
                quoted: true,
            }),
        })
    }

    /// As it is written beside others that must hold too.
    pub(super) fn beside(&self) -> String {
        match self {
            Self::Or(_) => format!("({self})"),
            _ => self.to_string(),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, Self::And(_) | Self::Or(_))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = |parts: &[Self], between| {
            for (i, part) in parts.iter().enumerate() {
                let before = if i == 0 { "" } else { between };
                match part.is_list() {
                    true => write!(f, "{before}({part})")?,
                    false => write!(f, "{before}{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::And(parts) => list(parts, " "),
            Self::Or(parts) => list(parts, " or "),
            Self::Not(part) if part.is_list() => write!(f, "!({part})"),
            Self::Not(part) => write!(f, "!{part}"),
            Self::Word(word) => word.fmt(f),
            Self::Health => f.write_str("health"),
            Self::Term(term) => term.fmt(f),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.info().name)?;
        if let Some(name) = &self.name {
            write!(f, ":{name}")?;
        }
        match &self.test {
            Test::There => Ok(()),
            Test::None => f.write_str(":none"),
            // What looks like an operator is none behind one.
            Test::Text(text)
                if text.text.starts_with([':', '<', '>', '=', '~']) && !text.quoted =>
            {
                write!(f, ":={text}")
            }
            Test::Text(text) => write!(f, ":{text}"),
            Test::Regex(text) => write!(f, "~{text}"),
            Test::Number(range) => write!(f, ":{}", range.text),
            Test::Level(_, text) => write!(f, ":{text}"),
        }
    }
}

/// As it was written; in quotes, only `"` and `\` are escaped.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quoted {
            false => f.write_str(&self.text),
            true => write!(
                f,
                "\"{}\"",
                self.text.replace('\\', "\\\\").replace('"', "\\\"")
            ),
        }
    }
}
