//! What is searched for in the open cycle: all of it is marked, nothing is hidden.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use onionskin_web::{model::Timeline, view::search};
use tui_input::{Input as Line, backend::crossterm::EventHandler};

/// What is searched for.
#[derive(Debug, Default)]
pub struct Search {
    /// The text, in lower case; empty: nothing.
    pub text: String,
    /// The field, while somebody writes in it.
    pub field: Option<Line>,
}

impl Search {
    /// Opens the field.
    pub(super) fn open(&mut self) {
        self.field = Some(Line::new(self.text.clone()));
    }

    /// A key goes to the field. What is written is marked at once. Returns whether it was entered.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let Some(field) = &mut self.field else {
            return false;
        };
        match key.code {
            KeyCode::Esc => {
                self.field = None;
                self.text.clear();
            }
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                self.field = None;
                self.text.clear();
            }
            KeyCode::Enter => {
                self.field = None;
                return true;
            }
            _ => {
                field.handle_event(&Input::Key(key));
                self.text = field.value().to_lowercase();
            }
        }
        false
    }
}

/// The next step behind `step`, or before it, at which the text is. Round and round.
pub(super) fn step(timeline: &Timeline, step: usize, text: &str, forward: bool) -> Option<usize> {
    let found = search(timeline, text);
    let next = match forward {
        true => found.range(step + 1..).next().or(found.first()),
        false => found.range(..step).next_back().or(found.last()),
    };
    next.copied()
}
