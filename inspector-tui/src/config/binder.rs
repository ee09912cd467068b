//! Keys of the file, bound to commands.

use super::{
    problem::{Problem, place, unknown},
    values::Names,
};
use crate::keys::{Command, Key, Keymap, bindings};
use std::{collections::BTreeMap, ops::Range};
use toml::Spanned;

/// Binds keys to commands, and collects what is wrong with that.
pub(super) struct Binder<'a> {
    text: &'a str,
    bound: Vec<(Command, Vec<Key>)>,
    /// Keys, by whom they are bound, and where.
    seen: Vec<(Key, &'a str, Range<usize>)>,
    problems: Vec<Problem>,
}

impl<'a> Binder<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            bound: Vec::new(),
            seen: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// What the file makes of the table of keys, or all that is wrong with it.
    pub(super) fn bound(
        mut self,
        keys: &'a BTreeMap<Spanned<String>, Spanned<Names>>,
    ) -> Result<Keymap, Vec<Problem>> {
        // As they stand in the file: of two that want a key, the later one is wrong.
        let mut keys: Vec<_> = keys.iter().collect();
        keys.sort_by_key(|(name, _)| name.span().start);
        for (name, keys) in keys {
            self.command(name, keys);
        }
        match self.problems.is_empty() {
            true => Ok(Keymap::with(&self.bound)),
            false => Err(self.problems),
        }
    }

    fn command(&mut self, name: &'a Spanned<String>, keys: &Spanned<Names>) {
        let command = bindings().find(|binding| binding.name == name.get_ref());
        let Some(binding) = command else {
            let names = bindings().map(|binding| binding.name);
            let what = unknown(
                "no command has this name (`onionskin --print-keys` lists them)",
                name.get_ref(),
                names,
            );
            return self.problem(name.get_ref(), &name.span(), what);
        };
        let names: Vec<(&str, Range<usize>)> = match keys.get_ref() {
            Names::One(key) => vec![(key, keys.span())],
            Names::Many(keys) => keys
                .iter()
                .map(|key| (&**key.get_ref(), key.span()))
                .collect(),
        };
        let mut bound = Vec::new();
        for (key, span) in names {
            match self.key(key, binding.command, &span) {
                Ok(key) => {
                    self.seen.push((key, binding.name, span));
                    bound.push(key);
                }
                Err(what) => self.problem(binding.name, &span, what),
            }
        }
        self.bound.push((binding.command, bound));
    }

    /// The key of a name, if it is free.
    fn key(&self, name: &str, command: Command, span: &Range<usize>) -> Result<Key, String> {
        let key: Key = name.parse().map_err(|what| format!("`{name}`: {what}"))?;
        if let Some((_, other, at)) = self.seen.iter().find(|(seen, ..)| *seen == key) {
            let (line, _) = place(self.text, at.start);
            let (here, _) = place(self.text, span.start);
            return Err(format!(
                "`{name}` in line {here} is bound to `{other}` in line {line} already"
            ));
        }
        match key == Key::QUIT && command != Command::Quit {
            true => Err(format!("`{name}` always quits")),
            false => Ok(key),
        }
    }

    fn problem(&mut self, command: &str, span: &Range<usize>, what: String) {
        let key = format!("keys.{command}");
        self.problems.push(Problem::at(self.text, span, &key, what));
    }
}
