//! What is searched for in the open cycle: all of it is marked, nothing is hidden.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use onionskin::text;
use onionskin_web::model::Timeline;
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

/// The next step behind `step`, or before it, at which the text is: in what changed, in what was logged and run, in the name
/// of its row. Round and round.
pub(super) fn step(timeline: &Timeline, step: usize, text: &str, forward: bool) -> Option<usize> {
    let len = timeline.steps.len();
    let around = (1..=len).map(|by| match forward {
        true => (step + by) % len,
        false => (step + len - by) % len,
    });
    around.into_iter().find(|at| is_at(timeline, *at, text))
}

fn is_at(timeline: &Timeline, at: usize, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    let step = &timeline.steps[at];
    let octets = |value: &Option<onionskin::wire::Octets>| {
        value
            .as_ref()
            .is_some_and(|value| has(&text::escape_bytes(&value.0)))
    };
    let edits = step.edits.iter().any(|edit| {
        edit.name.as_deref().is_some_and(has) || octets(&edit.from) || octets(&edit.to)
    });
    let row = step.row.and_then(|row| timeline.rows.get(row));
    edits
        || row.is_some_and(|row| has(&row.name))
        || (timeline.marks.iter())
            .filter(|mark| mark.after as usize == at)
            .any(|mark| text::lines(&mark.what).iter().any(|line| has(line)))
}
