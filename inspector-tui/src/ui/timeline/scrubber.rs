//! The time of the open cycle as a line, with its steps.

use super::{
    super::{fit, inside},
    Columns,
};
use crate::{
    app::{App, View},
    theme::Theme,
};
use onionskin::text::duration;
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};

/// The step whose time is at a column of the bars; with `any`, of the nearest column, whatever the line.
pub(in crate::ui) fn step_at(area: Rect, app: &App, place: Position, any: bool) -> Option<usize> {
    let (view, inner) = (app.view()?, inside(area));
    let columns = Columns::of(view, inner.width.into());
    let column = usize::from(place.x).checked_sub(usize::from(inner.x) + columns.before());
    let is_bar = place.y >= inner.y
        && place.y < inner.bottom().saturating_sub(2)
        && column.is_some_and(|column| column < columns.bar);
    let is_there = !view.timeline.steps.is_empty() && columns.bar > 0;
    (is_there && (any || is_bar)).then(|| columns.step(view, column.unwrap_or(0)))
}

impl Columns {
    /// The whole time, with its steps and the one we are at: what can be dragged.
    pub(super) fn scrubber(&self, view: &View, theme: Theme) -> Line<'static> {
        let Some(head) = self.head(view) else {
            return Line::default();
        };
        let mut line = vec![Span::styled("─", theme.dim()); self.bar];
        for step in &view.timeline.steps {
            if let Some(place) = line.get_mut(self.column(view, step.t_ns.into())) {
                *place = Span::styled("┬", theme.dim());
            }
        }
        if let Some(place) = line.get_mut(head) {
            *place = Span::styled("●", theme.strong());
        }
        let time = duration(view.step().map_or(0, |s| s.t_ns));
        let total = format!("  of {}", duration(view.timeline.cycle.duration_ns));
        line.insert(
            0,
            Span::styled(format!("  {} ", fit::pad(&time, self.name)), theme.strong()),
        );
        line.push(Span::styled(fit::cut(&total, self.remark + 2), theme.dim()));
        Line::from(line)
    }

    /// The last step whose time is at a column of the bars, or before it.
    fn step(&self, view: &View, column: usize) -> usize {
        let steps = view.timeline.steps.iter();
        let is_here = |t_ns: u64| self.column(view, t_ns.into()) <= column;
        steps
            .enumerate()
            .filter(|(_, step)| is_here(step.t_ns))
            .map(|(at, _)| at)
            .next_back()
            .unwrap_or(0)
    }
}
