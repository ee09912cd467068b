//! The field in which a filter is written, in the place of the footer, and above it what fits.

use super::fit;
use crate::{
    app::{App, Field, byte_at},
    theme::Theme,
};
use onionskin::text::escape;
use onionskin_web::model::{Completion, FilterError};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

/// Most completions that are shown at once.
const SHOWN: usize = 8;

/// ```text
/// ┌ Tab takes one ─────────────────────────┐
/// │▶ status:      status of the response   │
/// │  stage:       …                        │
/// └────────────────────────────────────────┘
///  / sta▏              Enter filter  Esc back
/// ```
pub(super) fn render(frame: &mut Frame<'_>, body: Rect, line: Rect, app: &App, theme: Theme) {
    let Some(field) = &app.filter.field else {
        return;
    };
    let width = usize::from(line.width).saturating_sub(4);
    let scroll = field.line.visual_scroll(width);
    frame.render_widget(Line::styled(" /", theme.strong()), line);
    let room = Rect {
        x: line.x + 3,
        width: line.width.saturating_sub(3),
        ..line
    };
    let written = Paragraph::new(written(field, theme)).scroll((0, scroll as u16));
    frame.render_widget(written, room);
    let at = field.line.visual_cursor().saturating_sub(scroll) as u16;
    frame.set_cursor_position(Position::new(room.x + at, room.y));
    match field.error() {
        Some(error) if field.completions().is_empty() => {
            // Below it in the field, which begins two columns further right than the popup.
            let mark = " ".repeat(2 + mark_at(field, error).saturating_sub(scroll));
            let text = format!("{mark}^ {}", escape(&error.message));
            popup(
                frame,
                body,
                "not understood",
                vec![Line::styled(text, theme.warning())],
                theme,
            );
        }
        _ => completions(frame, body, field, theme),
    }
}

/// Columns before what is wrong.
fn mark_at(field: &Field, error: &FilterError) -> usize {
    let text = field.line.value();
    fit::width(&text[..byte_at(text, error.at)])
}

/// What is written; from where it is wrong, in another colour.
fn written(field: &Field, theme: Theme) -> Line<'static> {
    let text = field.line.value();
    let from = field.error().map_or(text.len(), |e| byte_at(text, e.at));
    let (good, bad) = text.split_at(from);
    Line::from(vec![
        Span::raw(escape(good).into_owned()),
        Span::styled(escape(bad).into_owned(), theme.warning()),
    ])
}

fn completions(frame: &mut Frame<'_>, body: Rect, field: &Field, theme: Theme) {
    let all = field.completions();
    let chosen = field.chosen;
    let skip = chosen.map_or(0, |at| (at + 1).saturating_sub(SHOWN));
    let shown: Vec<(usize, &Completion)> = all.iter().enumerate().skip(skip).take(SHOWN).collect();
    if shown.is_empty() {
        return;
    }
    let column = shown
        .iter()
        .map(|(_, c)| fit::width(&escape(&c.text)))
        .max()
        .unwrap_or(0)
        .min(40);
    let room = usize::from(body.width).saturating_sub(column + 6);
    // The only one is told whole.
    let details = |detail: &str| match all.len() {
        1 => fit::words(detail, room),
        _ => vec![fit::cut(detail, room)],
    };
    let lines = shown
        .into_iter()
        .flat_map(|(i, c)| {
            let is_chosen = chosen == Some(i);
            let sign = if is_chosen { "▶ " } else { "  " };
            let begin = format!("{sign}{}", fit::pad(&escape(&c.text), column));
            let next = " ".repeat(column + 2);
            let begins = std::iter::once(begin).chain(std::iter::repeat(next));
            let style = if is_chosen {
                theme.selected()
            } else {
                theme.strong()
            };
            let details = details(&escape(&c.detail)).into_iter();
            details.zip(begins).map(move |(detail, begin)| {
                Line::from(vec![
                    Span::styled(begin, style),
                    Span::styled(format!("  {detail}"), theme.dim()),
                ])
            })
        })
        .collect();
    popup(frame, body, "Tab takes one, ↓ chooses", lines, theme);
}

fn popup(frame: &mut Frame<'_>, body: Rect, title: &str, lines: Vec<Line<'static>>, theme: Theme) {
    let height = (lines.len() as u16 + 2).min(body.height);
    let widest = lines.iter().map(|l| l.width()).max().unwrap_or(0) + 4;
    let width = (widest.max(30) as u16).min(body.width);
    let area = Rect {
        x: body.x,
        y: body.bottom() - height,
        width,
        height,
    };
    let block = Block::bordered()
        .title(format!(" {title} "))
        .border_style(theme.border(true))
        .title_style(theme.title(true));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
