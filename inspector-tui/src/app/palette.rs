//! Commands by their names: as much of it as tells it apart, in any order of its words.

use crate::keys::{self, Binding};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::{Input as Line, backend::crossterm::EventHandler};

/// Commands by their names.
#[derive(Debug, Default)]
pub struct Palette {
    /// What is written.
    pub line: Line,
    /// Which of the found is chosen.
    pub chosen: usize,
}

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Nothing yet.
    Nothing,
    /// It was given up.
    GivenUp,
    /// This.
    Command(keys::Command),
}

impl Palette {
    /// The commands that fit, the best first.
    pub fn found(&self) -> Vec<&'static Binding> {
        let pattern = Pattern::parse(self.line.value(), CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut found: Vec<_> = keys::bindings()
            .filter(|binding| binding.command != keys::Command::Palette)
            .filter_map(|binding| {
                let text = format!("{} {}", binding.name, binding.what);
                let text = nucleo_matcher::Utf32Str::new(&text, &mut buffer);
                Some((pattern.score(text, &mut matcher)?, binding))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, binding)| binding).collect()
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Chosen {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Chosen::GivenUp,
            KeyCode::Char('c') if control => return Chosen::GivenUp,
            KeyCode::Enter => {
                let found = self.found();
                let chosen = found.get(self.chosen);
                return chosen.map_or(Chosen::Nothing, |b| Chosen::Command(b.command));
            }
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => {
                let last = self.found().len().saturating_sub(1);
                self.chosen = (self.chosen + 1).min(last);
            }
            _ => {
                self.line.handle_event(&Input::Key(key));
                self.chosen = 0;
            }
        }
        Chosen::Nothing
    }
}
