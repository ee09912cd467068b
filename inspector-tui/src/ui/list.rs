//! The cycles.

use super::{bars, fit, inside, pane};
use crate::{
    app::{App, Item, Pane, Spot},
    keys::Command,
    theme::{Part, Theme},
};
use onionskin::{
    text::{duration, escape, target},
    wire::{CycleSummary, Outcome},
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
    let columns = room_for_apps(app, &items, width);
    let lines: Vec<_> = items
        .into_iter()
        .map(|item| match item {
            Item::Cycle(c) => {
                let sign = match (selected, &app.marked) {
                    (Some(position), _) if position == c.position => "▶ ",
                    (_, Some(marked)) if *marked == c.cycle.id => "◇ ",
                    _ => "  ",
                };
                let of = of_app(app, &c.cycle, columns);
                let clock = app.zone.clock(c.cycle.started_unix_us);
                line(&c.cycle, &clock, width, sign, of, theme)
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
fn room_for_apps(app: &App, items: &[Item<'_>], width: usize) -> usize {
    if width < 70 || !app.list.is_of_several_apps() {
        return 0;
    }
    let cycles = items.iter().filter_map(|item| match item {
        Item::Cycle(listed) => Some(&listed.cycle),
        Item::NewRun { .. } | Item::LeftOut { .. } => None,
    });
    let names = cycles.map(|cycle| fit::width(&app_run(app, cycle, usize::MAX)));
    names.max().unwrap_or(0).min(width / 6)
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

fn line(
    cycle: &CycleSummary,
    clock: &str,
    width: usize,
    sign: &str,
    of: String,
    theme: Theme,
) -> Line<'static> {
    // Milliseconds of the clock are the first to go where there is little room, then the bar.
    let clock = if width >= 90 { clock } else { &clock[..8] };
    let wide = width >= 60;
    let target_width = (width.saturating_sub(42 + fit::width(&of)) / 2).max(12);
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
            fit::pad(&target(&cycle.method, &cycle.target), target_width),
            base,
        ),
        cell(format!(" {status}"), theme.status(cycle.status)),
        cell(
            format!(" {}", fit::pad_left(&duration(cycle.duration_ns), 8)),
            base,
        ),
    ];
    if wide {
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
    let rest = width.saturating_sub(used + fit::width(&of));
    spans.push(cell(fit::pad(&format!("  {}", remarks(cycle)), rest), base));
    spans.push(cell(of, theme.dim()));
    Line::from(spans)
}

/// The outcome where it is not `completed`; what the view asked of others.
fn remarks(cycle: &CycleSummary) -> String {
    let mut remarks = Vec::new();
    if cycle.outcome != Outcome::Completed {
        let outcome = cycle.outcome.describe(cycle.outcome_site.as_deref());
        remarks.push(escape(&outcome).into_owned());
    }
    for (n, what) in [(cycle.sql, "sql"), (cycle.logs, "log")] {
        if n > 0 {
            remarks.push(format!("{} {what}", fit::grouped(n)));
        }
    }
    remarks.join(" · ")
}
