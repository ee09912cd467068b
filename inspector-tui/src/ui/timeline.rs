//! The rows of the open cycle, with its time from left to right.

mod remark;
mod scrubber;

use super::{
    bars::{self, Filled},
    fit, inside, pane, spans,
};
use crate::{
    app::{App, Opened, Pane, Spot, View},
    keys::Command,
    theme::{Part, Theme},
};
use onionskin::{
    text::{self, duration, escape},
    wire::{Edge, Left, MarkKind, Stage},
};
use onionskin_web::model::{Row, RowState, StepLine};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};
use remark::remark;
pub(super) use scrubber::step_at;

/// ```text
/// ├ GET /books/7 ─────────────────────── step 7/14  ‖ 1x ──────┤
/// │  1.38 ms       ┬┬┬──●───────────┬──┬─┬┬  of 11.4 ms        │
/// │  parse         ▏                                     13 µs │
/// │  session       █──────────────────────█  in 1.1 ms, out 1 µs│
/// │→   auth         ▏─────────────────────▕  in 2 µs, out 1 µs │
/// │    resolve      ▏                        /books/{id}  id=7 │
/// │    show_book     ███████████████████▋    view 9.3 ms       │
/// │ → view show_book at 1.38 ms                                │
/// │ 200 in 11.4 ms, completed; recording took 16 µs of it      │
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let focused = app.focus == Pane::Timeline;
    let title = app.view().map_or("timeline".into(), |v| {
        let cycle = &v.timeline.cycle;
        let target = text::target(&cycle.method, &cycle.target);
        let title = format!("{} {target}", escape(&cycle.method));
        fit::cut(&title, usize::from(area.width).saturating_sub(34))
    });
    let inner = pane(
        frame,
        area,
        Line::from(format!(" {title} ")),
        focused,
        theme,
    );
    let view = match &app.opened {
        Opened::Cycle(view) => view,
        Opened::Nothing => {
            let text = match app.wanted {
                Some(_) => "loading …".to_owned(),
                None => choose(app),
            };
            frame.render_widget(Line::styled(text, theme.dim()), inner);
            return;
        }
        Opened::Failed(why) => {
            let text = format!("This cycle can't be shown: {}", escape(why));
            frame.render_widget(Line::styled(text, theme.warning()), inner);
            return;
        }
    };
    position(frame, area, view, focused, theme);
    let columns = Columns::of(view, usize::from(inner.width));
    let Window { skip, height, lane } = window(view, inner);
    let current = view.row();
    let mut lines = vec![columns.scrubber(view, theme)];
    let rows = view
        .timeline
        .rows
        .iter()
        .enumerate()
        .skip(skip)
        .take(height);
    lines.extend(rows.map(|(i, row)| columns.line(view, row, current == Some(i), theme)));
    // What ran at all is above; two lines at the bottom say where we are and how it ended.
    lines.resize_with(height + 1, Line::default);
    let total = view.timeline.cycle.duration_ns;
    lines.extend(spans::lines(
        &view.spans,
        total,
        columns.widths(),
        lane,
        theme,
    ));
    lines.push(here(view, usize::from(inner.width), theme));
    lines.push(outcome(app, view, usize::from(inner.width), theme));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// What to do while no cycle is selected.
fn choose(app: &App) -> String {
    let hint = |command| app.keys.hint(command);
    format!(
        "Choose a cycle with {} and {}, open it with {}.",
        hint(Command::Up),
        hint(Command::Down),
        hint(Command::Open)
    )
}

/// Which rows are in view.
struct Window {
    /// Rows above them.
    skip: usize,
    /// Lines for rows, below the ruler.
    height: usize,
    /// Lines for spans, below the rows.
    lane: usize,
}

fn window(view: &View, inner: Rect) -> Window {
    let rows = view.timeline.rows.len();
    let height = usize::from(inner.height).saturating_sub(3);
    // Where there is little room, the lane of the spans has a third of it.
    let lane = spans::wanted(&view.spans);
    let lane = lane.min(height.saturating_sub(rows).max(height / 3));
    let height = height - lane;
    let skip = view.row().map_or(0, |at| {
        at.saturating_sub(height / 2)
            .min(rows.saturating_sub(height))
    });
    Window { skip, height, lane }
}

/// The row that is drawn at a place, or the step on the line of the time.
pub(super) fn spot(area: Rect, app: &App, place: Position) -> Option<Spot> {
    let (view, inner) = (app.view()?, inside(area));
    if place.y == inner.y {
        return step_at(area, app, place, false).map(Spot::Step);
    }
    let Window { skip, height, .. } = window(view, inner);
    let at = usize::from(place.y.checked_sub(inner.y + 1)?);
    let row = skip + at;
    (at < height && row < view.timeline.rows.len()).then_some(Spot::Row(row))
}

