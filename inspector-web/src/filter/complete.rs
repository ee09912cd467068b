//! What fits at a cursor.

use super::{
    ast::Text,
    field::{FIELDS, Field, Kind},
    lexer::Lexer,
    seen,
    subject::Subject,
};
use crate::model::CompletionKind;

/// Most that is offered at once.
const MAX: usize = 50;

const OPERATORS: [(&str, &str); 4] = [
    (">", "more than"),
    (">=", "at least"),
    ("<", "less than"),
    ("<=", "at most"),
];

const WORDS: [(&str, &str); 4] = [
    ("or", "one or the other"),
    ("and", "both; a space means it too"),
    ("not", "what does not match; `!` means it too"),
    (
        "health",
        "health checks and what browsers ask for by themselves; see also `!health`",
    ),
];

/// A text for the place of what stands from one byte to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) text: String,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) what: CompletionKind,
    pub(crate) detail: String,
}

/// What could be written at a byte of a text, whether the text is a filter yet or not; the likeliest first. `subjects` are
/// where values come from, the newest first.
pub(crate) fn complete(text: &str, cursor: usize, subjects: &[Subject<'_>]) -> Vec<Offer> {
    let cursor = (0..=cursor.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    let term = TermAt::find(text, cursor.unwrap_or(0));
    let mut offers = match term.field() {
        None => term.starts(),
        Some((field, value_at)) => term.values(field, value_at, subjects),
    };
    offers.truncate(MAX);
    offers
}

/// The term that a cursor is in.
struct TermAt<'t> {
    text: &'t str,
    from: usize,
    cursor: usize,
    to: usize,
}

impl<'t> TermAt<'t> {
    fn find(text: &'t str, cursor: usize) -> Self {
        let (mut from, mut open, mut quoted, mut escaped) = (0, 0u32, false, false);
        for (at, c) in text[..cursor].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                '(' if at > from => open += 1,
                ')' if open > 0 => open -= 1,
                '(' | ')' => from = at + 1,
                '!' if at == from => from = at + 1,
                c if c.is_whitespace() => (from, open) = (at + c.len_utf8(), 0),
                _ => {}
            }
        }
        let rest = &text[cursor..];
        let end = rest.find(|c: char| c.is_whitespace() || c == ')');
        let to = cursor + end.unwrap_or(rest.len());
        Self {
            text,
            from,
            cursor,
            to,
        }
    }

    fn before(&self) -> &'t str {
        &self.text[self.from..self.cursor]
    }

    /// The field, and where what stands behind its operator begins.
    fn field(&self) -> Option<(Field, usize)> {
        let before = self.before();
        let at = before.find([':', '~', '=', '<', '>'])?;
        let field = Field::named(&before[..at])?;
        Some((field, self.from + at))
    }

    fn offer(
        &self,
        text: String,
        from: usize,
        what: CompletionKind,
        detail: impl Into<String>,
    ) -> Offer {
        Offer {
            text,
            from,
            to: self.to,
            what,
            detail: detail.into(),
        }
    }

    /// Where a term begins: fields and words.
    fn starts(&self) -> Vec<Offer> {
        let typed = self.before().to_ascii_lowercase();
        let fits = |name: &str| name.starts_with(&typed);
        let fields = FIELDS.iter().filter(|info| fits(info.name)).map(|info| {
            let detail = format!("{}: {}", info.what, info.example);
            self.offer(
                format!("{}:", info.name),
                self.from,
                CompletionKind::Field,
                detail,
            )
        });
        let words = WORDS.iter().filter(|(word, _)| fits(word));
        let words = words
            .map(|(word, what)| self.offer((*word).into(), self.from, CompletionKind::Word, *what));
        fields.chain(words).collect()
    }

    /// Behind a field: names, operators, values.
    fn values(&self, field: Field, operator: usize, subjects: &[Subject<'_>]) -> Vec<Offer> {
        let kind = field.info().kind;
        let rest = &self.text[operator..self.cursor];
        let start =
            operator + rest.len() - rest.trim_start_matches([':', '~', '=', '<', '>']).len();
        let typed = &self.text[start..self.cursor];
        if matches!(kind, Kind::Named | Kind::Typed) {
            return match end_of_name(kind, typed) {
                None => self.seen(start, seen::names(field, subjects)),
                Some(at) => {
                    let name = typed[..at].trim_matches('"');
                    let rest = &typed[at..];
                    let value =
                        start + at + rest.len() - rest.trim_start_matches([':', '~', '=']).len();
                    self.seen(value, seen::values(field, Some(name), subjects))
                }
            };
        }
        let mut offers = self.seen(start, seen::values(field, None, subjects));
        let is_number = matches!(kind, Kind::Number(_) | Kind::Counted);
        if is_number && rest == ":" {
            let operators = OPERATORS.iter();
            offers.extend(operators.map(|(text, what)| {
                self.offer((*text).into(), start, CompletionKind::Operator, *what)
            }));
        }
        if field.info().none && "none".starts_with(typed) {
            offers.push(self.offer("none".into(), start, CompletionKind::Value, "there is none"));
        }
        offers
    }

    /// Those of the values that go on with what is typed, then those that have it in them.
    fn seen(&self, from: usize, values: Vec<(String, usize)>) -> Vec<Offer> {
        let typed = self.text[from..self.cursor]
            .trim_matches('"')
            .to_ascii_lowercase();
        let typed: Vec<&str> = typed.split('*').filter(|part| !part.is_empty()).collect();
        let mut found: Vec<_> = values
            .into_iter()
            .filter_map(|(value, count)| {
                let lower = value.to_ascii_lowercase();
                let starts = typed.first().is_none_or(|first| lower.starts_with(first));
                let has = typed.iter().all(|part| lower.contains(part));
                has.then_some((!starts, value, count))
            })
            .collect();
        found.sort_by_key(|(later, ..)| *later);
        let offers = found.into_iter().map(|(_, value, count)| {
            let detail = format!("seen {count}×");
            self.offer(written(value), from, CompletionKind::Value, detail)
        });
        offers.collect()
    }
}

/// Where the name of a header, cookie, parameter or type ends that something follows.
fn end_of_name(kind: Kind, typed: &str) -> Option<usize> {
    if kind == Kind::Named {
        return typed.find([':', '~', '=']);
    }
    let mut lexer = Lexer::new(typed);
    let name = lexer.type_name().ok()?;
    (name.end < typed.len()).then_some(name.end)
}

/// A value as it must be written to mean just itself.
pub(crate) fn written(text: String) -> String {
    let plain = |c: char| !(c.is_whitespace() || matches!(c, '"' | '(' | ')' | '*' | '~'));
    let quoted =
        !text.chars().all(plain) || text.starts_with([':', '<', '>', '=']) || text == "none";
    Text { text, quoted }.to_string()
}
