//! Text to [`Expr`].
//!
//! ```text
//! filter = or
//! or     = and { "or" and }
//! and    = not { [ "and" ] not }
//! not    = { "not" } ( "(" or ")" | "health" | word | field op value )
//! ```

use super::{
    Error, MAX_LEN,
    ast::{Expr, Term, Test, Text},
    field::{Field, Info, Kind},
    lexer::{Lexer, Op, Spanned, Token},
    pattern, value,
};

/// How deep parentheses and `not` may be nested.
const MAX_DEPTH: usize = 64;

pub(super) fn parse(text: &str) -> Result<Option<Expr>, Error> {
    if text.len() > MAX_LEN {
        return Err(Error {
            at: 0,
            len: text.len(),
            message: format!("a filter may be {MAX_LEN} bytes long, not {}", text.len()),
        });
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        next: None,
    };
    parser.advance()?;
    if parser.next.is_none() {
        return Ok(None);
    }
    let expr = parser.or(0)?;
    match &parser.next {
        None => Ok(Some(expr)),
        Some(token) => Err(token.error("this parenthesis closes nothing")),
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    next: Option<Spanned<Token>>,
}

impl<'t> Parser<'t> {
    fn advance(&mut self) -> Result<Option<Spanned<Token>>, Error> {
        let next = self.lexer.token()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn next(&self) -> Option<&Token> {
        self.next.as_ref().map(|token| &token.value)
    }

    fn or(&mut self, depth: usize) -> Result<Expr, Error> {
        let mut parts = vec![self.and(depth)?];
        while matches!(self.next(), Some(Token::Or)) {
            self.advance()?;
            parts.push(self.and(depth)?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expr, Error> {
        let mut parts = vec![self.not(depth)?];
        loop {
            match self.next() {
                Some(Token::And) => {
                    self.advance()?;
                }
                None | Some(Token::Or | Token::Close) => break,
                Some(_) => {}
            }
            parts.push(self.not(depth)?);
        }
        Ok(one_or(parts, Expr::And))
    }

    fn not(&mut self, depth: usize) -> Result<Expr, Error> {
        let Some(token) = self.next.take() else {
            return Err(Error {
                at: self.lexer.at(),
                len: 0,
                message: "something is missing here: a word, a field, or a parenthesis".into(),
            });
        };
        if depth > MAX_DEPTH {
            return Err(token.error(format!("nested more than {MAX_DEPTH} deep")));
        }
        let expr = match &token.value {
            Token::Not => {
                self.advance()?;
                return Ok(Expr::Not(Box::new(self.not(depth + 1)?)));
            }
            Token::Open => {
                self.advance()?;
                let inside = self.or(depth + 1)?;
                if self.next.is_none() {
                    return Err(token.error("this parenthesis is not closed"));
                }
                inside
            }
            Token::Close => return Err(token.error("something is missing before this parenthesis")),
            Token::And | Token::Or => {
                return Err(token
                    .error("something is missing before this word; as a text, put it in quotes"));
            }
            Token::Health => Expr::Health,
            Token::Word(word) if word.text.is_empty() => {
                return Err(token.error("an empty text is in everything"));
            }
            Token::Word(word) => Expr::Word(word.clone()),
            Token::Field(field) => Expr::Term(self.term(*field)?),
        };
        self.advance()?;
        Ok(expr)
    }

    /// What stands behind the name of a field.
    fn term(&mut self, field: Field) -> Result<Term, Error> {
        let info = field.info();
        let at = self.lexer.at();
        let mut op = self.lexer.op().unwrap_or(Op::Is);
        let mut name = None;
        let read_name = match info.kind {
            Kind::Named => Some(Lexer::name as fn(&mut Lexer<'t>) -> _),
            // `ext~^shop::` is about the type alone.
            Kind::Typed if op != Op::Regex => Some(Lexer::type_name as _),
            _ => None,
        };
        if let Some(read_name) = read_name {
            if op != Op::Is {
                return Err(Error {
                    at,
                    len: self.lexer.at() - at,
                    message: format!("a name comes first: {}", info.example),
                });
            }
            name = Some(self.present(info, read_name)?.value);
            match self.lexer.op() {
                Some(next) => op = next,
                None if self.lexer.is_at_end_of_term() => {
                    let test = Test::There;
                    return Ok(Term { field, name, test });
                }
                None => {}
            }
        }
        let value = self.present(info, Lexer::value)?;
        if !self.lexer.is_at_end_of_term() {
            let at = self.lexer.at();
            let message = "a space is missing behind the quote".into();
            return Err(Error {
                at,
                len: 1,
                message,
            });
        }
        let test = test(info, op, &value)?;
        Ok(Term { field, name, test })
    }

    fn present(
        &mut self,
        info: &Info,
        read: fn(&mut Lexer<'t>) -> Result<Spanned<Text>, Error>,
    ) -> Result<Spanned<Text>, Error> {
        let text = read(&mut self.lexer)?;
        match text.value.text.is_empty() && !text.value.quoted {
            true => Err(text.error(format!("a value is missing here: {}", info.example))),
            false => Ok(text),
        }
    }
}

/// Understands what a field must be.
fn test(info: &Info, op: Op, value: &Spanned<Text>) -> Result<Test, Error> {
    let text = &value.value;
    if info.none && op == Op::Is && !text.quoted && text.text == "none" {
        return Ok(Test::None);
    }
    let number = |unit| {
        let range = value::range(op, &text.text, unit).map_err(|message| value.error(message))?;
        Ok(Test::Number(range))
    };
    match (info.kind, op) {
        (Kind::Number(unit), _) => number(unit),
        (Kind::Counted, op) if op != Op::Regex => number(super::field::Unit::One),
        (Kind::Level, Op::Is) => match level(&text.text) {
            Some(level) => Ok(Test::Level(level, text.text.clone())),
            None => Err(value.error("a level is one of trace, debug, info, warn, error")),
        },
        (Kind::Level, _) => Err(value.error("write level:warn; worse levels are meant too")),
        (_, Op::Regex) => match pattern::regex(&text.text) {
            Ok(_) => Ok(Test::Regex(text.clone())),
            Err(why) => Err(value.error(why)),
        },
        (Kind::Typed, Op::Is) if !text.quoted && text.text.contains('~') => Err(value.error(
            "look for a part of the value in its text, as in ext:User~\"name: .*bob\"; a `~` in a text needs quotes",
        )),
        (_, Op::Is) => Ok(Test::Text(text.clone())),
        (_, _) => Err(value.error(format!(
            "{} is a text: compare it with `:` or `~`, as in {}",
            info.name, info.example
        ))),
    }
}

/// How bad a level is.
pub(super) fn level(text: &str) -> Option<u8> {
    let levels = ["trace", "debug", "info", "warn", "error"];
    let at = levels
        .iter()
        .position(|level| level.eq_ignore_ascii_case(text))?;
    Some(at as u8 + 1)
}

fn one_or(mut parts: Vec<Expr>, list: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => list(parts),
    }
}
