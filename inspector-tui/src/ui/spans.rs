//! The lane below the timeline's rows: what other services did in the trace of the open cycle.

use super::{bars, bars::Filled, fit};
use crate::theme::{Part, Theme};
use onionskin::text::{duration, escape};
use onionskin_web::model::{CycleSpans, Relation, SpanLine, SpanStatus};
use ratatui::{
    style::Style,
    text::{Line, Span},
};

/// Most lines that the lane asks for.
const LINES: usize = 9;

/// How many lines the lane would take.
pub(super) fn wanted(spans: &CycleSpans) -> usize {
    match spans.spans.len() {
        0 if spans.damaged == 0 => 0,
        n => (n + 1).min(LINES),
    }
}

/// Where things stand in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    pub(super) name: usize,
    pub(super) bar: usize,
    pub(super) remark: usize,
}

/// So many lines of the lane; the first says how much there is.
pub(super) fn lines(
    spans: &CycleSpans,
    total: u64,
    widths: Widths,
    most: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    if wanted(spans) == 0 || most == 0 {
        return Vec::new();
    }
    let room = most - 1;
    let mut lines = vec![Line::styled(title(spans, room), theme.dim())];
    let shown = spans.spans.iter().take(room);
    lines.extend(shown.map(|span| line(span, total, widths, theme)));
    lines
}

/// `in this trace, by the clocks of the services: 5 spans of bank, mail; 2 shown`
fn title(spans: &CycleSpans, room: usize) -> String {
    let all = (spans.spans.len() as u64).saturating_add(spans.more);
    let names = spans.services.iter().map(|service| match &service.name {
        Some(name) => escape(name).into_owned(),
        None => "?".into(),
    });
    let names: Vec<_> = names.take(4).collect();
    let more = match spans.services.len().saturating_sub(4) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let hidden = all - (spans.spans.len().min(room) as u64);
    let hidden = match hidden {
        0 => String::new(),
        n => format!("; {n} not shown"),
    };
    let damaged = match spans.damaged {
        0 => String::new(),
        n => format!("; {n} or more can't be read"),
    };
    let spans = if all == 1 { "span" } else { "spans" };
    let mut names = names.join(", ") + &more;
    if !names.is_empty() {
        names.insert_str(0, ": ");
    }
    format!("  {all} other {spans} of the trace{hidden}{damaged}{names}")
}

fn line(span: &SpanLine, total: u64, widths: Widths, theme: Theme) -> Line<'static> {
    let sign = match span.relation {
        Relation::Above => '↑',
        Relation::Beneath => '↳',
        Relation::Beside => '·',
    };
    let service = span.service.as_deref().unwrap_or("?");
    let name = format!(
        "{}{sign} {}",
        " ".repeat(span.depth.min(8)),
        escape(service)
    );
    let took = span.duration_ns.map_or("no end".into(), duration);
    let (state, style) = match span.status {
        SpanStatus::Error => (" error", theme.warning()),
        _ => ("", theme.dim()),
    };
    let remark = format!("{took}{state} {}", escape(&span.name));
    let mut parts = vec![
        Span::raw("  "),
        Span::styled(format!("{} ", fit::pad(&name, widths.name)), Style::new()),
    ];
    parts.extend(bar(span, total, widths.bar, theme));
    parts.push(Span::styled(
        format!("  {}", fit::cut(&remark, widths.remark)),
        style,
    ));
    Line::from(parts)
}

/// Where in the cycle's time it was. What was outside of it is an arrow at that end.
fn bar(span: &SpanLine, total: u64, columns: usize, theme: Theme) -> Vec<Span<'static>> {
    let blank = |at: Option<usize>, symbol: char| {
        let column = |i| if Some(i) == at { symbol } else { ' ' };
        vec![Span::styled(
            (0..columns).map(column).collect::<String>(),
            theme.dim(),
        )]
    };
    let Some(from) = span.from_ns else {
        return blank(None, ' ');
    };
    let to = from.saturating_add_unsigned(span.duration_ns.unwrap_or(0));
    if to < 0 {
        return blank(Some(0), '◂');
    }
    if from > i64::try_from(total).unwrap_or(i64::MAX) {
        return blank(columns.checked_sub(1), '▸');
    }
    let at = |t: i64| u64::try_from(t).unwrap_or(0).min(total);
    let filled = Filled {
        from: at(from),
        to: at(to),
        part: Part::Server,
        waits: false,
    };
    let bar = bars::bar(columns, total, (filled.from, filled.to), &[filled]);
    let column = |column: bars::Column| {
        let style = column.part.map_or(theme.dim(), |part| theme.part(part));
        Span::styled(column.symbol.to_string(), style)
    };
    bar.into_iter().map(column).collect()
}
