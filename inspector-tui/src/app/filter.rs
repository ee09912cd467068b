//! Which cycles are shown, and the field in which that is written.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use onionskin_web::model::{Completion, FilterError, FilterHelp};
use tui_input::{Input as Line, backend::crossterm::EventHandler};

/// Filters that are remembered.
const HISTORY: usize = 50;

/// Which cycles are shown.
#[derive(Debug, Default)]
pub struct Filter {
    /// As it was written.
    pub text: String,
    /// It is switched off, and not forgotten.
    pub off: bool,
    /// Health checks and the like are hidden.
    pub quiet: bool,
    /// How many kept cycles match.
    pub matched: Option<u64>,
    /// Why the inspector did not take it.
    pub refused: Option<String>,
    /// The field, while somebody writes in it.
    pub field: Option<Field>,
    /// Those used before, the last one last.
    history: Vec<String>,
}

impl Filter {
    /// The filter that counts.
    pub fn active(&self) -> String {
        let text = if self.off { "" } else { self.text.as_str() };
        match (self.quiet, text) {
            (false, text) => text.to_owned(),
            (true, "") => "!health".to_owned(),
            (true, text) => format!("({text}) !health"),
        }
    }

    /// Opens the field, with what is written there now.
    pub(super) fn open(&mut self) {
        self.field = Some(Field {
            line: Line::new(self.text.clone()),
            recalled: self.history.len(),
            ..Field::default()
        });
    }

    /// A key goes to the field.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let Some(field) = &mut self.field else {
            return Typed::Nothing;
        };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.field = None,
            KeyCode::Char('c') if control => self.field = None,
            KeyCode::Enter if field.error().is_some() => {}
            KeyCode::Enter => {
                let text = field.line.value().trim().to_owned();
                self.field = None;
                self.remember(&text);
                self.text = text;
                self.off = false;
                return Typed::Done;
            }
            KeyCode::Tab => return field.accept(),
            KeyCode::BackTab => field.choose(-1),
            KeyCode::Down if !field.completions().is_empty() => field.choose(1),
            KeyCode::Up if field.chosen.is_some() => field.choose(-1),
            KeyCode::Up => return self.recall(-1),
            KeyCode::Down => return self.recall(1),
            _ => {
                let before = (field.line.value().to_owned(), field.line.cursor());
                field.line.handle_event(&Input::Key(key));
                if before != (field.line.value().to_owned(), field.line.cursor()) {
                    field.chosen = None;
                    return Typed::Changed;
                }
            }
        }
        Typed::Nothing
    }

    fn remember(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.history.retain(|known| known != text);
        self.history.push(text.to_owned());
        let over = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..over);
    }

    /// Puts a filter that was used before into the field.
    fn recall(&mut self, by: isize) -> Typed {
        let Some(field) = &mut self.field else {
            return Typed::Nothing;
        };
        let at = field.recalled.saturating_add_signed(by);
        if at > self.history.len() || at == field.recalled {
            return Typed::Nothing;
        }
        field.recalled = at;
        field.line = Line::new(self.history.get(at).cloned().unwrap_or_default());
        Typed::Changed
    }

    /// The inspector answered. What it says of a text that stands there no more is forgotten.
    pub(super) fn help(&mut self, text: &str, help: FilterHelp) {
        if let Some(field) = self.field.as_mut().filter(|f| f.line.value() == text) {
            field.chosen = None;
            field.help = Some((text.to_owned(), help));
        }
    }
}

/// What a key in the field led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The screen may show something else, and that is all.
    Nothing,
    /// Something else is written there: ask what the inspector says to it.
    Changed,
    /// The filter is to be used.
    Done,
}

/// The field in which a filter is written.
#[derive(Debug, Default)]
pub struct Field {
    /// What is written, and where the cursor is.
    pub line: Line,
    /// What the inspector said, and of which text.
    help: Option<(String, FilterHelp)>,
    /// The completion that is chosen.
    pub chosen: Option<usize>,
    /// Which filter of those used before is shown; behind the last: none.
    recalled: usize,
}

impl Field {
    fn current_help(&self) -> Option<&FilterHelp> {
        let (of, help) = self.help.as_ref()?;
        (of == self.line.value()).then_some(help)
    }

    /// What is wrong with what is written.
    pub fn error(&self) -> Option<&FilterError> {
        self.current_help()?.error.as_ref()
    }

    /// What fits at the cursor; nothing until the inspector has answered for what is written now.
    pub fn completions(&self) -> &[Completion] {
        self.current_help().map_or(&[], |h| &h.completions)
    }

    fn choose(&mut self, by: isize) {
        let len = self.completions().len();
        if len == 0 {
            return;
        }
        self.chosen = match (self.chosen, by < 0) {
            (None, false) => Some(0),
            (None, true) => Some(len - 1),
            (Some(0), true) => None,
            (Some(at), _) => Some(at.saturating_add_signed(by).min(len - 1)),
        };
    }

