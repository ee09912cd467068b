//! What the app prints that was started here: the newest lines.

use super::pane;
use crate::{app::App, keys::Command, theme::Theme};
use onionskin::text::escape;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Text},
    widgets::Paragraph,
};

/// What is left of `area`, and its own at the foot, if it is to be seen.
pub(super) fn split(area: Rect, app: &App) -> (Rect, Option<Rect>) {
    if app.output.as_ref().is_none_or(|output| !output.shown) {
        return (area, None);
    }
    let height = (area.height / 4).clamp(5, 14);
    let [rest, foot] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area);
    (rest, Some(foot))
}

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let Some(output) = &app.output else {
        return;
    };
    let key = app.keys.hint(Command::Output);
    let title = match &output.ended {
        None => format!(" app  ({key} hides it) "),
        Some(how) => format!(" app: ended, {}  ({key} hides it) ", escape(how)),
    };
    let inner = pane(frame, area, Line::from(title), false, theme);
    let lines = output
        .last(inner.height.into())
        .map(|line| Line::from(escape(line)));
    frame.render_widget(Paragraph::new(Text::from_iter(lines)), inner);
}
