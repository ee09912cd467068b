//! Colours, all from the terminal's own sixteen, so that they fit a dark and a light one. None carries a meaning alone:
//! what is red is also a word, a sign or a number.

use onionskin::text::edits::Sign;
use ratatui::style::{Color, Modifier, Style};

/// How things look.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// With or without colours; bold, dim and reversed are there in both.
    pub const fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// Without colours if `NO_COLOR` is set and not empty: <https://no-color.org>.
    pub fn from_env() -> Self {
        Self::new(std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()))
    }

    fn fg(self, colour: Color) -> Style {
        match self.colour {
            true => Style::new().fg(colour),
            false => Style::new(),
        }
    }

    /// What is beside the point.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What is to the point.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected line.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The border of a pane.
    pub fn border(self, focused: bool) -> Style {
        match focused {
            true => self.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            false => self.dim(),
        }
    }

    /// Something needs a look.
    pub fn warning(self) -> Style {
        self.fg(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// All is well.
    pub fn good(self) -> Style {
        self.fg(Color::Green)
    }

    /// A status code.
    pub fn status(self, status: Option<u16>) -> Style {
        match status {
            Some(100..300) => self.fg(Color::Green),
            Some(300..400) => self.fg(Color::Cyan),
            Some(400..500) => self.fg(Color::Yellow),
            _ => self.fg(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// An edit.
    pub fn sign(self, sign: Sign) -> Style {
        self.fg(match sign {
            Sign::Added => Color::Green,
            Sign::Removed => Color::Red,
            Sign::Changed => Color::Yellow,
            Sign::Moved => Color::Blue,
        })
    }

    /// Time in a layer on the way in, on the way out, in a view, in the server.
    pub fn part(self, part: Part) -> Style {
        self.fg(match part {
            Part::In => Color::Blue,
            Part::View => Color::Green,
            Part::Out => Color::Magenta,
            Part::Server => Color::Cyan,
        })
    }
}

/// What time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A layer, on the way in; the router.
    In,
    /// A view.
    View,
    /// A layer, on the way out.
    Out,
    /// The server: parse, send.
    Server,
}
