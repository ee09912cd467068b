//! The filter: one grammar for both UIs, docs/FILTER.md tells it to people.
//!
//! ```text
//! text ──parse──▶ Expr ──plan──▶ Plan ──matches(Subject)──▶ yes, no
//! ```
//!
//! - `field`: the one table of fields
//! - `ast`: what a filter says, and how it is written
//! - `lexer`: words, strings and operators of a text
//! - `value`: numbers with units, ranges, classes
//! - `parse`: text to `ast`; an [`Error`] points at the part that is wrong
//! - `plan`: `ast` made ready to be asked, what is cheap first
//! - `pattern`: texts with `*`, regular expressions
//! - `subject`: a cycle, decoded only if a field needs it
//! - `line`, `cycle`: the fields that are in its line, those for which it must be decoded
//! - `seen`: values of a field
//! - `health`: what `health` means
//! - `complete`: what fits at a cursor

mod ast;
mod complete;
mod cycle;
mod field;
mod health;
mod lexer;
mod line;
mod parse;
mod pattern;
mod plan;
mod seen;
mod subject;
mod value;

pub(crate) use complete::{complete, written};
pub(crate) use plan::Plan;
pub(crate) use subject::{Context, Subject, name_and_place};

use ast::Expr;
use std::fmt;

/// Longest text of a filter, in bytes.
pub(crate) const MAX_LEN: usize = 4096;

/// A filter that was understood. An empty one lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    expr: Option<Expr>,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    /// Byte at which the part starts that is wrong.
    pub(crate) at: usize,
    /// How many bytes it has; 0 at the end of the text.
    pub(crate) len: usize,
    /// What is wrong, and what to write instead.
    pub(crate) message: String,
}

impl Filter {
    /// Understands a text.
    ///
    /// # Errors
    /// If it is no filter; the error says where, why, and what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            expr: parse::parse(text)?,
        })
    }

    /// Those cycles of a run that this filter lets pass.
    pub(crate) fn of_run(self, run: &str) -> Self {
        let of_run = Expr::of_run(run);
        Self {
            expr: Some(match self.expr {
                None => of_run,
                Some(expr) => Expr::And(vec![of_run, expr]),
            }),
        }
    }

    /// As it is written beside others that must hold too.
    pub(crate) fn beside(&self) -> String {
        self.expr.as_ref().map(Expr::beside).unwrap_or_default()
    }

    /// Whether it lets everything pass.
    pub(crate) fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// Made ready to be asked.
    pub(crate) fn plan(&self) -> Plan {
        Plan::new(self.expr.as_ref())
    }
}

/// As we would write it; it means the same.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expr {
            Some(expr) => expr.fmt(f),
            None => Ok(()),
        }
    }
}

/// The place of a byte of a text in UTF-16 code units, as JavaScript counts.
pub(crate) fn utf16(text: &str, byte: usize) -> u32 {
    let before = text.get(..byte).unwrap_or(text);
    before.encode_utf16().count() as u32
}

/// The byte at a place that is given in UTF-16 code units; the end, if there is no such place.
pub(crate) fn byte_at(text: &str, utf16: u32) -> usize {
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units >= utf16 {
            return byte;
        }
        units += c.len_utf16() as u32;
    }
    text.len()
}

#[cfg(test)]
mod tests;