    /// Takes the chosen completion, or the first.
    fn accept(&mut self) -> Typed {
        let at = self.chosen.take().unwrap_or(0);
        let Some(completion) = self.completions().get(at) else {
            return Typed::Nothing;
        };
        let value = self.line.value();
        let (from, to) = (
            byte_at(value, completion.from),
            byte_at(value, completion.to),
        );
        let text = format!("{}{}", &value[..from], completion.text);
        let cursor = text.chars().count();
        let whole = text + &value[to.max(from)..];
        self.line = Line::new(whole).with_cursor(cursor);
        Typed::Changed
    }

    /// Where the cursor is, as the API counts.
    pub(super) fn cursor_utf16(&self) -> u32 {
        let before = self.line.value().chars().take(self.line.cursor());
        before.map(|c| c.len_utf16() as u32).sum()
    }
}

/// The byte at which so many UTF-16 code units end.
pub fn byte_at(text: &str, units: u32) -> usize {
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen >= units {
            return at;
        }
        seen += c.len_utf16() as u32;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_web::model::CompletionKind;

    fn key(filter: &mut Filter, code: KeyCode) -> Typed {
        filter.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn type_text(filter: &mut Filter, text: &str) {
        for c in text.chars() {
            assert_eq!(key(filter, KeyCode::Char(c)), Typed::Changed);
        }
    }

    fn help(completions: &[(&str, u32, u32)], error: Option<&str>) -> FilterHelp {
        let completion = |(text, from, to): &(&str, u32, u32)| Completion {
            text: (*text).into(),
            from: *from,
            to: *to,
            what: CompletionKind::Field,
            detail: String::new(),
        };
        FilterHelp {
            ok: error.is_none(),
            error: error.map(|message| FilterError {
                at: 0,
                len: 1,
                message: message.into(),
            }),
            canonical: None,
            completions: completions.iter().map(completion).collect(),
        }
    }

    #[test]
    fn what_is_written_counts_once_it_is_entered_and_can_be_switched_off() {
        let mut filter = Filter::default();
        filter.open();
        type_text(&mut filter, "status:500");
        assert_eq!(filter.active(), "");
        assert_eq!(key(&mut filter, KeyCode::Enter), Typed::Done);
        assert_eq!(filter.active(), "status:500");
        filter.quiet = true;
        assert_eq!(filter.active(), "(status:500) !health");
        filter.off = true;
        assert_eq!(filter.active(), "!health");
        filter.open();
        type_text(&mut filter, "1");
        key(&mut filter, KeyCode::Esc);
        assert_eq!(filter.text, "status:500", "given up");
    }

    #[test]
    fn a_completion_takes_the_place_it_names_beyond_the_basic_plane_too() {
        let mut filter = Filter::default();
        filter.open();
        type_text(&mut filter, "body~\"🧅\" sta");
        // In UTF-16 the onion is two.
        filter.help(
            "body~\"🧅\" sta",
            help(&[("stage:", 10, 13), ("status:", 10, 13)], None),
        );
        key(&mut filter, KeyCode::Down);
        key(&mut filter, KeyCode::Down);
        assert_eq!(key(&mut filter, KeyCode::Tab), Typed::Changed);
        let field = filter.field.as_ref().unwrap();
        assert_eq!(field.line.value(), "body~\"🧅\" status:");
        assert_eq!(field.cursor_utf16(), 17);
        assert!(field.completions().is_empty(), "those were of another text");
    }

    #[test]
    fn what_is_wrong_is_not_entered_and_old_answers_do_not_count() {
        let mut filter = Filter::default();
        filter.open();
        type_text(&mut filter, "status");
        filter.help("status", help(&[], Some("a value is missing")));
        assert_eq!(key(&mut filter, KeyCode::Enter), Typed::Nothing);
        assert!(filter.field.is_some());
        type_text(&mut filter, ":200");
        filter.help("status:20", help(&[], Some("of another text")));
        assert_eq!(key(&mut filter, KeyCode::Enter), Typed::Done);
        filter.help("status:200", help(&[("x", 0, 0)], None));
        assert!(
            filter.field.is_none(),
            "an answer that comes late opens nothing"
        );
    }

    #[test]
    fn filters_used_before_come_back() {
        let mut filter = Filter::default();
        for text in ["a", "b", "a"] {
            filter.text.clear();
            filter.open();
            type_text(&mut filter, text);
            key(&mut filter, KeyCode::Enter);
        }
        assert_eq!(filter.history, ["b", "a"]);
        filter.open();
        let shown = |filter: &Filter| filter.field.as_ref().unwrap().line.value().to_owned();
        key(&mut filter, KeyCode::Up);
        key(&mut filter, KeyCode::Up);
        assert_eq!(shown(&filter), "b");
        key(&mut filter, KeyCode::Up);
        assert_eq!(shown(&filter), "b", "there is none before");
        key(&mut filter, KeyCode::Down);
        key(&mut filter, KeyCode::Down);
        assert_eq!(shown(&filter), "");
    }
}
