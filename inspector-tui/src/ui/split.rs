//! Which pane is where.

use super::spans;
use crate::app::{App, Pane};
use ratatui::layout::{Constraint, Layout, Rect, Spacing};

/// Where the panes are; none: not in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) list: Option<Rect>,
    pub(super) timeline: Option<Rect>,
    pub(super) request: Option<Rect>,
    pub(super) response: Option<Rect>,
}

/// All four panes where there is room, else the focused one and what belongs to it; maximised, that one alone.
pub(super) fn split(area: Rect, app: &App) -> Split {
    let mut split = Split::default();
    if app.layout.maximised {
        match app.focus {
            Pane::List => split.list = Some(area),
            Pane::Timeline => split.timeline = Some(area),
            Pane::Request => split.request = Some(area),
            Pane::Response => split.response = Some(area),
        }
        return split;
    }
    let rows = app
        .view()
        .map_or(6, |v| v.timeline.rows.len() + spans::wanted(&v.spans)) as u16
        + 5;
    let more = |lines: u16, by: i16| {
        let most = area.height.saturating_sub(6).max(4);
        lines.saturating_add_signed(by).clamp(4, most)
    };
    let layout = &app.layout;
    if area.height >= 34 {
        let timeline = more(rows.min(area.height * 2 / 5).max(8), layout.timeline);
        let list = more((area.height / 4).max(9), layout.list);
        let areas = vertical(
            area,
            &[
                Constraint::Length(list),
                Constraint::Length(timeline),
                Constraint::Fill(1),
            ],
        );
        split.list = Some(areas[0]);
        split.timeline = Some(areas[1]);
        messages(areas[2], app, &mut split);
        return split;
    }
    match app.focus {
        Pane::List => {
            let timeline = rows.min(area.height / 2 + 1).max(6);
            let timeline = more(timeline, layout.timeline - layout.list);
            let areas = vertical(area, &[Constraint::Fill(1), Constraint::Length(timeline)]);
            split.list = Some(areas[0]);
            split.timeline = Some(areas[1]);
        }
        Pane::Timeline => {
            let timeline = more(rows.min(area.height * 3 / 5).max(6), layout.timeline);
            let areas = vertical(area, &[Constraint::Length(timeline), Constraint::Fill(1)]);
            split.timeline = Some(areas[0]);
            messages(areas[1], app, &mut split);
        }
        Pane::Request => split.request = Some(area),
        Pane::Response => split.response = Some(area),
    }
    split
}

/// Neighbours share their borders.
fn vertical(area: Rect, constraints: &[Constraint]) -> std::rc::Rc<[Rect]> {
    Layout::vertical(constraints)
        .spacing(Spacing::Overlap(1))
        .split(area)
}

fn messages(area: Rect, app: &App, split: &mut Split) {
    let half = (area.width / 2).saturating_add_signed(app.layout.request);
    let request = half.clamp(area.width.min(12), area.width.saturating_sub(12).max(12));
    let [request, response] =
        Layout::horizontal([Constraint::Length(request), Constraint::Fill(1)])
            .spacing(Spacing::Overlap(1))
            .areas(area);
    split.request = Some(request);
    split.response = Some(response);
}
