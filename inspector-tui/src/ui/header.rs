//! Where the inspector is and how it fares.

use super::fit;
use crate::{
    app::{App, Link},
    theme::Theme,
};
use onionskin::text::{escape, size};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

/// Lines that the header takes.
pub(super) fn height(area: Rect, app: &App, theme: Theme) -> u16 {
    match area.height {
        0..16 => 1,
        _ => lines(app, usize::from(area.width), theme).len() as u16,
    }
}

/// ```text
///  onionskin  ● live  1,204 kept · 0 lost · 12.3 MiB of 256 MiB     http://127.0.0.1:7335/#token=…
///  shop http://127.0.0.1:3000
/// ```
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let lines = lines(app, usize::from(area.width), theme);
    frame.render_widget(Paragraph::new(lines), area);
}

fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut first = state(app, width, theme);
    let notices: Vec<_> = app
        .notices
        .iter()
        .chain(&app.done)
        .map(|n| escape(n))
        .collect();
    let second = format!(" {}", notices.join("  ·  "));
    let mut second = vec![Span::raw(fit::cut(&second, width))];
    let whole = escape(&app.url);
    // A token that does not fit is of no use; the whole URL is in the help, and on the screen after quitting.
    let base = whole.split('#').next().unwrap_or_default();
    let _ = put_right(&mut first, &whole, width, theme)
        || put_right(&mut second, &whole, width, theme)
        || put_right(&mut first, base, width, theme)
        || put_right(&mut second, base, width, theme);
    let mut lines = vec![Line::from(first)];
    if second.len() > 1 || !notices.is_empty() {
        lines.push(Line::from(second));
    }
    lines
}

/// How it fares. Where there is little room the memory goes first, then what was evicted: what is left is whole.
fn state(app: &App, width: usize, theme: Theme) -> Vec<Span<'static>> {
    let kept = kept(app, theme);
    let rest: usize = kept.iter().map(|s| fit::width(&s.content)).sum();
    let mut spans = vec![Span::styled(" onionskin  ", theme.strong())];
    spans.push(match &app.link {
        Link::Connecting => Span::styled("◌ connecting", theme.dim()),
        Link::Live if app.list.frozen() => {
            let waiting = fit::grouped(app.list.waiting() as u64);
            Span::styled(format!("‖ frozen, {waiting} new"), theme.warning())
        }
        Link::Live => Span::styled("● live", theme.good()),
        Link::Lost(why) => {
            let room = width.saturating_sub(rest + 26).max(width / 3);
            let why = fit::cut(&escape(why), room);
            Span::styled(format!("✗ no answer: {why}"), theme.warning())
        }
    });
    let mut used: usize = spans.iter().map(|s| fit::width(&s.content)).sum();
    for (at, span) in kept.into_iter().enumerate() {
        used += fit::width(&span.content);
        // What is kept and lost is always there.
        if at < 2 || used < width {
            spans.push(span);
        }
    }
    spans
}

/// How many cycles are kept and lost, and what that takes, the most important first.
fn kept(app: &App, theme: Theme) -> Vec<Span<'static>> {
    let counters = &app.counters;
    let mut spans = vec![format!("  {} kept · ", fit::grouped(counters.stored)).into()];
    let lost = counters.dropped_total();
    let style = if lost > 0 {
        theme.warning()
    } else {
        theme.dim()
    };
    spans.push(Span::styled(format!("{} lost", fit::grouped(lost)), style));
    if counters.evicted > 0 {
        spans.push(format!(" · {} evicted", fit::grouped(counters.evicted)).into());
    }
    let memory = format!(" · {} of {}", size(app.memory.bytes), size(app.memory.cap));
    spans.push(Span::styled(memory, theme.dim()));
    spans
}

/// Puts a text at the right end of a line, if there is room.
fn put_right(line: &mut Vec<Span<'static>>, text: &str, width: usize, theme: Theme) -> bool {
    let used: usize = line.iter().map(|s| fit::width(&s.content)).sum();
    let Some(room) = width
        .checked_sub(used + 1)
        .filter(|r| *r >= fit::width(text) + 2)
    else {
        return false;
    };
    line.push(Span::styled(fit::pad_left(text, room), theme.dim()));
    true
}
