//! The screen. One file a region, each a function `render` with the region drawn above it.
//!
//! ```text
//! ┌──────────────────────────────────────┐
//! │ header                               │  always
//! ├──────────────────────────────────────┤
//! │ list                                 │  with the timeline, or with all where there is room
//! ├──────────────────────────────────────┤
//! │ timeline                             │
//! ├──────────────────┬───────────────────┤
//! │ message: request │ message: response │  with the timeline; alone where there is little room
//! ├──────────────────┴───────────────────┤
//! │ output                               │  of an app that was started here, unless hidden
//! ├──────────────────────────────────────┤
//! │ footer                               │  always
//! └──────────────────────────────────────┘
//! ```

mod bars;
mod filter;
mod fit;
mod footer;
mod header;
mod help;
mod list;
mod message;
mod output;
mod spans;
mod timeline;

use crate::{
    app::{App, Pane},
    theme::Theme,
};
use onionskin::wire::Side;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect, Spacing},
    symbols::merge::MergeStrategy,
    text::Line,
    widgets::{Block, Paragraph},
};

/// Draws everything.
pub fn render(frame: &mut Frame<'_>, app: &App, theme: Theme) {
    let area = frame.area();
    if area.width < 40 || area.height < 10 {
        frame.render_widget(
            Paragraph::new("onionskin needs 40 columns and 10 lines; q quits"),
            area,
        );
        return;
    }
    let [top, body, bottom] = Layout::vertical([
        Constraint::Length(header::height(area, app, theme)),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    header::render(frame, top, app, theme);
    let body = output::render(frame, body, app, theme);
    panes(frame, body, app, theme);
    match app.filter.field {
        Some(_) => filter::render(frame, body, bottom, app, theme),
        None => footer::render(frame, bottom, theme),
    }
    if app.help {
        help::render(frame, body, app, theme);
    }
}

fn panes(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let rows = app
        .view()
        .map_or(6, |v| v.rows.len() + spans::wanted(&v.spans)) as u16
        + 5;
    let split = |constraints: &[Constraint]| {
        Layout::vertical(constraints)
            .spacing(Spacing::Overlap(1))
            .split(area)
    };
    if area.height >= 34 {
        let timeline = rows.min(area.height * 2 / 5).max(8);
        let list = (area.height / 4).max(9);
        let areas = split(&[
            Constraint::Length(list),
            Constraint::Length(timeline),
            Constraint::Fill(1),
        ]);
        list::render(frame, areas[0], app, theme);
        timeline::render(frame, areas[1], app, theme);
        messages(frame, areas[2], app, theme);
        return;
    }
    match app.focus {
        Pane::List => {
            let timeline = rows.min(area.height / 2 + 1).max(6);
            let areas = split(&[Constraint::Fill(1), Constraint::Length(timeline)]);
            list::render(frame, areas[0], app, theme);
            timeline::render(frame, areas[1], app, theme);
        }
        Pane::Timeline => {
            let timeline = rows.min(area.height * 3 / 5).max(6);
            let areas = split(&[Constraint::Length(timeline), Constraint::Fill(1)]);
            timeline::render(frame, areas[0], app, theme);
            messages(frame, areas[1], app, theme);
        }
        Pane::Request => message::render(frame, area, app, Side::Request, theme),
        Pane::Response => message::render(frame, area, app, Side::Response, theme),
    }
}

fn messages(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let [request, response] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)])
        .spacing(Spacing::Overlap(1))
        .areas(area);
    message::render(frame, request, app, Side::Request, theme);
    message::render(frame, response, app, Side::Response, theme);
}

/// The frame of a pane; neighbours share their borders. The inner area is what is left, a column of air on each side.
fn pane(frame: &mut Frame<'_>, area: Rect, title: Line<'_>, focused: bool, theme: Theme) -> Rect {
    let block = Block::bordered()
        .merge_borders(MergeStrategy::Exact)
        .border_style(theme.border(focused))
        .title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

#[cfg(test)]
mod tests;
