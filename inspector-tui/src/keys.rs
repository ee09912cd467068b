//! The terminal's side of the one [table of keys](onionskin_web::keys): which keys do what, by that table and by the
//! configuration.
//!
//! - `key`: a key by its name

mod key;

pub use key::Key;
pub(crate) use key::PATTERN;
pub use onionskin_web::keys::{Binding, Command};

use crossterm::event::KeyEvent;
use onionskin_web::keys::KEYS;

/// The rows of the table that the terminal has commands for.
pub(crate) fn bindings() -> impl Iterator<Item = &'static Binding> {
    KEYS.iter().filter(|binding| !binding.terminal.is_empty())
}

/// Which keys do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    rows: Vec<Row>,
}

/// A command and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The command, as the table has it.
    pub binding: &'static Binding,
    /// Its keys: those of the table, unless others were chosen; none: only its name leads to it.
    pub keys: Vec<Key>,
    /// The keys of its entry in the footer; none where it has no entry, or no key.
    pub footer: Option<String>,
}

/// That of the table.
impl Default for Keymap {
    fn default() -> Self {
        let row = |binding: &'static Binding| Row {
            binding,
            keys: defaults(binding).collect(),
            footer: None,
        };
        Self::of(bindings().map(row).collect())
    }
}

impl Keymap {
    /// That of the table, with other keys for some commands. A key that is chosen here is no other command's any more; Ctrl-C
    /// quits all the same.
    pub fn with(chosen: &[(Command, Vec<Key>)]) -> Self {
        let of = |command| chosen.iter().find(|(chosen, _)| *chosen == command);
        let taken = |key: &Key| chosen.iter().any(|(_, keys)| keys.contains(key));
        let mut rows = Self::default().rows;
        for row in &mut rows {
            match of(row.binding.command) {
                Some((_, keys)) => row.keys.clone_from(keys),
                None => row.keys.retain(|key| !taken(key)),
            }
            if row.binding.command == Command::Quit && !row.keys.contains(&Key::QUIT) {
                row.keys.push(Key::QUIT);
            }
        }
        Self::of(rows)
    }

    fn of(rows: Vec<Row>) -> Self {
        let mut map = Self { rows };
        // Once, and not for each picture.
        let footer = |row: &Row| map.footer(row.binding.footer?.0);
        let footers: Vec<_> = map.rows.iter().map(footer).collect();
        for (row, footer) in map.rows.iter_mut().zip(footers) {
            row.footer = footer;
        }
        map
    }

    /// All commands, in the order of the table.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The command that a key is bound to. What is bound to nothing with Alt does what it does without.
    pub fn command(&self, event: &KeyEvent) -> Option<Command> {
        let pressed = Key::of(event);
        let of = |key| self.rows.iter().find(|row| row.keys.contains(&key));
        let row = of(pressed).or_else(|| of(pressed.without_alt()))?;
        Some(row.binding.command)
    }

    fn row(&self, command: Command) -> Option<&Row> {
        self.rows.iter().find(|row| row.binding.command == command)
    }

    /// The first key of a command.
    fn first(&self, command: Command) -> Option<String> {
        let key = self.row(command)?.keys.first()?;
        Some(key.shown())
    }

    /// How to give a command, for a text: its first key, or its name for the palette.
    pub(crate) fn hint(&self, command: Command) -> String {
        self.first(command).unwrap_or_else(|| {
            let name = self.row(command).map_or("", |row| row.binding.name);
            match self.first(Command::Palette) {
                Some(palette) if palette.chars().count() > 1 => format!("{palette} {name}"),
                palette => palette.unwrap_or_default() + name,
            }
        })
    }

    /// The first keys of the commands of an entry of the footer, which the table names by keys that it binds: `↑↓`.
    fn footer(&self, entry: &str) -> Option<String> {
        let owner = |sign: &str| {
            let has = |binding: &&'static Binding| defaults(binding).any(|key| key.shown() == sign);
            bindings().find(has).map(|binding| binding.command)
        };
        let owners = match owner(entry) {
            Some(one) => vec![one],
            None => (entry.chars().filter_map(|sign| owner(&sign.to_string()))).collect(),
        };
        let keys = owners.into_iter().filter_map(|command| self.first(command));
        let keys: Vec<_> = keys.collect();
        let between = match keys.iter().all(|key| key.chars().count() == 1) {
            true => "",
            false => "/",
        };
        (!keys.is_empty()).then(|| keys.join(between))
    }

    /// As text, a command a line: its keys, its name, what it does.
    pub(crate) fn table(&self) -> String {
        let lines = self.rows.iter().map(|Row { binding, keys, .. }| {
            let keys: Vec<_> = keys.iter().map(Key::to_string).collect();
            let keys = if keys.is_empty() {
                "-".to_owned()
            } else {
                keys.join(" ")
            };
            format!("{keys:<14}  {:<16}  {}\n", binding.name, binding.what)
        });
        lines.collect()
    }
}

