//! A key by its name: `?`, `q`, `Ctrl-C`, `Alt-x`, `Shift-Tab`, `Space`, `PageDown`, `F5`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::{fmt, str::FromStr};

/// The keys that have names, and how little room shows them.
const NAMED: [(&str, &str, KeyCode); 16] = [
    ("Up", "↑", KeyCode::Up),
    ("Down", "↓", KeyCode::Down),
    ("Left", "←", KeyCode::Left),
    ("Right", "→", KeyCode::Right),
    ("PageUp", "PgUp", KeyCode::PageUp),
    ("PageDown", "PgDn", KeyCode::PageDown),
    ("Home", "Home", KeyCode::Home),
    ("End", "End", KeyCode::End),
    ("Enter", "Enter", KeyCode::Enter),
    ("Esc", "Esc", KeyCode::Esc),
    ("Tab", "Tab", KeyCode::Tab),
    ("Shift-Tab", "Shift-Tab", KeyCode::BackTab),
    ("Space", "Space", KeyCode::Char(' ')),
    ("Backspace", "Backspace", KeyCode::Backspace),
    ("Delete", "Delete", KeyCode::Delete),
    ("Insert", "Insert", KeyCode::Insert),
];

/// The names that [`Key`] is made of, as a regular expression: what this refuses is no key.
pub(crate) const PATTERN: &str = "^(Ctrl-)?(Alt-)?([^\\s]|Up|Down|Left|Right|PageUp|PageDown|Home|End|Enter|Esc|Tab|Space|\
     Backspace|Delete|Insert|F[1-9]|F1[0-2])$|^Shift-Tab$";

/// What marks a key that is held down meanwhile.
const HELD: [(&str, KeyModifiers); 2] = [
    ("Ctrl-", KeyModifiers::CONTROL),
    ("Alt-", KeyModifiers::ALT),
];

/// A key, perhaps with Ctrl or Alt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    modifiers: KeyModifiers,
    code: KeyCode,
}

impl Key {
    /// It ends the UI, whatever else does.
    pub(crate) const QUIT: Self = Self {
        modifiers: KeyModifiers::CONTROL,
        code: KeyCode::Char('c'),
    };

    /// The key that was pressed. Shift does not count: a keyboard may need it for `?` and `+`.
    pub(crate) fn of(event: &KeyEvent) -> Self {
        Self {
            modifiers: event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT),
            code: event.code,
        }
    }

    /// The same without Alt.
    pub(crate) fn without_alt(self) -> Self {
        Self {
            modifiers: self.modifiers - KeyModifiers::ALT,
            ..self
        }
    }

    /// How the screen shows it.
    pub(crate) fn shown(self) -> String {
        self.written(|(_, shown, _)| shown)
    }

    fn written(self, named: fn(&(&'static str, &'static str, KeyCode)) -> &'static str) -> String {
        let held = HELD
            .iter()
            .filter(|(_, held)| self.modifiers.contains(*held));
        let mut text: String = held.map(|(name, _)| *name).collect();
        match (
            NAMED.iter().find(|(.., code)| *code == self.code),
            self.code,
        ) {
            (Some(name), _) => text += named(name),
            (None, KeyCode::Char(c)) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                text.push(c.to_ascii_uppercase());
            }
            (None, KeyCode::Char(c)) => text.push(c),
            (None, code) => text += &code.to_string(),
        }
        text
    }

    #[cfg(test)]
    pub(crate) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

/// Its name.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(|(name, ..)| name))
    }
}

