//! What is wrong with the configuration, and where.

use onionskin::text::escape;
use std::{fmt, io, ops::Range, path::PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file can't be read.
    #[error("can't read the configuration {}", escape(&path.to_string_lossy()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not understood.
    #[error("the configuration is not understood{}", listed(path, problems))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// All that is known to be wrong with it, from its beginning to its end.
        problems: Vec<Problem>,
    },
}

fn listed(path: &std::path::Path, problems: &[Problem]) -> String {
    let path = path.to_string_lossy();
    let line = |problem: &Problem| format!("\n{}:{problem}", escape(&path));
    problems.iter().map(line).collect()
}

/// Something that is wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The setting, such as `keys.open`; empty where it is none.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

impl Problem {
    pub(super) fn at(text: &str, span: &Range<usize>, key: &str, what: impl Into<String>) -> Self {
        let (line, column) = place(text, span.start);
        Self {
            line,
            column,
            key: key.to_owned(),
            what: what.into(),
        }
    }
}

/// Line and column of a byte, from 1.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// `3:1: keys.opne: no command has this name`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", escape(&self.key))?;
        }
        f.write_str(&escape(&self.what))
    }
}

/// Says that there is no such thing, and what may be meant.
pub(super) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let like = |known: &'a str| (strsim::normalized_damerau_levenshtein(name, known), known);
    let nearest = known.map(like).max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((alike, nearest)) if alike >= 0.5 => format!("{what}; did you mean `{nearest}`?"),
        _ => what.to_owned(),
    }
}
