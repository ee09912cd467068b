//! Words, strings and operators of a text.

use super::{Error, ast::Text, field::Field};

/// How a field and what it must be stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// `:` or `=`.
    Is,
    /// `~`.
    Regex,
    /// `<`, `<=`, `>`, `>=`.
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Op {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Is => "",
            Self::Regex => "~",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(super) struct Spanned<T> {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) value: T,
}

impl<T> Spanned<T> {
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error {
            at: self.at,
            len: self.end - self.at,
            message: message.into(),
        }
    }
}

/// A token of the grammar.
#[derive(Clone, Debug)]
pub(super) enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Health,
    Word(Text),
    /// A field; what follows it is read by [`Lexer::op`] and [`Lexer::value`].
    Field(Field),
}

/// What a word is, if it is none to be looked for.
fn reserved(word: &str) -> Option<Token> {
    let words = [
        ("and", Token::And),
        ("or", Token::Or),
        ("not", Token::Not),
        ("health", Token::Health),
    ];
    let mut words = words.into_iter();
    words.find_map(|(known, token)| known.eq_ignore_ascii_case(word).then_some(token))
}

/// A place in a text.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }

    /// Where a space ends the term.
    pub(super) fn is_at_end_of_term(&self) -> bool {
        let next = self.rest().chars().next();
        next.is_none_or(|c| c.is_whitespace() || c == ')')
    }

    /// The next token; none at the end.
    pub(super) fn token(&mut self) -> Result<Option<Spanned<Token>>, Error> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        let at = self.at;
        let value = if self.rest().is_empty() {
            return Ok(None);
        } else if self.take("(") {
            Token::Open
        } else if self.take(")") {
            Token::Close
        } else if self.take("!") {
            Token::Not
        } else if self.take("&&") {
            Token::And
        } else if self.take("||") {
            Token::Or
        } else if self.rest().starts_with('"') {
            Token::Word(self.quoted()?)
        } else if let Some(word) = self.word_before_parenthesis() {
            word
        } else if let Some(field) = self.field()? {
            Token::Field(field)
        } else {
            let word = self.raw(|_| false);
            reserved(word).unwrap_or_else(|| {
                Token::Word(Text {
                    text: word.into(),
                    quoted: false,
                })
            })
        };
        let end = self.at;
        Ok(Some(Spanned { at, end, value }))
    }

    /// `not(…)`: there is no need of a space.
    fn word_before_parenthesis(&mut self) -> Option<Token> {
        let (word, _) = self.rest().split_once('(')?;
        let token = reserved(word)?;
        self.at += word.len();
        Some(token)
    }

    /// A field, if the text goes on with its name and an operator.
    fn field(&mut self) -> Result<Option<Field>, Error> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        let Some(end) = end.filter(|end| *end > 0) else {
            return Ok(None);
        };
        let (name, rest) = rest.split_at(end);
        if !rest.starts_with([':', '~', '=', '<', '>']) {
            return Ok(None);
        }
        let field = Field::named(name);
        if field.is_none() && rest.starts_with([':', '~']) {
            return Err(Error {
                at: self.at,
                len: end,
                message: format!(
                    "there is no field {name:?}; to look for the text, put it in quotes"
                ),
            });
        }
        if field.is_some() {
            self.at += end;
        }
        Ok(field)
    }

    /// The operator behind a field, or behind the name of a header.
    pub(super) fn op(&mut self) -> Option<Op> {
        let colon = self.take(":");
        [
            ("<=", Op::AtMost),
            (">=", Op::AtLeast),
            ("<", Op::Less),
            (">", Op::More),
            ("~", Op::Regex),
            ("=", Op::Is),
        ]
        .into_iter()
        .find_map(|(text, op)| self.take(text).then_some(op))
        .or(colon.then_some(Op::Is))
    }

    /// The name of a header, cookie or parameter: up to the operator behind it.
    pub(super) fn name(&mut self) -> Result<Spanned<Text>, Error> {
        self.text_until(|c| matches!(c, ':' | '~' | '=' | '<' | '>'))
    }

    /// The name of a type: up to the operator behind it, which `::` is none.
    pub(super) fn type_name(&mut self) -> Result<Spanned<Text>, Error> {
        if self.rest().starts_with('"') {
            return self.value();
        }
        let at = self.at;
        loop {
            self.raw(|c| matches!(c, ':' | '~' | '='));
            if !self.take("::") {
                break;
            }
        }
        let (end, text) = (self.at, self.text[at..self.at].into());
        let quoted = false;
        let value = Text { text, quoted };
        Ok(Spanned { at, end, value })
    }

    /// What stands behind an operator.
    pub(super) fn value(&mut self) -> Result<Spanned<Text>, Error> {
        self.text_until(|_| false)
    }

    fn text_until(&mut self, stop: fn(char) -> bool) -> Result<Spanned<Text>, Error> {
        let at = self.at;
        let value = match self.rest().starts_with('"') {
            true => self.quoted()?,
            false => Text {
                text: self.raw(stop).into(),
                quoted: false,
            },
        };
        let end = self.at;
        Ok(Spanned { at, end, value })
    }

    /// Up to a space, or to a parenthesis that was not opened here: so `path~^/(a|b)$` needs no quotes.
    fn raw(&mut self, stop: fn(char) -> bool) -> &'t str {
        let mut open = 0u32;
        let end = self.rest().find(|c: char| match c {
            '(' => {
                open += 1;
                false
            }
            ')' if open == 0 => true,
            ')' => {
                open -= 1;
                false
            }
            c => c.is_whitespace() || stop(c),
        });
        let raw = &self.rest()[..end.unwrap_or(self.rest().len())];
        self.at += raw.len();
        raw
    }

    /// A string in quotes. In it `\"` is `"` and `\\` is `\`; every other `\` is itself.
    fn quoted(&mut self) -> Result<Text, Error> {
        let at = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 1;
                    return Ok(Text { text, quoted: true });
                }
                '\\' => {
                    let escaped = chars.next_if(|(_, c)| matches!(c, '"' | '\\'));
                    text.push(escaped.map_or('\\', |(_, c)| c));
                }
                c => text.push(c),
            }
        }
        Err(Error {
            at,
            len: self.text.len() - at,
            message: "the closing quote is missing".into(),
        })
    }
}
