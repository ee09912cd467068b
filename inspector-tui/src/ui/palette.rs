//! The lines in which something is written: the name of a choice, or what is searched for; in the place of the footer.

use super::fit;
use crate::{
    app::{App, Choices, Palette},
    keys::Keymap,
    theme::Theme,
};
use onionskin::text::escape;
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};
use tui_input::Input;

/// Most choices that are shown at once.
const SHOWN: usize = 10;

/// ```text
/// ┌ commands ──────────────────────────────┐
/// │▶ next-problem      e   next problem    │
/// └────────────────────────────────────────┘
///  : prob▏
/// ```
pub(super) fn render(frame: &mut Frame<'_>, body: Rect, line: Rect, app: &App, theme: Theme) {
    if let Some(field) = &app.search.field {
        write(frame, line, " /", field, theme);
    }
    if let Some(palette) = &app.palette {
        let sign = match palette.of {
            Choices::Commands => " :",
            Choices::Formats { .. } => " x",
        };
        write(frame, line, sign, &palette.line, theme);
        choices(frame, body, palette, &app.keys, theme);
    }
}

fn write(frame: &mut Frame<'_>, line: Rect, sign: &'static str, field: &Input, theme: Theme) {
    let width = usize::from(line.width).saturating_sub(4);
    let scroll = field.visual_scroll(width);
    frame.render_widget(Clear, line);
    frame.render_widget(Line::styled(sign, theme.strong()), line);
    let room = Rect {
        x: line.x + 3,
        width: line.width.saturating_sub(3),
        ..line
    };
    let written = Paragraph::new(escape(field.value()).into_owned()).scroll((0, scroll as u16));
    frame.render_widget(written, room);
    let at = field.visual_cursor().saturating_sub(scroll) as u16;
    frame.set_cursor_position(Position::new(room.x + at, room.y));
}

fn choices(frame: &mut Frame<'_>, body: Rect, palette: &Palette, keymap: &Keymap, theme: Theme) {
    let found = palette.found(keymap);
    let (names, keys) = match palette.of {
        Choices::Commands => (18, 11),
        Choices::Formats { .. } => (13, 16),
    };
    let skip = (palette.chosen + 1).saturating_sub(SHOWN);
    let lines: Vec<_> = (found.iter().enumerate().skip(skip).take(SHOWN))
        .map(|(at, choice)| {
            let is_chosen = at == palette.chosen;
            let sign = if is_chosen { "▶ " } else { "  " };
            let style = if is_chosen {
                theme.selected()
            } else {
                theme.strong()
            };
            Line::from(vec![
                Span::styled(format!("{sign}{:<names$}", choice.name), style),
                Span::styled(format!("  {:<keys$}", choice.keys), theme.strong()),
                Span::styled(choice.what.clone(), theme.dim()),
            ])
        })
        .collect();
    let height = (lines.len().max(1) as u16 + 2).min(body.height);
    let area = Rect {
        x: body.x,
        y: body.bottom() - height,
        width: body.width.min(76),
        height,
    };
    let title = match (&palette.of, found.is_empty()) {
        (Choices::Commands, true) => " no command has such a name ",
        (Choices::Commands, false) => " commands ─ Enter does it, Esc goes back ",
        (Choices::Formats { .. }, true) => " no format has such a name ",
        (Choices::Formats { .. }, false) => " export as ─ Enter writes a file here, Esc goes back ",
    };
    let block = Block::bordered()
        .title(fit::cut(title, usize::from(area.width).saturating_sub(2)))
        .border_style(theme.border(true))
        .title_style(theme.title(true));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
