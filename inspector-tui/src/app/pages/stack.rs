//! The map of an app: its routes, and what a request meets on each, with figures of the cycles that match.

use super::{PageLine, answer, dim, nothing, plain};
use crate::{
    app::{Action, App, Piece, Role, piece},
    ask::{Answer, Question},
    count::grouped,
};
use onionskin::{
    text::{duration, escape},
    wire::Site,
};
use onionskin_web::model::{PlaceStats, Source, StackView, Stats};

pub(super) fn question(app: &App) -> Option<Question> {
    Some(Question::Map {
        run: app.run()?.to_owned(),
        filter: app.listed.clone(),
    })
}

/// ```text
/// shop: 1,204 cycles
/// /books/{id}                    1,120×  3 failed   half in 1.2 ms  95 % in 3.4 ms
///   GET
///     auth  answered 12          1,120×             half in 210 µs
///       show_book                1,108×
/// ```
pub(super) fn lines(app: &App) -> Vec<PageLine> {
    let Some(question) = question(app) else {
        return nothing();
    };
    let map = answer(app, &question, |answer| match answer {
        Answer::Map(map) => Some(map.clone()),
        _ => None,
    });
    let map = match map {
        Ok(map) => map,
        Err(waiting) => return waiting,
    };
    let of = match app.listed.is_empty() {
        true => String::new(),
        false => format!(" that match {}", escape(&app.listed)),
    };
    let mut lines = vec![plain(format!(
        "{}: {} cycles{of}",
        escape(&map.app),
        grouped(map.cycles)
    ))];
    for route in &map.routes {
        lines.push(PageLine::default());
        lines.push(PageLine {
            pieces: vec![piece(Role::Strong, escape(&route.path))],
            right: stats(&route.stats),
            action: Some(Action::Filter(format!("route:{}", quoted(&route.path)))),
            ..PageLine::default()
        });
        for endpoint in &route.endpoints {
            let methods = match endpoint.methods.is_empty() {
                true => "any other method".into(),
                false => escape(&endpoint.methods.join(" ")).into_owned(),
            };
            lines.push(PageLine {
                pieces: vec![piece(Role::Word, format!("  {methods}"))],
                right: stats(&endpoint.stats),
                ..PageLine::default()
            });
            chain(&map, &endpoint.chain, &mut lines);
        }
    }
    lines.push(PageLine::default());
    lines.push(PageLine {
        pieces: vec![piece(Role::Strong, "no route matches")],
        right: stats(&map.fallback.stats),
        ..PageLine::default()
    });
    chain(&map, &map.fallback.chain, &mut lines);
    if map.routes.is_empty() {
        lines.push(dim("The app has sent no map yet."));
    }
    lines
}

/// A value of a filter: quoted, what would end it escaped.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn chain(map: &StackView, chain: &[usize], lines: &mut Vec<PageLine>) {
    let places = chain.iter().filter_map(|at| map.places.get(*at));
    for (depth, place) in places.enumerate() {
        let indent = " ".repeat(4 + depth.min(12));
        let name = format!("{indent}{}", escape(&place.site.name));
        let mut pieces = vec![piece(Role::Plain, name)];
        pieces.extend(did(&place.stats));
        lines.push(PageLine {
            pieces,
            right: figures(&place.stats),
            source: source(&place.site),
            ..PageLine::default()
        });
    }
}

fn source(site: &Site) -> Option<Source> {
    let is_known = !site.file.is_empty();
    is_known.then(|| Source {
        file: site.file.clone(),
        line: site.line,
    })
}

fn stats(stats: &Stats) -> Vec<Piece> {
    let mut pieces = counted(stats.count, stats.errors);
    for (what, ns) in [
        ("p50", stats.p50_ns),
        ("p95", stats.p95_ns),
        ("p99", stats.p99_ns),
    ] {
        pieces.push(time(what, ns));
    }
    pieces
}

fn counted(count: u64, errors: u64) -> Vec<Piece> {
    let failed = match errors {
        0 => piece(Role::Plain, " ".repeat(10)),
        n => piece(
            Role::Warning,
            format!("  {:>8}", format!("{} failed", grouped(n))),
        ),
    };
    vec![piece(Role::Plain, format!("{}×", grouped(count))), failed]
}

fn time(what: &str, ns: Option<u64>) -> Piece {
    let time = ns.map_or("-".into(), duration);
    piece(Role::Dim, format!("  {what} {time:>7}"))
}

/// How often it answered by itself, how often it changed something.
fn did(stats: &PlaceStats) -> Vec<Piece> {
    let counts = [
        (Role::Plain, "answered", stats.answered),
        (Role::Dim, "changed", stats.changed),
    ];
    let told = counts.into_iter().filter(|(_, _, n)| *n > 0);
    told.map(|(role, what, n)| piece(role, format!("  {what} {}", grouped(n))))
        .collect()
}

fn figures(stats: &PlaceStats) -> Vec<Piece> {
    let mut pieces = counted(stats.count, stats.errors);
    pieces.push(time("own p50", stats.self_p50_ns));
    pieces.push(time("p95", stats.self_p95_ns));
    pieces
}
