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
    text::{Line, Span},
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
    let width = usize::from(inner.width);
    let edge = edge(&lines).min(width);
    let Window {
        skip,
        height,
        below,
    } = window(&lines, cursor, inner);
    let mut shown: Vec<_> = (lines.iter().enumerate().skip(skip).take(height))
        .map(|(at, line)| page_line(line, edge, width, at == cursor, theme))
        .collect();
    if !below.is_empty() {
        shown.resize_with(height, Line::default);
    }
    let below = below.into_iter();
    shown.extend(below.map(|text| Line::styled(text, theme.dim())));
    frame.render_widget(Paragraph::new(shown), inner);
}

/// Which lines are in view.
struct Window {
    /// Lines above them.
    skip: usize,
    /// Lines for them.
    height: usize,
    /// The one at the cursor, whole, where it is cut.
    below: Vec<String>,
}

fn window(lines: &[PageLine], cursor: usize, inner: Rect) -> Window {
    let height = usize::from(inner.height);
    let below = match lines.get(cursor) {
        Some(line) if is_cut(line, inner.width.into()) => {
            whole(line, inner.width.into(), height / 2)
        }
        _ => Vec::new(),
    };
    let height = height - below.len();
    Window {
        skip: skipped(cursor, lines.len(), height),
        height,
        below,
    }
}

/// The whole line, in so many lines at most.
fn whole(line: &PageLine, width: usize, most: usize) -> Vec<String> {
    let mut whole = fit::words(&line.text(), width);
    if whole.len() > most {
        whole.truncate(most);
        if let Some(last) = whole.last_mut() {
            *last = fit::cut_off(last, width);
        }
    }
    whole
}

/// Lines above those in view.
fn skipped(cursor: usize, lines: usize, height: usize) -> usize {
    let skip = cursor.saturating_sub(height / 2);
    skip.min(lines.saturating_sub(height))
}

/// The line that is drawn at a place.
pub(super) fn line_at(area: Rect, app: &App, page: &Page, place: Position) -> Option<usize> {
    let inner = inside(area);
    let lines = page_lines(app, &page.screen);
    let cursor = page.cursor.min(lines.len().saturating_sub(1));
    let Window { skip, height, .. } = window(&lines, cursor, inner);
    let at = usize::from(place.y.checked_sub(inner.y)?);
    (at < height && skip + at < lines.len()).then_some(skip + at)
}

/// Where figures end: so far to the right that none is on a name, and no further, that the eye finds them.
fn edge(lines: &[PageLine]) -> usize {
    let lines = lines.iter().filter(|line| !line.right.is_empty());
    let wanted = lines.map(|line| line::width(&line.pieces) + 3 + line::width(&line.right));
    wanted.max().unwrap_or(0)
}

fn page_line(
    shown: &PageLine,
    edge: usize,
    width: usize,
    cursor: bool,
    theme: Theme,
) -> Line<'static> {
    let base = if cursor {
        theme.selected()
    } else {
        Style::new()
    };
    let (room, right) = match shown.right.is_empty() {
        true => (width, 0),
        false => rooms(shown, edge),
    };
    let mut spans = line::spans(&shown.pieces, room, base, theme);
    if right > 0 {
        spans.push(Span::styled(" ", base));
        spans.extend(line::spans(&shown.right, right, base, theme));
        spans.push(Span::styled(" ".repeat(width - edge), base));
    }
    Line::from(spans)
}

/// Columns for what it says, and for its figures. These are what a narrow line keeps; the name is cut.
fn rooms(line: &PageLine, width: usize) -> (usize, usize) {
    let right = line::width(&line.right).min(width.saturating_sub(12));
    let room = width.saturating_sub(right + usize::from(right > 0));
    (room, right)
}

fn is_cut(line: &PageLine, width: usize) -> bool {
    let (room, right) = rooms(line, width);
    line::width(&line.pieces) > room || line::width(&line.right) > right
}
