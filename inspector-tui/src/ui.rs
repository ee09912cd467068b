//! The screen. One file a region, each a function `render` with the region drawn above it.
//!
//! ```text
//! ┌──────────────────────────────────────┐
//! │ header                               │  always
//! ├──────────────────────────────────────┤
//! │ list                                 │  alone, then with the timeline, or with all where there is room
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

mod ascii;
mod bars;
mod filter;
mod fit;
mod footer;
mod found;
mod header;
mod jump;
mod line;
mod list;
mod message;
mod output;
mod page;
mod palette;
mod spans;
mod split;
mod spot;
mod timeline;

pub use spot::{Border, border, dragged, spot, spots, step_at};

use crate::{app::App, keys::Command, theme::Theme};
use onionskin::wire::Side;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    symbols::merge::MergeStrategy,
    text::Line,
    widgets::{Block, Paragraph},
};

/// Draws everything.
pub fn render(frame: &mut Frame<'_>, app: &App, theme: Theme) {
    draw(frame, app, theme);
    if theme.ascii() {
        ascii::translate(frame.buffer_mut());
    }
}

fn draw(frame: &mut Frame<'_>, app: &App, theme: Theme) {
    let Some(Areas {
        top,
        body,
        output,
        bottom,
    }) = areas(frame.area(), app, theme)
    else {
        let quit = app.keys.hint(Command::Quit);
        let text = Paragraph::new(format!(
            "onionskin needs 40 columns and 10 lines; {quit} quits"
        ));
        frame.render_widget(text, frame.area());
        return;
    };
    header::render(frame, top, app, theme);
    if let Some(area) = output {
        output::render(frame, area, app, theme);
    }
    match app.pages.last() {
        Some(shown) => page::render(frame, body, app, shown, theme),
        None => panes(frame, body, app, theme),
    }
    footer::render(frame, bottom, app, theme);
    filter::render(frame, body, bottom, app, theme);
    palette::render(frame, body, bottom, app, theme);
    jump::render(frame, app, theme);
}

/// What is always there, and what the app prints.
struct Areas {
    top: Rect,
    body: Rect,
    output: Option<Rect>,
    bottom: Rect,
}

/// None where there is no room.
fn areas(area: Rect, app: &App, theme: Theme) -> Option<Areas> {
    if area.width < 40 || area.height < 10 {
        return None;
    }
    let [top, rest, bottom] = Layout::vertical([
        Constraint::Length(header::height(area, app, theme)),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let (body, output) = output::split(rest, app);
    Some(Areas {
        top,
        body,
        output,
        bottom,
    })
}

fn panes(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let split = split::split(area, app);
    if let Some(area) = split.list {
        list::render(frame, area, app, theme);
    }
    if let Some(area) = split.timeline {
        timeline::render(frame, area, app, theme);
        found::mark(frame.buffer_mut(), area, &app.search.text, theme);
    }
    for (side, area) in [
        (Side::Request, split.request),
        (Side::Response, split.response),
    ] {
        if let Some(area) = area {
            message::render(frame, area, app, side, theme);
            found::mark(frame.buffer_mut(), area, &app.search.text, theme);
        }
    }
}

/// Columns of the lines of the request and of the response; of a message that is not in view, those that it had.
pub fn columns(area: Rect, app: &App, theme: Theme) -> [u16; 2] {
    let split = areas(area, app, theme).map(|areas| split::split(areas.body, app));
    let split = split.unwrap_or_default();
    let [request, response] = app.layout.columns;
    let of = |pane: Option<Rect>, had| pane.map_or(had, |pane| inside(pane).width);
    [of(split.request, request), of(split.response, response)]
}

/// The frame of a pane; neighbours share their borders. The inner area is what is left, a column of air on each side.
fn pane(frame: &mut Frame<'_>, area: Rect, title: Line<'_>, focused: bool, theme: Theme) -> Rect {
    let block = Block::bordered()
        .merge_borders(MergeStrategy::Exact)
        .border_style(theme.border(focused))
        .title_style(theme.title(focused))
        .title(title);
    frame.render_widget(block, area);
    inside(area)
}

/// What a pane's frame leaves.
fn inside(area: Rect) -> Rect {
    let inner = Block::bordered().inner(area);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
