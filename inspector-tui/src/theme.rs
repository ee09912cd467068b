//! How things look. No colour carries a meaning alone: what is red is also a word, a sign or a number.
//!
//! - `palette`: the colours of the dark and the light theme
//! - `terminal`: what the environment says of the terminal, and by that of the theme

mod palette;
mod terminal;

pub use terminal::{Depth, Terminal};

use crate::app::Role;
use onionskin::text::edits::Sign;
use palette::{DARK, Hue, LIGHT, Palette, Shade};
use ratatui::style::{Color, Modifier, Style};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The themes, as they are called in the configuration and on the command line.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ThemeName {
    /// Dark or light where the environment says which it is and that there are all colours (COLORFGBG, COLORTERM), else 16
    #[default]
    Auto,
    /// Colours for a dark background
    Dark,
    /// Colours for a light background
    Light,
    /// The sixteen colours of the terminal
    #[serde(rename = "16")]
    #[value(name = "16")]
    Sixteen,
    /// No colour: bold, dim and reversed
    None,
}

/// How things look.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    colours: Colours,
    ascii: bool,
}

#[derive(Clone, Copy, Debug)]
enum Colours {
    None,
    Sixteen,
    /// Of a palette; `true`: all of them, not those of 256.
    Own(&'static Palette, bool),
}

impl Theme {
    /// With the terminal's own sixteen colours, or without any; bold, dim and reversed are there in both.
    pub const fn new(colour: bool) -> Self {
        Self {
            colours: match colour {
                true => Colours::Sixteen,
                false => Colours::None,
            },
            ascii: false,
        }
    }

    /// The theme of this name on such a terminal. A terminal with no more than sixteen colours has those.
    pub fn named(name: ThemeName, terminal: Terminal) -> Self {
        let own = |palette| match terminal.depth {
            Depth::Sixteen => Colours::Sixteen,
            depth => Colours::Own(palette, depth == Depth::True),
        };
        let colours = match (name, terminal.light) {
            (ThemeName::None, _) => Colours::None,
            (ThemeName::Sixteen, _) => Colours::Sixteen,
            (ThemeName::Dark, _) => own(&DARK),
            (ThemeName::Light, _) => own(&LIGHT),
            (ThemeName::Auto, _) if terminal.no_color => Colours::None,
            (ThemeName::Auto, Some(false)) if terminal.depth == Depth::True => own(&DARK),
            (ThemeName::Auto, Some(true)) if terminal.depth == Depth::True => own(&LIGHT),
            (ThemeName::Auto, _) => Colours::Sixteen,
        };
        Self {
            colours,
            ascii: terminal.foreign,
        }
    }

    /// With ASCII only, or with all signs.
    #[must_use]
    pub const fn with_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Whether there are colours.
    pub const fn colour(self) -> bool {
        !matches!(self.colours, Colours::None)
    }

    /// Whether there is ASCII only.
    pub const fn ascii(self) -> bool {
        self.ascii
    }

