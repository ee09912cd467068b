//! All keys, over everything else.

use super::fit;
use crate::{
    app::App,
    keys::{self, Binding},
    theme::Theme,
};
use onionskin::text::escape;
use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};

/// ```text
/// ┌ keys ────────────────────────────────────────────────────────────┐
/// │  ?          these keys             Space      play, pause        │
/// │  q Ctrl-C   quit                   +          play faster        │
/// │                                                                  │
/// │  + came  - went  ~ changed  > moved  ← auth: and auth did it     │
/// │  http://127.0.0.1:7335/#token=…                                  │
/// └──────────────────────────────────────────────────────────────────┘
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let width = area.width.min(74);
    let column = usize::from(width).saturating_sub(3) / 2;
    let bindings: Vec<&Binding> = keys::bindings().collect();
    let rows = bindings.len().div_ceil(2);
    let entry = |b: &Binding| {
        let help = fit::pad(b.what, column.saturating_sub(11));
        [
            Span::styled(
                format!(" {}", fit::pad(&keys::shown(b), 10)),
                theme.strong(),
            ),
            help.into(),
        ]
    };
    let mut lines: Vec<_> = (0..rows)
        .map(|i| {
            let pair = [bindings.get(i), bindings.get(i + rows)];
            Line::from_iter(pair.into_iter().flatten().copied().flat_map(entry))
        })
        .collect();
    lines.push(Line::default());
    for legend in LEGEND {
        lines.push(Line::styled(format!(" {legend}"), theme.dim()));
    }
    let url = escape(&app.url);
    let room = usize::from(width).saturating_sub(2).max(1);
    let wrapped = fit::width(&url).div_ceil(room).max(1);
    lines.push(Line::default());
    let height = (lines.len() + wrapped) as u16 + 2;
    lines.push(Line::from(url.into_owned()));
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

/// What the signs on the screen mean.
const LEGEND: [&str; 3] = [
    "▂█▁▁ time in layers on the way in, in the view, on the way out, sending",
    "█ a layer's own time   ─ what is inside of it",
    "+ came   - went   ~ changed   > moved   ← auth: auth put it there",
];
