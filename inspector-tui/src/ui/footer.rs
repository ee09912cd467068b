//! The keys that matter most, or what the last one led to.

use super::fit;
use crate::{app::App, keys, theme::Theme};
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
    if let Some(said) = &app.said {
        let said = fit::cut(said, usize::from(area.width).saturating_sub(1));
        frame.render_widget(Line::styled(format!(" {said}"), theme.strong()), area);
        return;
    }
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
