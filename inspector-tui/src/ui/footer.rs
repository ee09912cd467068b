//! The keys that matter most.

use super::fit;
use crate::{keys, theme::Theme};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// ```text
///  ? help  ↑↓ move  Enter open  ←→ step  Space play  Tab pane  f freeze  o browser  Esc back  q quit
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, theme: Theme) {
    let entries: Vec<_> = keys::bindings().filter_map(|b| b.footer).collect();
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
