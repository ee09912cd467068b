//! The one table of keys: bindings, footer and help overlay are made of it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Up in the pane.
    Up,
    /// Down in the pane.
    Down,
    /// A page up in the pane.
    PageUp,
    /// A page down in the pane.
    PageDown,
    /// Open the selected cycle.
    Open,
    /// One level back.
    Back,
    /// The step before.
    StepBack,
    /// The next step.
    StepForward,
    /// The first step, or the oldest cycle.
    First,
    /// The last step, or the newest cycle.
    Last,
    /// Start or stop playing.
    Play,
    /// Play faster.
    Faster,
    /// Play slower.
    Slower,
    /// The next pane.
    NextPane,
    /// The pane before.
    PreviousPane,
    /// Hold the list still, or let it go on.
    Freeze,
    /// Show the dashboard in a browser.
    Browser,
    /// Show or hide the keys.
    Help,
    /// End.
    Quit,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What the keys do.
    pub command: Command,
    /// The keys.
    pub keys: &'static [(KeyModifiers, KeyCode)],
    /// How the keys are written for people.
    pub shown: &'static str,
    /// What they do, for the help overlay.
    pub help: &'static str,
    /// Keys and word for the footer; a pair of commands has one entry, at the first of them.
    pub footer: Option<(&'static str, &'static str)>,
}

const NONE: KeyModifiers = KeyModifiers::NONE;

const fn key(c: char) -> (KeyModifiers, KeyCode) {
    (NONE, KeyCode::Char(c))
}

const fn code(code: KeyCode) -> (KeyModifiers, KeyCode) {
    (NONE, code)
}

const fn row(
    command: Command,
    keys: &'static [(KeyModifiers, KeyCode)],
    shown: &'static str,
    help: &'static str,
    footer: Option<(&'static str, &'static str)>,
) -> Binding {
    Binding {
        command,
        keys,
        shown,
        help,
        footer,
    }
}

/// All bindings, in the order in which help and footer show them. Modifiers other than Ctrl do not count: some keyboards
/// need Shift for `?` and `+`.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    row(Command::Help, &[key('?')], "?", "these keys", Some(("?", "help"))),
    row(Command::Quit, &[key('q'), (KeyModifiers::CONTROL, KeyCode::Char('c'))], "q Ctrl-C", "quit", Some(("q", "quit"))),
    row(Command::Up, &[code(KeyCode::Up), key('k')], "↑ k", "up: cycle, step or line", Some(("↑↓", "move"))),
    row(Command::Down, &[code(KeyCode::Down), key('j')], "↓ j", "down", None),
    row(Command::PageUp, &[code(KeyCode::PageUp)], "PgUp", "a page up", None),
    row(Command::PageDown, &[code(KeyCode::PageDown)], "PgDn", "a page down", None),
    row(Command::Open, &[code(KeyCode::Enter)], "Enter", "open the cycle", Some(("Enter", "open"))),
    row(Command::StepForward, &[code(KeyCode::Right), key('l')], "→ l", "next step", Some(("←→", "step"))),
    row(Command::StepBack, &[code(KeyCode::Left), key('h')], "← h", "step before", None),
    row(Command::First, &[code(KeyCode::Home)], "Home", "first step; oldest cycle", None),
    row(Command::Last, &[code(KeyCode::End)], "End", "last step; newest cycle", None),
    row(Command::Play, &[key(' ')], "Space", "play, pause", Some(("Space", "play"))),
    row(Command::Faster, &[key('+'), key('=')], "+", "play faster", None),
    row(Command::Slower, &[key('-')], "-", "play slower", None),
    row(Command::NextPane, &[code(KeyCode::Tab)], "Tab", "next pane", Some(("Tab", "pane"))),
    row(Command::PreviousPane, &[code(KeyCode::BackTab)], "Shift-Tab", "pane before", None),
    row(Command::Back, &[code(KeyCode::Esc)], "Esc", "back; follow the newest", Some(("Esc", "back"))),
    row(Command::Freeze, &[key('f')], "f", "freeze, or go on", Some(("f", "freeze"))),
    row(Command::Browser, &[key('o')], "o", "dashboard in a browser", Some(("o", "browser"))),
];

/// The command that a key is bound to.
pub fn command(event: &KeyEvent) -> Option<Command> {
    let key = (event.modifiers & KeyModifiers::CONTROL, event.code);
    let binding = KEYS.iter().find(|b| b.keys.contains(&key))?;
    Some(binding.command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_and_no_command_is_there_twice() {
        let (mut keys, mut commands) = (HashSet::new(), HashSet::new());
        for binding in KEYS {
            assert!(commands.insert(binding.command), "{:?}", binding.command);
            assert!(!binding.keys.is_empty() && !binding.help.is_empty());
            for key in binding.keys {
                assert!(keys.insert(*key), "{key:?}");
            }
        }
    }

    #[test]
    fn shift_does_not_matter_and_control_does() {
        let press = |code, modifiers| command(&KeyEvent::new(code, modifiers));
        let c = KeyCode::Char('c');
        assert_eq!(press(c, KeyModifiers::CONTROL), Some(Command::Quit));
        assert_eq!(press(c, NONE), None);
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
