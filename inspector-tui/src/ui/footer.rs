//! The keys that matter most on the screen in view, or what the last one led to.

use super::fit;
use crate::{
    app::{App, Pane, page_lines},
    keys::Command,
    theme::Theme,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// ```text
///  ? help  ↑↓ move  Enter open  ←→ step  Space play  Tab pane  f freeze  o browser  Esc back  q quit
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    if app.filter.field.is_some() {
        return;
    }
    if app.jump.is_some() {
        let text = " type a label to go there, Esc gives up";
        frame.render_widget(Line::styled(text, theme.strong()), area);
        return;
    }
    if let Some(said) = &app.said {
        let said = fit::cut(said, usize::from(area.width).saturating_sub(1));
        frame.render_widget(Line::styled(format!(" {said}"), theme.strong()), area);
        return;
    }
    let entries = (app.keys.rows().iter())
        .filter(|row| applies(app, row.binding.command))
        .filter_map(|row| {
            let word = word(app, row.binding.command, row.binding.footer?.1);
            Some((row.footer.as_deref()?, word))
        });
    let mut spans = Vec::new();
    let mut room = usize::from(area.width);
    for (keys, word) in entries {
        let needs = fit::width(keys) + fit::width(word) + 3;
        if needs > room {
            break;
        }
        room -= needs;
        spans.push(Span::styled(format!(" {keys}"), theme.strong()));
        spans.push(Span::styled(format!(" {word} "), theme.dim()));
    }
    frame.render_widget(Line::from(spans), area);
}

/// Whether a command that the footer knows does something on the screen in view.
fn applies(app: &App, command: Command) -> bool {
    let Some(page) = app.pages.last() else {
        return applies_to_cycles(app, command);
    };
    match command {
        Command::Open => page_lines(app, &page.screen)
            .get(page.cursor)
            .is_some_and(|line| line.action.is_some()),
        // The panes', which are below.
        Command::Filter | Command::StepForward | Command::Play | Command::NextPane => false,
        _ => true,
    }
}

/// The same where the list is in view, alone or with the cycle that is open.
fn applies_to_cycles(app: &App, command: Command) -> bool {
    let (in_list, is_open) = (app.focus == Pane::List, app.view().is_some());
    match command {
        Command::ViewCycles => false,
        Command::Open => in_list || can_fold(app),
        Command::StepForward | Command::Play | Command::NextPane => is_open,
        Command::Back | Command::CopyValue => !in_list || app.list.selected().is_some(),
        _ => true,
    }
}

/// Whether the cursor of a message is at JSON that folds.
fn can_fold(app: &App) -> bool {
    let line = |side| app.view()?.pane(side).line();
    let line = app.focus.side().and_then(line);
    line.is_some_and(|line| line.fold.is_some())
}

/// What the entry of a command says: some do another thing in a cycle.
fn word(app: &App, command: Command, word: &'static str) -> &'static str {
    let in_cycle = app.pages.is_empty() && app.focus != Pane::List;
    match command {
        Command::Filter if in_cycle => "search",
        Command::Open if in_cycle => "fold",
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Event, News},
        keys,
        testing::{answer, busy, every, open, press, samples},
    };
    use crossterm::event::KeyCode;

    /// Above the cycles, with a screen open at a line that is not its first.
    fn on(screen: char, line: usize) -> App {
        let mut app = busy();
        for said in ["one", "two"] {
            app.update(Event::News(News::Exported(said.into())));
        }
        press(&mut app, KeyCode::Up);
        answer(&mut app, &every());
        if screen == 'c' {
            press(&mut app, KeyCode::Char('c'));
            press(&mut app, KeyCode::Up);
        }
        press(&mut app, KeyCode::Char(screen));
        answer(&mut app, &every());
        for _ in 0..line {
            press(&mut app, KeyCode::Down);
        }
        app
    }

    /// All of the state, but not what the last key led to.
    fn state(app: &mut App) -> String {
        app.said = None;
        format!("{app:?}")
    }

    fn shown() -> App {
        let mut app = busy();
        press(&mut app, KeyCode::Up);
        answer(&mut app, &every());
        app
    }

    fn in_a_message() -> App {
        let mut app = open(samples::completed(), 8);
        press(&mut app, KeyCode::Tab);
        press(&mut app, KeyCode::Down);
        app
    }

    #[test]
    fn what_is_named_where_cycles_are_in_view_does_something_there() {
        let states: [fn() -> App; 4] =
            [busy, shown, || open(samples::completed(), 8), in_a_message];
        for (at, state_of) in states.iter().enumerate() {
            for binding in keys::bindings().filter(|b| b.footer.is_some()) {
                let mut app = state_of();
                if !applies(&app, binding.command) {
                    continue;
                }
                let before = state(&mut app);
                let key = keys::event(binding.terminal[0]);
                let effect = app
                    .update(Event::Key(key, std::time::Instant::now()))
                    .effect;
                let does = effect.is_some() || state(&mut app) != before;
                assert!(does, "{} in state {at}", binding.name);
            }
        }
        let named = |app: &App| {
            let all = keys::bindings().filter(|b| b.footer.is_some());
            all.filter(|b| applies(app, b.command)).count()
        };
        let counts = states.map(|state_of| named(&state_of()));
        assert_eq!(counts, [9, 14, 13, 13]);
    }

    #[test]
    fn enter_is_named_where_json_folds() {
        let mut app = crate::ui::tests::screens::seen("application/json", br#"{"a":{"b":1}}"#);
        assert!(!applies(&app, Command::Open), "at the first line");
        for _ in 0..99 {
            if can_fold(&app) {
                break;
            }
            press(&mut app, KeyCode::Down);
        }
        assert!(applies(&app, Command::Open));
        assert_eq!(word(&app, Command::Open, "open"), "fold");
    }

    #[test]
    fn what_is_named_on_a_screen_does_something_there_and_the_rest_nothing() {
        let mut opened = 0;
        for (screen, line) in "2345c?".chars().flat_map(|s| [(s, 1), (s, 2)]) {
            for binding in keys::bindings().filter(|b| b.footer.is_some()) {
                let mut app = on(screen, line);
                assert_eq!(app.pages.len(), 1, "{screen}");
                let named = applies(&app, binding.command);
                let before = state(&mut app);
                let key = keys::event(binding.terminal[0]);
                let effect = app
                    .update(Event::Key(key, std::time::Instant::now()))
                    .effect;
                let does = effect.is_some() || state(&mut app) != before;
                assert_eq!(named, does, "{} on {screen}, line {line}", binding.name);
                opened += usize::from(named && binding.command == Command::Open);
            }
        }
        assert!(opened > 0, "no line led anywhere");
    }
}
