//! The cycles.

use super::{bars, fit, inside, pane};
use crate::{
    app::{App, Item, Pane, Spot, Wanted, remarks},
    keys::Command,
    theme::{Part, Theme},
};
use onionskin::{
    text::{duration, escape, target},
    wire::CycleSummary,
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Paragraph,
};

/// ```text
/// ┌ cycles ─ 12 newer below ───────────────────────────────────────────────────┐
/// │  12:01:07.120  POST  /cart/items             401   3.1 ms  ▁ █▁  answered…│
/// │ ── new run: shop 2 ──                                                      │
/// │▶ 12:01:07.411  GET   /books/7                200  12.8 ms  ▁█▁▁  3 sql    │
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let focused = app.focus == Pane::List;
    let inner = pane(frame, area, title(app, area.width, theme), focused, theme);
    if app.list.is_empty() {
        frame.render_widget(Paragraph::new(empty(app, usize::from(inner.width))), inner);
        return;
    }
    let selected = app.list.selected().map(|c| c.position);
    let width = usize::from(inner.width);
    let items = app.list.window(usize::from(inner.height));
    let columns = Columns::of(app, width);
    let lines: Vec<_> = items
        .into_iter()
        .map(|item| match item {
            Item::Cycle(c) => {
                let sign = match (selected, &app.marked) {
                    (Some(position), _) if position == c.position => "▶ ",
                    (_, Some(marked)) if *marked == c.cycle.id => "◇ ",
                    _ => "  ",
                };
                let of = of_app(app, &c.cycle, columns.app);
                let clock = app.zone.clock(c.cycle.started_unix_us);
                line(&c.cycle, &clock, columns, sign, of, theme)
            }
            Item::NewRun { app, run } => {
                let run = run.map_or(String::new(), |n| format!(" {n}"));
                let text = format!("── new run: {}{run} ──", escape(app));
                Line::styled(fit::cut(&text, width), theme.dim())
            }
            Item::LeftOut { older, count } => {
                let text = left_out(app, older, count);
                Line::styled(fit::cut(&text, width), theme.dim())
            }
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The cycle that is drawn at a place.
pub(super) fn spot(area: Rect, app: &App, place: Position) -> Option<Spot> {
    let inner = inside(area);
    let at = usize::from(place.y.checked_sub(inner.y)?);
    match app.list.window(inner.height.into()).get(at)? {
        Item::Cycle(cycle) => Some(Spot::Cycle(cycle.position)),
        Item::NewRun { .. } | Item::LeftOut { .. } => None,
    }
}

fn title(app: &App, width: u16, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::raw(" cycles ")];
    let filter = &app.filter;
    let room = usize::from(width) / 2;
    if let Some(why) = &filter.refused {
        let why = format!("─ filter not understood: {} ", escape(why));
        spans.push(Span::styled(fit::cut(&why, room), theme.warning()));
    } else if filter.off && !filter.text.is_empty() {
        let text = format!("─ off: {} ", escape(&filter.text));
        spans.push(Span::styled(fit::cut(&text, room), theme.dim()));
    } else if !app.listed.is_empty() {
        let text = fit::cut(&escape(&app.listed), room);
        spans.push(Span::styled(format!("─ {text} "), theme.strong()));
    }
    if let Some(matched) = filter.matched {
        let matched = fit::grouped(matched);
        spans.push(format!("─ {matched} match ").into());
    }
    let newer = app.list.newer();
    if newer > 0 {
        let newer = fit::grouped(newer);
        spans.push(format!("─ {newer} newer below ").into());
    }
    Line::from(spans)
}

fn left_out(app: &App, older: bool, count: u64) -> String {
    if count == 0 {
        return "── what may have come in between is not kept any more ──".into();
    }
    let count = fit::grouped(count);
    if !older {
        return format!("── {count} more are not listed ──");
    }
    let [filter, browser] =
        [Command::Filter, Command::Browser].map(|command| app.keys.hint(command));
    format!(
        "── {count} older are not listed: {filter} finds them, {browser} shows all in a browser ──"
    )
}

fn empty(app: &App, width: usize) -> Vec<Line<'static>> {
    if !app.listed.is_empty() && app.counters.stored > 0 {
        let kept = fit::grouped(app.counters.stored);
        let text = format!(
            "None of the {kept} cycles kept matches. Change the filter with {}, or switch it off with {}.",
            app.keys.hint(Command::Filter),
            app.keys.hint(Command::FilterOnOff)
        );
        return fit::words(&text, width)
            .into_iter()
            .map(Line::from)
            .collect();
    }
    let connected = app.list.connected();
    let text = match connected.is_empty() {
        true => "No cycle yet. Send your app a request.".into(),
        false => {
            let names = escape(&connected.join(", ")).into_owned();
            format!("No cycle yet. Connected: {names}. Send it a request.")
        }
    };
    let text = fit::words(&text, width).into_iter().map(Line::from);
    let mut lines: Vec<_> = text.chain([Line::from("")]).collect();
    if app.notices.is_empty() && connected.is_empty() {
        lines.push(Line::from(
            "An app shows up here once its Cargo.toml has onionskin for axum:",
        ));
        lines.push(Line::from(
            "  axum = { package = \"onionskin\", path = \"…/onionskin/core\" }",
        ));
    }
    for notice in &app.notices {
        lines.push(Line::from(format!("  {}", escape(notice))));
    }
    lines
}

