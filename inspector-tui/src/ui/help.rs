//! All keys, over everything else.

use super::fit;
use crate::{app::App, keys::KEYS, theme::Theme};
use onionskin::text::escape;
use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};

/// ```text
/// ┌ keys ──────────────────────────────────────────┐
/// │ ?          show or hide this                   │
/// │ ↑ k        up: cycle, step, or line of the pane│
/// │                                                │
/// │ ▂█▁▁ in the list: time on the way in, …        │
/// │ http://127.0.0.1:7335/#token=…                 │
/// └────────────────────────────────────────────────┘
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let mut lines: Vec<_> = KEYS
        .iter()
        .map(|b| {
            Line::from(vec![
                Span::styled(format!(" {}", fit::pad(b.shown, 11)), theme.strong()),
                b.help.into(),
            ])
        })
        .collect();
    lines.push(Line::styled(
        " ▂█▁▁ in the list: time in layers in, view, layers out, sending",
        theme.dim(),
    ));
    let url = escape(&app.url);
    let width = area.width.min(76);
    let wrapped = fit::width(&url).div_ceil(usize::from(width).saturating_sub(3).max(1));
    lines.push(Line::from(format!(" {url}")));
    let height = (lines.len() + wrapped.saturating_sub(1)) as u16 + 2;
    let popup = area.centered(
        Constraint::Length(width),
        Constraint::Length(height.min(area.height)),
    );
    let block = Block::bordered()
        .title(" keys ")
        .border_style(theme.border(true));
    frame.render_widget(Clear, popup);
    frame.render_widget(
        Paragraph::new(lines)
            .wrap(Wrap { trim: false })
            .block(block),
        popup,
    );
}
