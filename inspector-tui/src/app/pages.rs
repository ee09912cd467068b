//! The screens above the cycles: each is made of lines, what it needs to know, and what a line leads to.

mod compare;
mod help;
mod insights;
mod stack;
mod state;

use super::{App, Piece, Role, lines::piece};
use crate::ask::{Answer, Known, Question};
use onionskin::text::escape;
use onionskin_web::model::Source;

/// A screen above the cycles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The map of the app, with figures.
    Stack,
    /// The inspector, its apps and their runs.
    State,
    /// What a reviewer would remark.
    Insights,
    /// Two cycles, aligned by layer.
    Compare {
        /// Id of the one.
        a: String,
        /// Id of the other.
        b: String,
    },
    /// What happened to this tool.
    Log,
    /// The keys.
    Help,
}

impl Screen {
    /// Its name, for its title.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Stack => "map of the app",
            Self::State => "state of the tool",
            Self::Insights => "remarks",
            Self::Compare { .. } => "two cycles compared",
            Self::Log => "log of this tool",
            Self::Help => "keys",
        }
    }
}

/// A screen above the cycles, and where we are on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which.
    pub screen: Screen,
    /// The line that keys are about.
    pub cursor: usize,
}

/// A line of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageLine {
    /// What it says.
    pub pieces: Vec<Piece>,
    /// Figures, at the right end.
    pub right: Vec<Piece>,
    /// What Enter does on it.
    pub action: Option<Action>,
    /// Where in the source of the app that is, which it is about.
    pub source: Option<Source>,
}

/// What a line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The cycle of this id.
    Open(String),
    /// The cycles that match this.
    Filter(String),
}

/// What has to be known to show a screen.
pub(super) fn needs(app: &App, screen: &Screen, needs: &mut Vec<Question>) {
    match screen {
        Screen::Stack => needs.extend(stack::question(app)),
        Screen::Insights => needs.extend(insights::questions(app)),
        Screen::State => needs.extend([Question::Status, Question::Apps]),
        Screen::Compare { a, b } => needs.push(compare::question(a, b)),
        Screen::Log | Screen::Help => {}
    }
}

/// The lines of a screen.
pub fn lines(app: &App, screen: &Screen) -> Vec<PageLine> {
    match screen {
        Screen::Stack => stack::lines(app),
        Screen::Insights => insights::lines(app),
        Screen::State => state::lines(app),
        Screen::Compare { a, b } => compare::lines(app, a, b),
        Screen::Log => log(app),
        Screen::Help => help::lines(app),
    }
}

/// The newest first: what happened last is what one wants to know.
fn log(app: &App) -> Vec<PageLine> {
    if app.log.is_empty() {
        return vec![dim("Nothing happened yet.")];
    }
    app.log
        .iter()
        .rev()
        .map(|line| plain(line.clone()))
        .collect()
}

fn plain(text: impl Into<String>) -> PageLine {
    of(vec![piece(Role::Plain, text)])
}

fn dim(text: impl Into<String>) -> PageLine {
    of(vec![piece(Role::Dim, text)])
}

fn of(pieces: Vec<Piece>) -> PageLine {
    PageLine {
        pieces,
        ..PageLine::default()
    }
}

/// What there is to say while there is no answer.
fn waiting(known: Known<'_>) -> Vec<PageLine> {
    vec![match known {
        Known::Failed(why) => of(vec![piece(
            Role::Warning,
            format!("The inspector does not answer this: {}", escape(why)),
        )]),
        Known::Nothing | Known::Here(_) => dim("loading …"),
    }]
}

/// The answer to a question, taken out of its envelope, or what to say without it.
fn answer<T>(
    app: &App,
    question: &Question,
    take: impl FnOnce(&Answer) -> Option<T>,
) -> Result<T, Vec<PageLine>> {
    let known = app.answers.get(question);
    match known {
        Known::Here(answer) => take(answer).ok_or_else(|| waiting(Known::Nothing)),
        known => Err(waiting(known)),
    }
}

/// What to say where no app has sent its map.
fn nothing() -> Vec<PageLine> {
    vec![dim(
        "No cycle yet: an app sends its map with its first. Send it a request.",
    )]
}