fn position(frame: &mut Frame<'_>, area: Rect, view: &View, focused: bool, theme: Theme) {
    let player = &view.player;
    let state = if player.playing() {
        "▶ playing"
    } else {
        "‖ paused"
    };
    let text = format!(
        " step {}/{}  {state}  {} ",
        player.step() + 1,
        player.len(),
        player.speed()
    );
    let width = (fit::width(&text) as u16).min(area.width.saturating_sub(2));
    let place = Rect {
        x: area.right().saturating_sub(width + 2).max(area.x + 1),
        width,
        height: 1,
        ..area
    };
    let style = theme.title(focused).patch(theme.strong());
    frame.render_widget(Line::styled(text, style), place);
}

/// Columns of names, bars and remarks.
struct Columns {
    /// Columns that a level of nesting takes.
    level: usize,
    name: usize,
    bar: usize,
    remark: usize,
}

impl Columns {
    fn of(view: &View, width: usize) -> Self {
        let rows = &view.timeline.rows;
        let widest = |f: &dyn Fn(&Row) -> usize| rows.iter().map(f).max().unwrap_or(0);
        let level = if width < 100 { 1 } else { 2 };
        let name = widest(&|r| fit::width(&name(r, level))).clamp(8, width * 35 / 100);
        let remark = widest(&|r| fit::width(&remark(view, r))).clamp(6, width * 2 / 5);
        let bar = width.saturating_sub(2 + name + 1 + 2 + remark);
        Self {
            level,
            name,
            bar,
            remark,
        }
    }

    /// Columns before the bars.
    fn before(&self) -> usize {
        2 + self.name + 1
    }

    fn widths(&self) -> spans::Widths {
        spans::Widths {
            name: self.name,
            bar: self.bar,
            remark: self.remark,
        }
    }

    fn line(&self, view: &View, row: &Row, current: bool, theme: Theme) -> Line<'static> {
        let ran = row.state != RowState::NeverRan;
        let edge = view.step().map(|s| s.edge);
        let mark = match (current, edge) {
            (true, Some(Edge::In)) => "→ ",
            (true, Some(Edge::Out)) => "← ",
            _ => "  ",
        };
        let style = match (current, ran) {
            (true, _) => theme.strong(),
            (false, true) => Style::new(),
            (false, false) => theme.dim(),
        };
        let mut spans = vec![
            Span::styled(mark, theme.strong()),
            Span::styled(
                format!("{} ", fit::pad(&name(row, self.level), self.name)),
                style,
            ),
        ];
        spans.extend(self.bar(view, row, theme));
        let remark = fit::cut(&remark(view, row), self.remark);
        spans.push(Span::styled(
            format!("  {remark}"),
            if current { style } else { theme.dim() },
        ));
        Line::from(spans)
    }

    fn bar(&self, view: &View, row: &Row, theme: Theme) -> Vec<Span<'static>> {
        if row.state == RowState::NeverRan {
            return vec![Span::raw(" ".repeat(self.bar))];
        }
        let total = view.timeline.cycle.duration_ns;
        let filled = filled(row);
        let marks = self.marks(view, row);
        let end = match row.stage {
            // What the server read is over before the first layer; that it goes on till the end says nothing.
            Stage::Parse => filled.first().map_or(row.from_ns, |f| f.to),
            _ => row.to_ns,
        };
        let bar = bars::bar(self.bar, total, (row.from_ns, end), &filled);
        let head = self.head(view);
        let spans = bar.into_iter().enumerate().map(|(i, column)| {
            if let Some(Some(mark)) = marks.get(i) {
                let style = match mark {
                    '!' => theme.warning(),
                    _ => theme.strong(),
                };
                return Span::styled(mark.to_string(), style);
            }
            let style = match column.part {
                Some(part) => theme.part(part),
                None => theme.dim(),
            };
            match column.symbol {
                ' ' if head == Some(i) => Span::styled("┊", theme.dim()),
                symbol => Span::styled(symbol.to_string(), style),
            }
        });
        spans.collect()
    }

    /// The column of the step's time.
    fn head(&self, view: &View) -> Option<usize> {
        let t = u128::from(view.step()?.t_ns);
        Some(self.column(view, t))
    }

    /// The column of a time.
    fn column(&self, view: &View, t: u128) -> usize {
        let total = u128::from(view.timeline.cycle.duration_ns.max(1));
        let at = (t * self.bar as u128 / total) as usize;
        at.min(self.bar.saturating_sub(1))
    }

    /// What happened in a row, each at its column; where several share one, the gravest.
    fn marks(&self, view: &View, row: &Row) -> Vec<Option<char>> {
        let mut marks = vec![None; self.bar];
        let here = |at: usize| {
            view.timeline
                .rows
                .get(at)
                .is_some_and(|r| r.entry == row.entry)
        };
        for mark in view
            .timeline
            .marks
            .iter()
            .filter(|mark| mark.row.is_some_and(here))
        {
            let Some(sign) = sign(&mark.what) else {
                continue;
            };
            let place = &mut marks[self.column(view, mark.t_ns.into())];
            if place.is_none_or(|other| grave(sign) > grave(other)) {
                *place = Some(sign);
            }
        }
        marks
    }
}

