//! The request or the response at the step we are at.

use super::{fit, pane};
use crate::{
    app::{App, MessageLine, Pane, message_lines},
    theme::Theme,
};
use onionskin::wire::Side;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

/// ```text
/// ┌ request ───────────────────────────┐
/// │   GET /books/7 HTTP/1.1            │
/// │   host: localhost:3000             │
/// │ + x-user-id: 42             ← auth │
/// └────────────────────────────────────┘
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, side: Side, theme: Theme) {
    let (name, own) = match side {
        Side::Request => ("request", Pane::Request),
        Side::Response => ("response", Pane::Response),
    };
    let focused = app.focus == own;
    let title = match app.view() {
        Some(view) => format!(" {name} at step {} ", view.player.step() + 1),
        None => format!(" {name} "),
    };
    let inner = pane(frame, area, Line::from(title), focused, theme);
    let Some(view) = app.view() else {
        return;
    };
    let Some(lines) = message_lines(view, side) else {
        frame.render_widget(Line::styled("(not yet)", theme.dim()), inner);
        return;
    };
    let height = usize::from(inner.height);
    let skip = match focused {
        true => app.scroll.min(lines.len().saturating_sub(1)),
        // The change of this step is what one wants to see.
        false => {
            let last = lines.iter().rposition(|l| l.sign.is_some()).unwrap_or(0);
            (last + 1).saturating_sub(height)
        }
    };
    let shown = lines.iter().skip(skip).take(height);
    let shown: Vec<_> = shown
        .map(|l| line(l, usize::from(inner.width), theme))
        .collect();
    frame.render_widget(Paragraph::new(shown), inner);
}

fn line(line: &MessageLine, width: usize, theme: Theme) -> Line<'static> {
    let style = line.sign.map_or(Default::default(), |s| theme.sign(s));
    let sign = line.sign.map_or(' ', |s| s.as_char());
    let by = line
        .by
        .as_ref()
        .map_or(String::new(), |by| format!(" ← {by}"));
    let by = fit::cut(&by, width * 2 / 5);
    let room = width.saturating_sub(2 + fit::width(&by));
    Line::from(vec![
        Span::styled(format!("{sign} "), style.patch(theme.strong())),
        Span::styled(fit::pad(&line.text, room), style),
        Span::styled(
            by,
            if line.sign.is_some() {
                style
            } else {
                theme.dim()
            },
        ),
    ])
}
