//! Colours, all from the terminal's own sixteen, so that they fit a dark and a light one. None carries a meaning alone:
//! what is red is also a word, a sign or a number.

use crate::app::Role;
use onionskin::text::edits::Sign;
use ratatui::style::{Color, Modifier, Style};

/// How things look.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    colour: bool,
    ascii: bool,
}

impl Theme {
    /// With or without colours; bold, dim and reversed are there in both.
    pub const fn new(colour: bool) -> Self {
        Self {
            colour,
            ascii: false,
        }
    }

    /// With ASCII only, or with all signs.
    #[must_use]
    pub const fn with_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Whether there are colours.
    pub const fn colour(self) -> bool {
        self.colour
    }

    /// Whether there is ASCII only.
    pub const fn ascii(self) -> bool {
        self.ascii
    }

    /// Without colours if `NO_COLOR` is set and not empty: <https://no-color.org>. With ASCII only where the locale says that
    /// the terminal knows another encoding than UTF-8; one that says nothing (`C`) is not believed.
    pub fn from_env() -> Self {
        let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        Self::new(colour).with_ascii(locale.is_some_and(|locale| is_foreign(&locale)))
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

    /// A piece of a line.
    pub fn role(self, role: Role) -> Style {
        match role {
            Role::Plain => Style::new(),
            Role::Key => self.fg(Color::Cyan),
            Role::Text => self.fg(Color::Green),
            Role::Number => self.fg(Color::Magenta),
            Role::Word => self.fg(Color::Blue),
            Role::Dim => self.dim(),
            Role::Strong => self.strong(),
            Role::Warning => self.warning(),
            Role::Good => self.good(),
            Role::Status(status) => self.status(status),
        }
    }

    /// What is searched for.
    pub fn found(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED | Modifier::UNDERLINED)
    }

    /// A label to be typed.
    pub fn label(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD)
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

/// Whether a locale names an encoding that is not UTF-8: `de_DE.ISO-8859-1`.
fn is_foreign(locale: &str) -> bool {
    let encoding = locale.split('@').next().and_then(|l| l.split_once('.'));
    let utf8 = |encoding: &str| {
        let plain = encoding.replace('-', "");
        plain.eq_ignore_ascii_case("utf8")
    };
    encoding.is_some_and(|(_, encoding)| !utf8(encoding))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_that_names_another_encoding_has_ascii() {
        for (locale, foreign) in [
            ("de_DE.UTF-8", false),
            ("C.utf8", false),
            ("C", false),
            ("en_US", false),
            ("de_DE.ISO-8859-15@euro", true),
        ] {
            assert_eq!(is_foreign(locale), foreign, "{locale}");
        }
    }
}