/// Columns for the app and its run: none where there is only one app, or no room.
fn room_for_apps(app: &App, width: usize) -> usize {
    if width < 70 || !app.list.is_of_several_apps() {
        return 0;
    }
    let run = app.list.last_ordinal();
    let run = run.map_or(0, |n| format!(" {n}").len());
    (app.list.wanted().app + run).min(width / 6)
}

/// `shop 2`: the app, cut where there is no room for all of it, and which run of it.
fn app_run(app: &App, cycle: &CycleSummary, columns: usize) -> String {
    let run = app.list.ordinal(&cycle.run);
    let run = run.map_or(String::new(), |n| format!(" {n}"));
    let room = columns.saturating_sub(fit::width(&run));
    format!("{}{run}", fit::cut(&escape(&cycle.app), room))
}

/// The last column of a line.
fn of_app(app: &App, cycle: &CycleSummary, columns: usize) -> String {
    match columns {
        0 => String::new(),
        _ => format!("  {}", fit::pad(&app_run(app, cycle, columns), columns)),
    }
}

/// How a line is divided.
#[derive(Clone, Copy, Debug)]
struct Columns {
    /// The whole of it.
    width: usize,
    /// Of the time of day: its milliseconds are the first to go where there is little room.
    clock: usize,
    /// Whether there is room for the bar.
    bar: bool,
    target: usize,
    /// Of the app and its run.
    app: usize,
}

impl Columns {
    fn of(app: &App, width: usize) -> Self {
        let of_app = room_for_apps(app, width);
        let clock = if width >= 90 { 12 } else { 8 };
        let bar = width >= if of_app > 0 { 90 } else { 60 };
        // The sign, the time, the method, the status, the duration, the bar, each with its gap.
        let others = 2 + clock + 2 + 8 + 4 + 9 + if bar { 6 } else { 0 };
        let gap = if of_app > 0 { 2 } else { 0 };
        let room = width.saturating_sub(others + of_app + gap);
        Self {
            width,
            clock,
            bar,
            target: room_for_target(app.list.wanted(), room),
            app: of_app,
        }
    }
}

/// Columns for the target: all that it wants, but a third of the room is for the remarks behind it, as far as they want that;
/// where there is little room, as much as says something in most of them.
fn room_for_target(wanted: Wanted, room: usize) -> usize {
    /// So much it takes wherever the list begins with short ones.
    const LEAST: usize = 24;
    let remarks = match wanted.remarks {
        0 => 0,
        wanted => (wanted + 2).min(room.saturating_sub(18).clamp(10, 18).max(room / 3)),
    };
    let target = wanted.target.max(LEAST);
    target.min(room.saturating_sub(remarks)).max(12)
}

fn line(
    cycle: &CycleSummary,
    clock: &str,
    columns: Columns,
    sign: &str,
    of: String,
    theme: Theme,
) -> Line<'static> {
    let clock = &clock[..columns.clock];
    let base = if sign == "▶ " {
        theme.selected()
    } else {
        Default::default()
    };
    let cell = |text: String, style| Span::styled(text, base.patch(style));
    let status = cycle.status.map_or("---".into(), |s| s.to_string());
    let mut spans = vec![
        cell(sign.into(), base),
        cell(format!("{clock}  "), theme.dim()),
        cell(format!("{} ", fit::pad(&escape(&cycle.method), 7)), base),
        cell(
            fit::pad(&target(&cycle.method, &cycle.target), columns.target),
            base,
        ),
        cell(format!(" {status}"), theme.status(cycle.status)),
        cell(
            format!(" {}", fit::pad_left(&duration(cycle.duration_ns), 8)),
            base,
        ),
    ];
    if columns.bar {
        let bar = cycle.bar;
        let high = bars::columns([bar.in_ns, bar.view_ns, bar.out_ns, bar.send_ns]);
        spans.push(cell("  ".into(), base));
        for (symbol, part) in high
            .into_iter()
            .zip([Part::In, Part::View, Part::Out, Part::Server])
        {
            spans.push(cell(symbol.into(), theme.part(part)));
        }
    }
    let used: usize = spans.iter().map(|s| fit::width(&s.content)).sum();
    let rest = columns.width.saturating_sub(used + fit::width(&of));
    spans.push(cell(fit::pad(&format!("  {}", remarks(cycle)), rest), base));
    spans.push(cell(of, theme.dim()));
    Line::from(spans)
}
