//! The map of an app: its routes, and what a request meets on each, with figures of the cycles that match.

use super::{PageLine, answer, dim, nothing, plain};
use crate::{
    app::{Action, App, Piece, Role, piece},
    ask::{Answer, Question},
};
use onionskin::{
    text::{counted, duration, escape, grouped},
    wire::{Site, SiteKind},
};
use onionskin_web::model::{MapEndpoint, MapPlace, PlaceStats, Source, StackView, Stats};

pub(super) fn question(app: &App) -> Option<Question> {
    Some(Question::Map {
        run: app.run()?.to_owned(),
        filter: app.listed.clone(),
    })
}

/// ```text
/// shop: 1,204 cycles
///
/// session                        1,204×  3 failed  own p50 210 µs …
///  auth  answered 12             1,120×            own p50  70 µs …
///   GET /books/{id}              1,120×  3 failed      p50 1.2 ms …
///     show_book                  1,108×            own p50 900 µs …
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
        "{}: {}{of}",
        escape(&map.app),
        counted(map.cycles, "cycle")
    ))];
    for group in groups(&map) {
        lines.push(PageLine::default());
        for (depth, at) in group.layers.iter().enumerate() {
            lines.extend(map.places.get(*at).map(|layer| place(layer, depth.min(12))));
        }
        for end in group.ends {
            lines.push(PageLine {
                pieces: vec![piece(Role::Strong, format!("  {}", end.words))],
                right: stats(end.stats),
                action: Some(Action::Filter(end.filter.into())),
                ..PageLine::default()
            });
            let view = end.view.and_then(|at| map.places.get(at));
            lines.extend(view.map(|view| place(view, 4)));
        }
    }
    if map.routes.is_empty() {
        lines.push(dim("The app has sent no map yet."));
    }
    lines
}

/// Where requests end that pass the same layers.
struct Group<'m> {
    layers: &'m [usize],
    ends: Vec<End<'m>>,
}

/// Where requests end.
struct End<'m> {
    words: String,
    /// Leads to its cycles.
    filter: &'m str,
    view: Option<usize>,
    stats: &'m Stats,
}

/// In the order of the map; axum's own 405 only where a request met it.
fn groups(map: &StackView) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    for route in &map.routes {
        let path = escape(&route.path);
        for end in &route.endpoints {
            let methods = match &end.methods[..] {
                [] if route.endpoints.len() == 1 => "any method".into(),
                [] if is_quiet(map, end) => continue,
                [] => "any other method".into(),
                methods => escape(&methods.join(" ")).into_owned(),
            };
            let words = format!("{methods} {path}");
            put(&mut groups, &end.chain, words, &end.filter, &end.stats);
        }
        if route.endpoints.is_empty() {
            put(&mut groups, &[], path.into(), &route.filter, &route.stats);
        }
    }
    let end = &map.fallback;
    let words = "no route matches".into();
    put(&mut groups, &end.chain, words, &end.filter, &end.stats);
    groups
}

/// Puts an end to those that have the same layers before them.
fn put<'m>(
    groups: &mut Vec<Group<'m>>,
    chain: &'m [usize],
    words: String,
    filter: &'m str,
    stats: &'m Stats,
) {
    let (view, layers) = match chain.split_last() {
        Some((view, layers)) => (Some(*view), layers),
        None => (None, chain),
    };
    let end = End {
        words,
        filter,
        view,
        stats,
    };
    match groups.iter_mut().find(|group| group.layers == layers) {
        Some(group) => group.ends.push(end),
        None => groups.push(Group {
            layers,
            ends: vec![end],
        }),
    }
}

/// Whether nobody met it, and it is not the app's.
fn is_quiet(map: &StackView, end: &MapEndpoint) -> bool {
    let view = end.chain.last().and_then(|at| map.places.get(*at));
    end.stats.count == 0 && view.is_some_and(|v| v.site.kind == SiteKind::DefaultFallback)
}

/// A layer or a view.
fn place(place: &MapPlace, indent: usize) -> PageLine {
    let name = format!("{}{}", " ".repeat(indent), escape(&place.site.name));
    let mut pieces = vec![piece(Role::Plain, name)];
    pieces.extend(did(&place.stats));
    PageLine {
        pieces,
        right: figures(&place.stats),
        source: source(&place.site),
        action: place.filters.passed.clone().map(Action::Filter),
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
    let mut pieces = met(stats.count, stats.errors);
    for (what, ns) in [
        ("p50", stats.p50_ns),
        ("p95", stats.p95_ns),
        ("p99", stats.p99_ns),
    ] {
        pieces.push(time(what, ns));
    }
    pieces
}

fn met(count: u64, errors: u64) -> Vec<Piece> {
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
    let mut pieces = met(stats.count, stats.errors);
    pieces.push(time("own p50", stats.self_p50_ns));
    pieces.push(time("p95", stats.self_p95_ns));
    pieces
}