/// Reads a name. The error says what is wrong with it.
impl FromStr for Key {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let (mut modifiers, mut rest) = (KeyModifiers::NONE, name);
        for (prefix, held) in HELD {
            if let Some(after) = rest.strip_prefix(prefix) {
                (modifiers, rest) = (modifiers | held, after);
            }
        }
        let code = code(rest).ok_or_else(|| unknown(name))?;
        let control = modifiers.contains(KeyModifiers::CONTROL);
        let code = match code {
            KeyCode::BackTab if modifiers.is_empty() => code,
            KeyCode::BackTab => return Err(unknown(name)),
            KeyCode::Char(c) if control => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        match (control, code) {
            (true, KeyCode::Char('i' | 'm')) => {
                let same = if code == KeyCode::Char('i') {
                    "Tab"
                } else {
                    "Enter"
                };
                Err(format!(
                    "for {name} a terminal sends what it sends for {same}"
                ))
            }
            (true, KeyCode::Char('a'..='z' | ' ')) => Ok(Self { modifiers, code }),
            (
                true,
                KeyCode::Char(_)
                | KeyCode::Enter
                | KeyCode::Esc
                | KeyCode::Tab
                | KeyCode::Backspace,
            ) => Err(format!("a terminal does not tell of Ctrl in {name}")),
            _ => Ok(Self { modifiers, code }),
        }
    }
}

fn code(name: &str) -> Option<KeyCode> {
    if let Some((.., code)) = NAMED.iter().find(|(named, ..)| *named == name) {
        return Some(*code);
    }
    let mut signs = name.chars();
    if let (Some(sign), None) = (signs.next(), signs.next()) {
        return (!sign.is_whitespace() && !sign.is_control()).then_some(KeyCode::Char(sign));
    }
    let number = name.strip_prefix('F').filter(|n| !n.starts_with('0'))?;
    (number.parse().ok())
        .filter(|n| (1..=12).contains(n))
        .map(KeyCode::F)
}

fn unknown(name: &str) -> String {
    let same = |named: &&str| named.eq_ignore_ascii_case(name);
    match NAMED.iter().map(|(named, ..)| *named).find(same) {
        Some(named) => format!("no key is called so; did you mean `{named}`?"),
        None => "no key is called so: a key is a sign or one of Up, Down, Left, Right, PageUp, PageDown, Home, End, Enter, Esc, Tab, \
             Shift-Tab, Space, Backspace, Delete, Insert, F1 to F12, with Ctrl- or Alt- before it"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_the_name_that_it_writes() {
        for name in [
            "?",
            "q",
            "E",
            "-",
            "ö",
            "Ctrl-C",
            "Alt-x",
            "Alt--",
            "Ctrl-Alt-X",
            "Alt-Up",
            "Ctrl-F5",
            "Shift-Tab",
            "Space",
            "Ctrl-Space",
            "PageDown",
            "Insert",
            "F1",
            "F12",
            "Alt-Enter",
            "Ctrl-Delete",
        ] {
            assert_eq!(name.parse::<Key>().unwrap().to_string(), name);
        }
        for (name, other) in [("Ctrl-c", "Ctrl-C"), ("Alt-F5", "Alt-F5")] {
            assert_eq!(name.parse::<Key>().unwrap().to_string(), other);
        }
        assert_eq!("Alt-Up".parse::<Key>().unwrap().shown(), "Alt-↑");
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_reason() {
        for (name, why) in [
            ("", "no key"),
            ("qq", "one of Up"),
            (" ", "no key"),
            ("\u{1b}", "no key"),
            ("pageup", "did you mean `PageUp`"),
            ("F0", "F1 to F12"),
            ("F13", "F1 to F12"),
            ("F01", "F1 to F12"),
            ("Shift-a", "no key"),
            ("Ctrl-", "no key"),
            ("Alt-Ctrl-x", "no key"),
            ("Ctrl-Shift-Tab", "no key"),
            ("Ctrl-I", "sends for Tab"),
            ("Ctrl-m", "sends for Enter"),
            ("Ctrl-1", "does not tell of Ctrl"),
            ("Ctrl-Esc", "does not tell of Ctrl"),
        ] {
            let error = name.parse::<Key>().unwrap_err();
            assert!(error.contains(why), "{name:?}: {error}");
        }
    }
}