/// The sign of a mark on the bar; none: it is not drawn.
fn sign(mark: &MarkKind) -> Option<char> {
    match mark {
        MarkKind::Error { .. } | MarkKind::Panic { .. } => Some('!'),
        MarkKind::Log { level, .. } if level == "ERROR" => Some('!'),
        MarkKind::Log { .. } => Some('•'),
        MarkKind::Sql { .. } | MarkKind::Call { .. } | MarkKind::Template { .. } => Some('◆'),
        _ => None,
    }
}

fn grave(sign: char) -> u8 {
    match sign {
        '!' => 2,
        '◆' => 1,
        _ => 0,
    }
}

/// Which parts of a row's span were its own.
fn filled(row: &Row) -> Vec<Filled> {
    let (from, to) = (row.from_ns, row.to_ns);
    // Where in its own time it waited nobody knows, only how much: so all of it has the shade.
    let waits = row.idle_ns > row.busy_ns;
    let span = |from, to, part| Filled {
        from,
        to,
        part,
        waits,
    };
    let in_end = from.saturating_add(row.in_ns).min(to);
    match row.stage {
        Stage::View => vec![span(from, to, Part::View)],
        Stage::Resolve => vec![span(from, to, Part::In)],
        Stage::Send => vec![span(from, to, Part::Server)],
        Stage::Parse => vec![span(from, in_end, Part::Server)],
        Stage::Middleware if row.inner_ns == 0 && row.out_ns == 0 => vec![span(from, to, Part::In)],
        Stage::Middleware => vec![
            span(from, in_end, Part::In),
            span(to.saturating_sub(row.out_ns).max(from), to, Part::Out),
        ],
    }
}

/// `    auth`, escaped, indented as deep as it is nested.
fn name(row: &Row, level: usize) -> String {
    let attempt = match row.attempt {
        0 | 1 => String::new(),
        n => format!(" #{n}"),
    };
    let indent = " ".repeat(level * row.depth.min(12));
    format!("{indent}{}{attempt}", escape(&row.name))
}

/// The step in words.
fn here(view: &View, width: usize, theme: Theme) -> Line<'static> {
    let Some(step) = view.step() else {
        return Line::styled("This cycle has no steps.", theme.dim());
    };
    let arrow = if step.edge == Edge::In { '→' } else { '←' };
    let row = view.current_row();
    let stage = step.stage.as_str();
    let mut text = format!("{arrow} {stage}");
    // The server's own stages have no other name; a layer or a view may be called as its stage is.
    let named = matches!(step.stage, Stage::Middleware | Stage::View);
    if let Some(row) = row.filter(|row| named || row.name != stage) {
        let inside = if is_inner_edge(row, step) {
            "inside "
        } else {
            ""
        };
        text += &format!(" {inside}{}", escape(&row.name));
    }
    if step.attempt > 1 {
        text += &format!(" (attempt {})", step.attempt);
    }
    if let Some(left) = left(step) {
        text += &format!(": {left}");
    }
    if let Some(source) = row.and_then(|row| row.source.as_ref()) {
        text += &format!("  {}:{}", escape(&source.file), source.line);
    }
    match step.edits.len() {
        0 => {}
        1 => text += "  1 change",
        n => text += &format!("  {n} changes"),
    }
    Line::styled(fit::cut(&text, width), theme.strong())
}

/// Whether the step is at the other side of what stands there, as a nest has one.
fn is_inner_edge(row: &Row, step: &StepLine) -> bool {
    let seq = Some(step.seq);
    row.stage == Stage::Middleware && row.entry != seq && row.out != seq
}

fn left(step: &StepLine) -> Option<String> {
    Some(match step.left.as_ref()? {
        Left::Returned => return None,
        Left::Error { error } => format!("error {}", escape(error)),
        Left::Dropped => "dropped before it answered".into(),
        Left::Unwound => "a panic passed".into(),
        Left::Sent => "all sent".into(),
        Left::Cut => "cut before its end".into(),
    })
}

/// How the cycle ended.
fn outcome(app: &App, view: &View, width: usize, theme: Theme) -> Line<'static> {
    let timeline = &view.timeline;
    let cycle = &timeline.cycle;
    let status = cycle.status.map_or("no status".into(), |s| s.to_string());
    let mut rest = format!(
        " in {}, {}",
        duration(cycle.duration_ns),
        escape(&timeline.outcome_text),
    );
    if let Some(omitted) = text::omitted(timeline.omitted) {
        rest += &format!("; {omitted} left out");
    }
    match view.remarks {
        None | Some(0) => {}
        Some(n) => {
            let remarks = if n == 1 { "remark" } else { "remarks" };
            rest += &format!("; {n} {remarks} ({})", app.keys.hint(Command::ViewInsights));
        }
    }
    rest += &format!("; recording took {} of it", duration(timeline.cost_ns));
    let rest = fit::cut(&rest, width.saturating_sub(fit::width(&status)));
    Line::from(vec![
        Span::styled(status, theme.status(cycle.status)),
        rest.into(),
    ])
}