impl Row {
    /// The keys, as the help shows them.
    pub(crate) fn shown(&self) -> String {
        let signs = self.keys.iter().map(|key| key.shown());
        signs.collect::<Vec<_>>().join(" ")
    }
}

/// The keys that the table has for a command.
pub(crate) fn defaults(binding: &'static Binding) -> impl Iterator<Item = Key> {
    let key = |name: &&str| name.parse().expect("a test reads all keys of the table");
    binding.terminal.iter().map(key)
}

/// A key of the table, pressed.
#[cfg(test)]
pub(crate) fn event(name: &str) -> KeyEvent {
    name.parse::<Key>().unwrap().event()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// The table as a page of the documentation.
    fn page() -> String {
        let mut groups: Vec<(&str, String)> = Vec::new();
        for Row { binding, keys, .. } in Keymap::default().rows() {
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let (keys, name) = (keys.join(" "), binding.name);
            let line = format!("| {keys} | `{name}` | {} |\n", binding.what);
            match groups.iter_mut().find(|(group, _)| *group == binding.group) {
                Some((_, lines)) => *lines += &line,
                None => groups.push((binding.group, line)),
            }
        }
        let groups = groups.into_iter().map(|(group, lines)| {
            format!("\n## {group}\n\n| keys | command | what it does |\n|---|---|---|\n{lines}")
        });
        "# Keys of the terminal UI\n\n\
         Made of the table that binds them (`inspector-web/src/keys.rs`). A command is bound anew by its name: \
         [CONFIG.md](CONFIG.md#keys).\n"
            .to_owned()
            + &groups.collect::<String>()
    }

    #[test]
    fn the_documented_keys_are_those_of_the_table() {
        crate::generated::check("../docs/KEYS.md", &page());
    }

    fn press(map: &Keymap, name: &str) -> Option<Command> {
        map.command(&event(name))
    }

    #[test]
    fn every_key_of_the_table_is_known_here_and_means_its_command() {
        let map = Keymap::default();
        for binding in bindings() {
            for name in binding.terminal {
                assert_eq!(press(&map, name), Some(binding.command), "{name}");
            }
        }
    }

    #[test]
    fn the_printed_table_has_each_key_with_its_command() {
        let table = Keymap::default().table();
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
        let map = Keymap::default();
        let press = |code, modifiers| map.command(&KeyEvent::new(code, modifiers));
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

    #[test]
    fn a_chosen_key_is_taken_from_who_had_it_and_alt_is_another_key_only_where_it_is_bound() {
        let map = Keymap::with(&[
            (Command::Record, keys(&["k", "F5"])),
            (Command::Help, keys(&[])),
            (Command::Browser, keys(&["Alt-q"])),
        ]);
        assert_eq!(press(&map, "k"), Some(Command::Record));
        assert_eq!(press(&map, "F5"), Some(Command::Record));
        assert_eq!(press(&map, "R"), None, "its own keys are replaced");
        assert_eq!(press(&map, "Up"), Some(Command::Up), "what is left");
        assert_eq!(press(&map, "?"), None);
        assert_eq!(press(&map, "Alt-q"), Some(Command::Browser));
        assert_eq!(press(&map, "Alt-e"), Some(Command::NextProblem));
    }

    #[test]
    fn control_c_quits_whatever_else_is_chosen() {
        for chosen in [&[][..], &["Q"], &["Q", "Ctrl-C"]] {
            let map = Keymap::with(&[(Command::Quit, keys(chosen))]);
            assert_eq!(press(&map, "Ctrl-C"), Some(Command::Quit), "{chosen:?}");
            assert_eq!(press(&map, "q"), None);
        }
    }

    #[test]
    fn hints_and_the_footer_name_the_keys_that_are_bound() {
        let map = Keymap::default();
        for (entry, _) in bindings().filter_map(|binding| binding.footer) {
            assert_eq!(map.footer(entry).as_deref(), Some(entry));
        }
        assert_eq!(map.hint(Command::Up), "↑");
        let map = Keymap::with(&[(Command::Down, keys(&["F2"]))]);
        assert_eq!(map.footer("↑↓").as_deref(), Some("↑/F2"));
        let map = Keymap::with(&[
            (Command::Up, keys(&["w", "Up"])),
            (Command::Down, keys(&["s"])),
            (Command::StepBack, keys(&[])),
            (Command::Back, keys(&["Alt-x"])),
            (Command::Mouse, keys(&[])),
            (Command::Quit, keys(&[])),
            (Command::Help, keys(&[])),
        ]);
        assert_eq!(map.footer("↑↓").as_deref(), Some("ws"));
        assert_eq!(map.footer("Esc").as_deref(), Some("Alt-x"));
        assert_eq!(map.footer("←→").as_deref(), Some("→"));
        assert_eq!(map.footer("q").as_deref(), Some("Ctrl-C"));
        assert_eq!(map.footer("?"), None);
        assert_eq!(map.hint(Command::Up), "w");
        assert_eq!(map.hint(Command::Mouse), ":mouse");
        assert!(
            map.table().contains("\n-               mouse "),
            "{}",
            map.table()
        );
    }
}
