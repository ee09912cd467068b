//! The terminal's side of the one [table of keys](onionskin_web::keys).

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use onionskin_web::keys::KEYS;
pub use onionskin_web::keys::{Binding, Command};
use std::sync::LazyLock;

/// The commands of each key.
static BOUND: LazyLock<Vec<((KeyModifiers, KeyCode), Command)>> = LazyLock::new(|| {
    let keys = |binding: &'static Binding| {
        let keys = binding.terminal.iter().filter_map(|name| key(name));
        keys.map(|key| (key, binding.command))
    };
    bindings().flat_map(keys).collect()
});

/// The rows of the table that the terminal has keys for.
pub(crate) fn bindings() -> impl Iterator<Item = &'static Binding> {
    KEYS.iter().filter(|binding| !binding.terminal.is_empty())
}

/// The command that a key is bound to. Modifiers other than Ctrl do not count: some keyboards need Shift for `?` and `+`.
pub fn command(event: &KeyEvent) -> Option<Command> {
    let pressed = (event.modifiers & KeyModifiers::CONTROL, event.code);
    let (_, command) = BOUND.iter().find(|(key, _)| *key == pressed)?;
    Some(*command)
}

/// The keys of a binding, as the help shows them.
pub(crate) fn shown(binding: &Binding) -> String {
    let signs = binding.terminal.iter().map(|name| match *name {
        "Up" => "↑",
        "Down" => "↓",
        "Left" => "←",
        "Right" => "→",
        "PageUp" => "PgUp",
        "PageDown" => "PgDn",
        name => name,
    });
    signs.collect::<Vec<_>>().join(" ")
}

/// The table as text, a command a line: its keys, its name, what it does.
pub(crate) fn table() -> String {
    let lines = bindings().map(
        |Binding {
             name,
             what,
             terminal,
             ..
         }| {
            let keys = terminal.join(" ");
            format!("{keys:<14}  {name:<16}  {what}\n")
        },
    );
    lines.collect()
}

/// The key of a name.
fn key(name: &str) -> Option<(KeyModifiers, KeyCode)> {
    let code = match name {
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Shift-Tab" => KeyCode::BackTab,
        "Space" => KeyCode::Char(' '),
        name => {
            let (modifiers, letter) = match name.strip_prefix("Ctrl-") {
                Some(letter) => (KeyModifiers::CONTROL, letter.to_ascii_lowercase()),
                None => (KeyModifiers::NONE, name.to_owned()),
            };
            let mut letters = letter.chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else {
                return None;
            };
            return Some((modifiers, KeyCode::Char(letter)));
        }
    };
    Some((KeyModifiers::NONE, code))
}

/// A key of the table, pressed.
#[cfg(test)]
pub(crate) fn event(name: &str) -> KeyEvent {
    let (modifiers, code) = key(name).unwrap();
    KeyEvent::new(code, modifiers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_known_here() {
        for binding in bindings() {
            for name in binding.terminal {
                assert!(key(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn the_printed_table_has_each_key_with_its_command() {
        let table = table();
        let mut lines = table.lines();
        for binding in bindings() {
            let line = lines.next().unwrap();
            let (keys, rest) = line.split_once("  ").unwrap();
            assert_eq!(keys.split(' ').collect::<Vec<_>>(), binding.terminal);
            let (name, what) = rest.trim_start().split_once("  ").unwrap();
            assert_eq!((name, what.trim_start()), (binding.name, binding.what));
        }
        assert_eq!(lines.next(), None);
    }

    #[test]
    fn shift_does_not_matter_and_control_does() {
        let press = |code, modifiers| command(&KeyEvent::new(code, modifiers));
        let c = KeyCode::Char('c');
        assert_eq!(press(c, KeyModifiers::CONTROL), Some(Command::Quit));
        assert_eq!(press(c, KeyModifiers::NONE), Some(Command::Compare));
        assert_eq!(
            press(KeyCode::Char('?'), KeyModifiers::SHIFT),
            Some(Command::Help)
        );
        assert_eq!(
            press(KeyCode::BackTab, KeyModifiers::SHIFT),
            Some(Command::PreviousPane)
        );
    }
}
