//! What is chosen by its name, as much of it as tells it apart: a command, or the format of an export.

use crate::keys::{self, Keymap};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};
use onionskin_web::export::Format;
use tui_input::{Input as Line, backend::crossterm::EventHandler};

/// A choice by names.
#[derive(Debug, Default)]
pub struct Palette {
    /// What is chosen from.
    pub of: Choices,
    /// What is written.
    pub line: Line,
    /// Which of the found is chosen.
    pub chosen: usize,
}

/// What is chosen from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choices {
    /// All commands.
    #[default]
    Commands,
    /// The formats that a cycle can be exported in.
    Formats {
        /// Id of the cycle.
        id: String,
    },
}

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// The keys that do it without this; of a format, how its files end.
    pub keys: String,
    /// What it does.
    pub what: String,
    does: Chosen,
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Nothing yet.
    Nothing,
    /// It was given up.
    GivenUp,
    /// This.
    Command(keys::Command),
    /// To export a cycle.
    Export { id: String, format: Format },
}

impl Choices {
    fn all(&self, keys: &Keymap) -> Vec<Choice> {
        match self {
            Self::Commands => keys
                .rows()
                .iter()
                .filter(|row| row.binding.command != keys::Command::Palette)
                .map(|row| Choice {
                    name: row.binding.name,
                    keys: row.shown(),
                    what: row.binding.what.into(),
                    does: Chosen::Command(row.binding.command),
                })
                .collect(),
            Self::Formats { id } => Format::ALL
                .into_iter()
                .map(|format| Choice {
                    name: format.name(),
                    keys: format!(".{}", format.ending()),
                    what: format.what().into(),
                    does: Chosen::Export {
                        id: id.clone(),
                        format,
                    },
                })
                .collect(),
        }
    }
}

impl Palette {
    /// A choice among these.
    pub fn of(of: Choices) -> Self {
        Self {
            of,
            ..Self::default()
        }
    }

    /// What fits, the best first.
    pub fn found(&self, keys: &Keymap) -> Vec<Choice> {
        let pattern = Pattern::parse(self.line.value(), CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let all = self.of.all(keys).into_iter();
        let mut found: Vec<_> = all
            .filter_map(|choice| {
                let text = format!("{} {}", choice.name, choice.what);
                let text = nucleo_matcher::Utf32Str::new(&text, &mut buffer);
                Some((pattern.score(text, &mut matcher)?, choice))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, choice)| choice).collect()
    }

    pub(super) fn key(&mut self, key: KeyEvent, keys: &Keymap) -> Chosen {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Chosen::GivenUp,
            KeyCode::Char('c') if control => return Chosen::GivenUp,
            KeyCode::Enter => {
                let chosen = self.found(keys).into_iter().nth(self.chosen);
                return chosen.map_or(Chosen::Nothing, |choice| choice.does);
            }
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => {
                let last = self.found(keys).len().saturating_sub(1);
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