    fn fg(self, hue: Hue) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(hue.sixteen()),
            Colours::Own(palette, all) => Style::new().fg(color(palette.shade(hue), all)),
        }
    }

    /// What is beside the point.
    pub fn dim(self) -> Style {
        match self.colours {
            Colours::Own(palette, all) => Style::new().fg(color(palette.dim, all)),
            _ => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// What is to the point.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected line.
    pub fn selected(self) -> Style {
        match self.colours {
            Colours::Own(palette, all) => {
                let (text, line) = palette.selected;
                let style = Style::new().fg(color(text, all)).bg(color(line, all));
                style.add_modifier(Modifier::BOLD)
            }
            _ => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// The border of a pane.
    pub fn border(self, focused: bool) -> Style {
        match (focused, self.colours) {
            (true, _) => self.fg(Hue::Accent).add_modifier(Modifier::BOLD),
            (false, Colours::Own(palette, all)) => plain().fg(color(palette.border, all)),
            (false, _) => plain().patch(self.dim()),
        }
    }

    /// What stands in the border of a pane.
    pub fn title(self, focused: bool) -> Style {
        match focused {
            true => self.border(true),
            false => plain().patch(self.dim()),
        }
    }

    /// Something needs a look.
    pub fn warning(self) -> Style {
        self.fg(Hue::Warn).add_modifier(Modifier::BOLD)
    }

    /// All is well.
    pub fn good(self) -> Style {
        self.fg(Hue::Good)
    }

    /// A status code.
    pub fn status(self, status: Option<u16>) -> Style {
        match status {
            Some(100..300) => self.fg(Hue::Good),
            Some(300..400) => self.fg(Hue::Accent),
            Some(400..500) => self.fg(Hue::Warn),
            _ => self.fg(Hue::Bad).add_modifier(Modifier::BOLD),
        }
    }

    /// A piece of a line.
    pub fn role(self, role: Role) -> Style {
        match role {
            Role::Plain => Style::new(),
            Role::Key => self.fg(Hue::Accent),
            Role::Text => self.fg(Hue::Good),
            Role::Number => self.fg(Hue::Violet),
            Role::Word => self.fg(Hue::Blue),
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
            Sign::Added => Hue::Good,
            Sign::Removed => Hue::Bad,
            Sign::Changed => Hue::Warn,
            Sign::Moved => Hue::Blue,
        })
    }

    /// Time in a layer on the way in, on the way out, in a view, in the server.
    pub fn part(self, part: Part) -> Style {
        self.fg(match part {
            Part::In => Hue::Blue,
            Part::View => Hue::Good,
            Part::Out => Hue::Violet,
            Part::Server => Hue::Accent,
        })
    }
}

/// Nothing of what is there already: panes share their borders, and the one before may have had the focus.
fn plain() -> Style {
    Style::new()
        .fg(Color::Reset)
        .remove_modifier(Modifier::BOLD)
}

fn color(Shade(full, indexed): Shade, all: bool) -> Color {
    match all {
        true => Color::from_u32(full),
        false => Color::Indexed(indexed),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_what_its_name_says_as_far_as_the_terminal_goes() {
        use ThemeName::{Auto, Dark, Light, None, Sixteen};
        let terminal = |depth, light, no_color| Terminal {
            depth,
            light,
            no_color,
            foreign: false,
        };
        let good = |name, terminal| Theme::named(name, terminal).good().fg;
        let (full, indexed) = (DARK.good.0, DARK.good.1);
        let sixteen = Some(Color::Green);
        for (name, on, expected) in [
            (
                Dark,
                terminal(Depth::True, Some(true), false),
                Some(Color::from_u32(full)),
            ),
            (
                Dark,
                terminal(Depth::Indexed, Option::None, false),
                Some(Color::Indexed(indexed)),
            ),
            (Dark, terminal(Depth::Sixteen, Option::None, false), sixteen),
            (Sixteen, terminal(Depth::True, Some(false), false), sixteen),
            (
                None,
                terminal(Depth::True, Some(false), false),
                Option::None,
            ),
            (
                Auto,
                terminal(Depth::True, Some(false), false),
                Some(Color::from_u32(full)),
            ),
            (
                Auto,
                terminal(Depth::True, Some(true), false),
                Some(Color::from_u32(LIGHT.good.0)),
            ),
            (Auto, terminal(Depth::True, Option::None, false), sixteen),
            (Auto, terminal(Depth::Indexed, Some(false), false), sixteen),
            (Auto, terminal(Depth::True, Some(false), true), Option::None),
            (
                Light,
                terminal(Depth::True, Option::None, true),
                Some(Color::from_u32(LIGHT.good.0)),
            ),
        ] {
            assert_eq!(good(name, on), expected, "{name:?} on {on:?}");
        }
    }
}
