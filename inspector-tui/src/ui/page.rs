//! A screen above the cycles.

use super::{fit, inside, line, pane};
use crate::{
    app::{Action, App, Page, PageLine, page_lines},
    keys::Command,
    theme::Theme,
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::Line,
    widgets::Paragraph,
};

/// ```text
/// ┌ map of the app ─ line 3 of 64 ─────────────── Esc back ┐
/// │ /books/{id}                    1,120×  p50 1.2 ms      │
/// └────────────────────────────────────────────────────────┘
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, page: &Page, theme: Theme) {
    let lines = page_lines(app, &page.screen);
    let cursor = page.cursor.min(lines.len().saturating_sub(1));
    let [open, back] = [Command::Open, Command::Back].map(|command| app.keys.hint(command));
    let leads = match lines.get(cursor).and_then(|line| line.action.as_ref()) {
        Some(Action::Open(_)) => format!(" ─ {open} opens the cycle"),
        Some(Action::Filter(_)) => format!(" ─ {open} filters by it"),
        None => String::new(),
    };
    let title = format!(
        " {} ─ line {} of {}{leads} ─ {back} back ",
        page.screen.title(),
        fit::grouped(cursor as u64 + 1),
        fit::grouped(lines.len() as u64)
    );
    let inner = pane(frame, area, Line::from(title), true, theme);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let skip = skipped(cursor, lines.len(), height);
    let shown: Vec<_> = (lines.iter().enumerate().skip(skip).take(height))
        .map(|(at, line)| page_line(line, width, at == cursor, theme))
        .collect();
    frame.render_widget(Paragraph::new(shown), inner);
}

/// Lines above those in view.
fn skipped(cursor: usize, lines: usize, height: usize) -> usize {
    let skip = cursor.saturating_sub(height / 2);
    skip.min(lines.saturating_sub(height))
}

/// The line that is drawn at a place.
pub(super) fn line_at(area: Rect, app: &App, page: &Page, place: Position) -> Option<usize> {
    let inner = inside(area);
    let lines = page_lines(app, &page.screen).len();
    let cursor = page.cursor.min(lines.saturating_sub(1));
    let at =
        skipped(cursor, lines, inner.height.into()) + usize::from(place.y.checked_sub(inner.y)?);
    (place.y < inner.bottom() && at < lines).then_some(at)
}

fn page_line(shown: &PageLine, width: usize, cursor: bool, theme: Theme) -> Line<'static> {
    let base = if cursor {
        theme.selected()
    } else {
        Style::new()
    };
    // Figures are what a narrow line keeps; the name is cut.
    let right = line::width(&shown.right).min(width.saturating_sub(12));
    let room = width.saturating_sub(right + usize::from(right > 0));
    let mut spans = line::spans(&shown.pieces, room, base, theme);
    if right > 0 {
        spans.push(ratatui::text::Span::styled(" ", base));
        spans.extend(line::spans(&shown.right, right, base, theme));
    }
    Line::from(spans)
}
