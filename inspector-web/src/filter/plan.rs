//! A filter made ready to be asked: patterns are built once, and what is cheap is asked first.

use super::{
    ast::{Expr, Term, Test},
    cycle,
    field::{Field, Kind, Needs},
    health, line,
    pattern::{Pattern, regex},
    subject::{Context, Subject, name_and_place},
};
use onionskin::wire::Site;

/// See [`super`].
#[derive(Debug)]
pub(crate) struct Plan {
    node: Option<Node>,
}

#[derive(Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Word(Pattern),
    Health,
    Leaf(Leaf),
}

/// A field and what it must be.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) field: Field,
    /// Of a header, cookie, parameter or type.
    pub(super) name: Option<Pattern>,
    pub(super) ask: Ask,
}

/// What a field must be.
#[derive(Debug)]
pub(super) enum Ask {
    There,
    None,
    Text(Pattern),
    /// From one number to another, both included.
    Number(u64, u64),
    Level(u8),
    /// An app's newest run.
    Newest,
    /// A run by its number.
    Ordinal(u32),
}

impl Ask {
    pub(super) fn text(&self, text: impl AsRef<[u8]>) -> bool {
        match self {
            Self::There => true,
            Self::Text(pattern) => pattern.matches(text.as_ref()),
            _ => false,
        }
    }

    /// By its name, or by `name@file:line` where that is what is asked for.
    fn site(&self, site: &Site) -> bool {
        let with_place = || matches!(self, Self::Text(pattern) if pattern.has('@'));
        self.text(&site.name) || with_place() && self.text(name_and_place(site))
    }

    pub(super) fn number(&self, number: u64) -> bool {
        matches!(self, Self::Number(from, to) if (*from..=*to).contains(&number))
    }
}

impl Plan {
    pub(super) fn new(expr: Option<&Expr>) -> Self {
        Self {
            node: expr.map(Node::new),
        }
    }

    /// Whether a cycle passes.
    pub(crate) fn matches(&self, subject: &Subject<'_>, context: &Context) -> bool {
        let node = self.node.as_ref();
        node.is_none_or(|node| node.matches(subject, context))
    }

    /// Whether the line of a cycle, and the places it passed, are all that is asked for.
    pub(crate) fn is_cheap(&self) -> bool {
        self.node
            .as_ref()
            .is_none_or(|node| node.needs() < Needs::Cycle)
    }

    /// Whether the answer depends on which run is an app's newest.
    pub(crate) fn asks_for_newest(&self) -> bool {
        self.leaves().any(|leaf| matches!(leaf.ask, Ask::Newest))
    }

    /// How long an answer stays true, where it depends on the time: a hundredth of the shortest age, at least a second.
    pub(crate) fn fresh_for_us(&self) -> Option<u64> {
        let ages = self.leaves().filter(|leaf| leaf.field == Field::Since);
        let bounds = ages.flat_map(|leaf| match leaf.ask {
            Ask::Number(from, to) => [from, to],
            _ => [0; 2],
        });
        let shortest = bounds.filter(|ns| (1..u64::MAX).contains(ns)).min()?;
        Some((shortest / 100_000).max(1_000_000))
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let mut open: Vec<&Node> = self.node.iter().collect();
        std::iter::from_fn(move || {
            loop {
                match open.pop()? {
                    Node::Leaf(leaf) => return Some(leaf),
                    Node::All(nodes) | Node::Any(nodes) => open.extend(nodes),
                    Node::Not(node) => open.push(node),
                    Node::Word(_) | Node::Health => {}
                }
            }
        })
    }
}

impl Node {
    fn new(expr: &Expr) -> Self {
        let list = |parts: &[Expr]| {
            let mut nodes: Vec<_> = parts.iter().map(Self::new).collect();
            nodes.sort_by_key(Self::needs);
            nodes
        };
        match expr {
            Expr::And(parts) => Self::All(list(parts)),
            Expr::Or(parts) => Self::Any(list(parts)),
            Expr::Not(part) => Self::Not(Box::new(Self::new(part))),
            Expr::Word(text) => Self::Word(Pattern::inside(text)),
            Expr::Health => Self::Health,
            Expr::Term(term) => Self::Leaf(Leaf::new(term)),
        }
    }

    fn needs(&self) -> Needs {
        match self {
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().map(Self::needs).max().unwrap_or(Needs::Line)
            }
            Self::Not(node) => node.needs(),
            Self::Word(_) | Self::Health => Needs::Line,
            Self::Leaf(leaf) => leaf.needs(),
        }
    }

    fn matches(&self, subject: &Subject<'_>, context: &Context) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(subject, context)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(subject, context)),
            Self::Not(node) => !node.matches(subject, context),
            Self::Word(pattern) => line::has_word(subject.line, pattern),
            Self::Health => health::is_health(subject.line),
            Self::Leaf(leaf) => match leaf.needs() {
                Needs::Line => line::matches(leaf, subject.line, context),
                Needs::Places => {
                    let mut sites = subject.passed(leaf.field);
                    sites.any(|site| leaf.ask.site(site))
                }
                Needs::Cycle => subject
                    .cycle()
                    .is_some_and(|whole| cycle::matches(leaf, whole)),
            },
        }
    }
}

impl Leaf {
    fn new(term: &Term) -> Self {
        let kind = term.field.info().kind;
        let ask = match &term.test {
            Test::There => Ask::There,
            Test::None => Ask::None,
            Test::Text(text) => match (term.field, text.text.parse()) {
                (Field::Run, _) if !text.quoted && text.text == "last" => Ask::Newest,
                // An id has 12 digits.
                (Field::Run, Ok(number)) if !text.quoted && text.text.len() < 12 => {
                    Ask::Ordinal(number)
                }
                _ => Ask::Text(match kind {
                    Kind::Prose | Kind::Typed => Pattern::inside(text),
                    _ => Pattern::whole(text),
                }),
            },
            // It was built before, when the filter was understood.
            Test::Regex(text) => {
                regex(&text.text).map_or(Ask::None, |r| Ask::Text(Pattern::Regex(r)))
            }
            Test::Number(range) => Ask::Number(range.from, range.to),
            Test::Level(level, _) => Ask::Level(*level),
        };
        Self {
            field: term.field,
            name: term.name.as_ref().map(Pattern::whole),
            ask,
        }
    }

    fn needs(&self) -> Needs {
        match (self.field, &self.ask) {
            // The statements themselves are not in the line.
            (Field::Sql, Ask::Text(_)) => Needs::Cycle,
            _ => self.field.info().needs,
        }
    }
}
