//! What the app prints that was started here: the newest lines.

use super::pane;
use crate::{app::App, theme::Theme};
use onionskin::text::escape;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Text},
    widgets::Paragraph,
};

/// Draws it at the foot of `area`, if it is to be seen. Returns what is left.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) -> Rect {
    let Some(output) = app.output.as_ref().filter(|output| output.shown) else {
        return area;
    };
    let height = (area.height / 4).clamp(5, 14);
    let [rest, foot] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area);
    let title = match &output.ended {
        None => " app  (O hides it) ".to_owned(),
        Some(how) => format!(" app: ended, {}  (O hides it) ", escape(how)),
    };
    let inner = pane(frame, foot, Line::from(title), false, theme);
    let lines = output
        .last(inner.height.into())
        .map(|line| Line::from(escape(line)));
    frame.render_widget(Paragraph::new(Text::from_iter(lines)), inner);
    rest
}
