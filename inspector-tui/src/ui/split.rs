//! Which pane is where.

use super::spans;
use crate::app::{App, Layout as Shares, Pane};
use ratatui::layout::{Constraint, Layout, Position, Rect, Spacing};

/// Where the panes are; none: not in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) list: Option<Rect>,
    pub(super) timeline: Option<Rect>,
    pub(super) request: Option<Rect>,
    pub(super) response: Option<Rect>,
}

/// All four panes where there is room, else the focused one and what belongs to it; maximised, that one alone, and the list
/// also while no cycle is chosen.
pub(super) fn split(area: Rect, app: &App) -> Split {
    split_by(area, app, &app.layout)
}

fn split_by(area: Rect, app: &App, layout: &Shares) -> Split {
    let mut split = Split::default();
    let alone = app.focus == Pane::List && app.looks_at_nothing();
    if layout.maximised || alone {
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
        messages(areas[2], layout, &mut split);
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
            messages(areas[1], layout, &mut split);
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

fn messages(area: Rect, layout: &Shares, split: &mut Split) {
    let half = (area.width / 2).saturating_add_signed(layout.request);
    let request = half.clamp(area.width.min(12), area.width.saturating_sub(12).max(12));
    let [request, response] =
        Layout::horizontal([Constraint::Length(request), Constraint::Fill(1)])
            .spacing(Spacing::Overlap(1))
            .areas(area);
    split.request = Some(request);
    split.response = Some(response);
}

/// A border that two panes share, and that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Below the list.
    List,
    /// Below the timeline.
    Timeline,
    /// Between the messages.
    Messages,
}

impl Border {
    const ALL: [Self; 3] = [Self::List, Self::Timeline, Self::Messages];

    /// Its line or column; none: it is not in view.
    fn at(self, split: &Split) -> Option<u16> {
        let is_above = |above: Option<Rect>, below: Option<Rect>| {
            let (above, below) = (above?, below?);
            (above.bottom() == below.y + 1).then_some(below.y)
        };
        match self {
            Self::List => is_above(split.list, split.timeline),
            Self::Timeline => is_above(split.timeline, split.request),
            Self::Messages => split.request.and(split.response).map(|area| area.x),
        }
    }

    /// Its line or column at a place.
    fn along(self, place: Position) -> u16 {
        match self {
            Self::List | Self::Timeline => place.y,
            Self::Messages => place.x,
        }
    }
}

/// The border at a place.
pub(super) fn border(area: Rect, app: &App, place: Position) -> Option<Border> {
    let split = split(area, app);
    let is_here = |border: &Border| {
        let is_between =
            *border != Border::Messages || split.response.is_some_and(|area| area.contains(place));
        border.at(&split) == Some(border.along(place)) && is_between
    };
    Border::ALL.into_iter().find(is_here)
}

/// The shares with which a border is at a place, or as near to it as it goes; none: it is there, or goes no nearer.
pub(super) fn moved(area: Rect, app: &App, border: Border, to: Position) -> Option<Shares> {
    let from = border.at(&split(area, app))?;
    let to = border.along(to);
    let mut tried = to;
    while tried != from {
        let by = i32::from(tried) - i32::from(from);
        let shares = app.layout.with(border.pane(), by as i16);
        if border.at(&split_by(area, app, &shares)) == Some(tried) {
            return Some(shares);
        }
        tried = if tried > from { tried - 1 } else { tried + 1 };
    }
    None
}

impl Border {
    /// The pane that has more room when it moves down or to the right.
    fn pane(self) -> Pane {
        match self {
            Self::List => Pane::List,
            Self::Timeline => Pane::Timeline,
            Self::Messages => Pane::Request,
        }
    }
}
