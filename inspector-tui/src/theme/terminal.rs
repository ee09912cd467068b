//! What the environment says of the terminal. The terminal itself is not asked: that would take a moment at start, and some
//! never answer.

/// What the environment says of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// How many colours it has.
    pub depth: Depth,
    /// Whether its background is light; none: nothing says so.
    pub light: Option<bool>,
    /// Whether colours are unwanted: <https://no-color.org>.
    pub no_color: bool,
    /// Whether it knows another encoding than UTF-8.
    pub foreign: bool,
}

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Sixteen, as the user chose them.
    #[default]
    Sixteen,
    /// 256, of which most are the same everywhere.
    Indexed,
    /// All.
    True,
}

impl Terminal {
    /// As this process's environment says.
    pub fn from_env() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// As these variables say. An empty one is none.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let depth = match variable("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Depth::True,
            _ if term.contains("256color") => Depth::Indexed,
            _ => Depth::Sixteen,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable);
        Self {
            depth,
            light: variable("COLORFGBG").and_then(|colours| is_light(&colours)),
            no_color: variable("NO_COLOR").is_some(),
            foreign: locale.is_some_and(|locale| is_foreign(&locale)),
        }
    }
}

/// Whether the last of `15;0` or `15;default;0`, the background among the sixteen, is a light one. These are black, the dark
/// hues and grey (8) on the one side, light grey (7) and the bright hues on the other, as Vim takes them.
fn is_light(colours: &str) -> Option<bool> {
    let background: u8 = colours.rsplit(';').next()?.parse().ok()?;
    match background {
        0..=6 | 8 => Some(false),
        7 | 9..=15 => Some(true),
        _ => None,
    }
}

/// Whether a locale names an encoding that is not UTF-8: `de_DE.ISO-8859-1`. One that says nothing (`C`) is not believed.
fn is_foreign(locale: &str) -> bool {
    let encoding = locale.split('@').next().and_then(|l| l.split_once('.'));
    let utf8 = |encoding: &str| {
        let plain = encoding.replace('-', "");
        plain.eq_ignore_ascii_case("utf8")
    };
    encoding.is_some_and(|(_, encoding)| !utf8(encoding))
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

    #[test]
    fn a_background_is_known_where_it_is_said() {
        for (colours, light) in [
            ("15;0", Some(false)),
            ("0;15", Some(true)),
            ("0;default;15", Some(true)),
            ("12;8", Some(false)),
            ("0;7", Some(true)),
            ("15;default", None),
            ("15;16", None),
            ("", None),
        ] {
            assert_eq!(is_light(colours), light, "{colours}");
        }
    }

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        for (term, colorterm, depth) in [
            ("xterm", "", Depth::Sixteen),
            ("linux", "yes", Depth::Sixteen),
            ("xterm-256color", "", Depth::Indexed),
            ("tmux-256color", "truecolor", Depth::True),
            ("xterm", "24bit", Depth::True),
        ] {
            let found = Terminal::of(|name| match name {
                "TERM" => Some(term.to_owned()),
                "COLORTERM" => Some(colorterm.to_owned()),
                "NO_COLOR" => Some(String::new()),
                _ => None,
            });
            let expected = Terminal {
                depth,
                ..Terminal::default()
            };
            assert_eq!(found, expected, "{term} {colorterm}");
        }
    }
}
