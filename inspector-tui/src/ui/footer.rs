//! The keys that matter most on the screen in view, or what the last one led to.

use super::fit;
use crate::{
    app::{App, page_lines},
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
        .filter_map(|row| Some((row.footer.as_deref()?, row.binding.footer?.1)));
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
        return command != Command::ViewCycles;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Event, News},
        keys,
        testing::{answer, busy, every, press},
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
