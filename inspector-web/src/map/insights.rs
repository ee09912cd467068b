//! What a reviewer would remark on an app: the figures of its map, and the remarks on its newest cycles taken together. As with
//! those on single cycles, one that is wrong costs more than one that is missing.

use super::of_run;
use crate::{
    filter::Filter,
    model::{
        InsightKind, MapPlace, RunInsight, RunInsightKind as Kind, RunInsights, Source, StackView,
    },
    store::Store,
    view,
};
use onionskin::{
    text::{self, grouped},
    times::rows,
    wire::{Cycle, SiteKind, Stage},
};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::atomic::{AtomicBool, Ordering},
};

/// Fewer cycles than this say nothing about what an app does always or never.
const ENOUGH: u64 = 20;

/// Cycles that are decoded, the newest.
const LOOKED_INTO: usize = 500;

/// A remark in fewer cycles than this is not one on the app.
const RECURS: u64 = 3;

/// Endpoints without a cycle up to which each is a remark of its own.
const UNMET: usize = 12;

/// Words in the types of layers that are there to watch, or for what seldom happens: that they change nothing says nothing.
const WATCHING: [&str; 6] = ["trace", "timeout", "panic", "limit", "shed", "metric"];

/// Layers in a row from which on it is worth to put them together.
const ROW: usize = 4;

/// The remarks on a run, over those of its cycles that match; none if no such run is known. Where all do, what never came is
/// remarked too.
pub(crate) fn insights_of_run(
    store: &Store,
    run: &str,
    filter: &Filter,
    stop: &AtomicBool,
) -> Option<RunInsights> {
    let map = of_run(store, run, filter, stop)?;
    let mut newest = VecDeque::new();
    store.each_match(&filter.clone().of_run(run), stop, |entry, _| {
        newest.truncate(LOOKED_INTO - 1);
        newest.push_front(entry.summary.id.clone());
    });
    let cycles = newest.iter().take_while(|_| !stop.load(Ordering::Relaxed));
    let recurring = Recurring::of(cycles.filter_map(|id| store.cycle(id)));
    let looked_into = recurring.cycles;
    let mut insights = recurring.insights(&map);
    if map.cycles >= ENOUGH {
        insights.extend(most_time(&map));
        insights.extend(answers_much(&map));
        insights.extend(idle_layers(&map));
        insights.extend(one_by_one(&map));
        if filter.is_empty() {
            insights.extend(never_reached(&map));
        }
    }
    Some(RunInsights {
        run: map.run,
        cycles: map.cycles,
        looked_into,
        insights,
    })
}

/// Remarks on single cycles, by kind, place and what they are about.
#[derive(Default)]
struct Recurring {
    cycles: u64,
    passed: HashMap<u32, u64>,
    found: BTreeMap<Remark, Found>,
}

/// What tells remarks apart: their kind, the place, and the header, cookie or statement.
type Remark = (InsightKind, u32, Option<String>);

/// A remark, as the newest cycle has it.
struct Found {
    text: String,
    example: String,
    count: u64,
}

impl Recurring {
    /// Those of some cycles, the newest first.
    fn of(cycles: impl Iterator<Item = Cycle>) -> Self {
        let mut all = Self::default();
        for cycle in cycles {
            all.add(&cycle);
        }
        all
    }

    fn add(&mut self, cycle: &Cycle) {
        self.cycles += 1;
        let rows = rows(cycle);
        let site = |row: usize| cycle.sites.get(rows.get(row)?.site?);
        let mut passed: Vec<u32> = (0..rows.len())
            .filter(|row| rows[*row].entry.is_some())
            .filter_map(|row| Some(site(row)?.id))
            .collect();
        passed.sort_unstable();
        passed.dedup();
        for id in passed {
            *self.passed.entry(id).or_default() += 1;
        }
        let mut seen = Vec::new();
        for insight in view::insights(cycle) {
            let Some(site) = insight.row.and_then(site) else {
                continue;
            };
            let key = (insight.kind, site.id, insight.about);
            // Once a cycle, however often it is remarked there.
            if seen.contains(&key) {
                continue;
            }
            seen.push(key.clone());
            let found = self.found.entry(key).or_insert_with(|| Found {
                text: insight.text,
                example: cycle.id.clone(),
                count: 0,
            });
            found.count += 1;
        }
    }

    /// The most frequent first.
    fn insights(self, map: &StackView) -> Vec<RunInsight> {
        let recurs = self.found.into_iter().filter(|(_, f)| f.count >= RECURS);
        let mut insights: Vec<_> = recurs
            .filter_map(|((remark, id, _), found)| {
                let place = map.places.iter().find(|place| place.site.id == id)?;
                let of = self.passed.get(&id).copied().unwrap_or(found.count);
                let all = grouped(of);
                let often = match found.count == of {
                    true => format!("in all {all} cycles looked into that passed it"),
                    false => format!(
                        "in {} of {all} cycles looked into that passed it",
                        grouped(found.count)
                    ),
                };
                Some(RunInsight {
                    remark: Some(remark),
                    text: format!("{} (this or the like {often})", found.text),
                    example: Some(found.example),
                    ..of_place(Kind::Recurring, map, place, found.count, of)
                })
            })
            .collect();
        insights.sort_by_key(|insight| std::cmp::Reverse(insight.count));
        insights
    }
}

/// A remark on a place, still without words.
fn of_place(kind: Kind, map: &StackView, place: &MapPlace, count: u64, of: u64) -> RunInsight {
    // No filter names a server or a router: all pass those.
    let passed = place.filters.passed.as_ref();
    RunInsight {
        kind,
        remark: None,
        text: String::new(),
        source: Some(Source {
            file: place.site.file.clone(),
            line: place.site.line,
        }),
        count,
        of,
        filter: passed.unwrap_or(&map.filter).clone(),
        example: None,
    }
}

/// The place that had the most of the time, if that is a good part of it.
fn most_time(map: &StackView) -> Option<RunInsight> {
    let total: u64 = map.places.iter().map(|p| p.stats.self_total_ns).sum();
    let is_app = |p: &&MapPlace| matches!(p.site.kind.stage(), Stage::Middleware | Stage::View);
    let places = map.places.iter().filter(is_app);
    let place @ MapPlace { site, stats, .. } = places.max_by_key(|p| p.stats.self_total_ns)?;
    let share = percent(stats.self_total_ns, total);
    let text = format!(
        "{} took {share} % of the time of all cycles: {} in {} of them, half within {}",
        site.name,
        text::duration(stats.self_total_ns),
        grouped(stats.count),
        text::duration(stats.self_p50_ns?),
    );
    let insight = of_place(Kind::MostTime, map, place, stats.count, map.cycles);
    (share >= 25).then_some(RunInsight { text, ..insight })
}

/// Layers that let a good part of what comes to them not pass.
fn answers_much(map: &StackView) -> impl Iterator<Item = RunInsight> {
    let layers = map.places.iter().filter(|p| p.site.kind.is_layer());
    layers.filter_map(|place| {
        let MapPlace { site, stats, .. } = place;
        let share = percent(stats.answered, stats.count);
        let much = stats.count >= ENOUGH && share >= 10;
        let text = format!(
            "{} answered {} of the {} cycles that came to it ({share} %) by itself",
            site.name,
            grouped(stats.answered),
            grouped(stats.count)
        );
        let insight = of_place(Kind::AnswersMuch, map, place, stats.answered, stats.count);
        let filter = place.filters.answered.clone();
        much.then_some(RunInsight {
            text,
            filter,
            ..insight
        })
    })
}

/// Layers without which the messages would have been the same. A `ServiceBuilder` is none: its layers stand for it.
fn idle_layers(map: &StackView) -> impl Iterator<Item = RunInsight> {
    let layers = map.places.iter().enumerate();
    let layers = layers.filter(|(at, p)| p.site.kind.is_layer() && !is_builder(map, *at));
    layers.filter_map(|(_, place)| {
        let MapPlace { site, stats, .. } = place;
        let type_name = site.type_name.to_ascii_lowercase();
        let watches = WATCHING.iter().any(|word| type_name.contains(word));
        let idle = stats.count >= ENOUGH && stats.changed + stats.answered == 0 && !watches;
        let text = format!(
            "{} changed nothing and answered nothing in {} cycles, and took {} in them",
            site.name,
            grouped(stats.count),
            text::duration(stats.self_total_ns),
        );
        let insight = of_place(Kind::IdleLayer, map, place, stats.count, stats.count);
        idle.then_some(RunInsight { text, ..insight })
    })
}

/// Whether a place is a `ServiceBuilder` whose layers are known: in a chain, the first of them stands inside it.
fn is_builder(map: &StackView, place: usize) -> bool {
    let is_in_builder = |place: usize| map.places[place].site.kind == SiteKind::BuilderLayer;
    let endpoints = map.routes.iter().flat_map(|route| &route.endpoints);
    let mut chains = endpoints.map(|e| &e.chain).chain([&map.fallback.chain]);
    !is_in_builder(place)
        && chains.any(|chain| {
            let mut pairs = chain.windows(2);
            pairs.any(|pair| pair[0] == place && is_in_builder(pair[1]))
        })
}

/// The longest row of layers that were added with `Router::layer`, which boxes each. Two of which one has routes that the other
/// has not are of different routers, and can't be put together.
fn one_by_one(map: &StackView) -> Option<RunInsight> {
    let endpoints = map.routes.iter().flat_map(|route| &route.endpoints);
    let chains = endpoints.map(|e| &e.chain).chain([&map.fallback.chain]);
    let mut ways = vec![0_usize; map.places.len()];
    for place in chains.clone().flatten() {
        ways[*place] += 1;
    }
    let kind = |place: &usize| map.places[*place].site.kind;
    let rows =
        chains.flat_map(|chain| chain.chunk_by(|a, b| kind(a) == kind(b) && ways[*a] == ways[*b]));
    let rows = rows.filter(|row| kind(&row[0]) == SiteKind::Layer);
    let row = rows
        .max_by_key(|row| row.len())
        .filter(|r| r.len() >= ROW)?;
    let (first, last) = (&map.places[row[0]], &map.places[*row.last()?]);
    let text = format!(
        "{} layers in a row, {} to {}, were added one at a time with Router::layer, which boxes each of them; in one \
         ServiceBuilder they are one",
        row.len(),
        first.site.name,
        last.site.name,
    );
    let count = first.stats.count;
    let insight = of_place(Kind::OneByOne, map, first, count, map.cycles);
    Some(RunInsight { text, ..insight })
}

/// Endpoints of the app that nobody asked for; of a large app that was hardly used yet in one remark.
fn never_reached(map: &StackView) -> Vec<RunInsight> {
    let endpoints = map.routes.iter().flat_map(|route| {
        let endpoints = route.endpoints.iter();
        endpoints.map(move |endpoint| (route, endpoint))
    });
    let unmet = endpoints.clone().filter_map(|(route, endpoint)| {
        let place = map.places.get(*endpoint.chain.last()?)?;
        let unmet = endpoint.stats.count == 0 && place.site.kind != SiteKind::DefaultFallback;
        let methods = match endpoint.methods.is_empty() {
            true => "any method".into(),
            false => endpoint.methods.join(", "),
        };
        let text = format!(
            "None of the {} cycles kept came for {methods} of {}",
            grouped(map.cycles),
            route.path
        );
        let insight = of_place(Kind::NeverReached, map, place, 0, map.cycles);
        let filter = endpoint.filter.clone();
        unmet.then_some(RunInsight {
            text,
            filter,
            ..insight
        })
    });
    let mut unmet: Vec<_> = unmet.collect();
    if unmet.len() > UNMET {
        let text = format!(
            "None of the {} cycles kept came for {} of the {} endpoints: those without calls in the map",
            grouped(map.cycles),
            grouped(unmet.len() as u64),
            grouped(endpoints.count() as u64)
        );
        unmet.truncate(1);
        let (source, filter) = (None, map.filter.clone());
        unmet[0] = RunInsight {
            text,
            source,
            filter,
            ..unmet[0].clone()
        };
    }
    unmet
}

fn percent(part: u64, whole: u64) -> u64 {
    (u128::from(part) * 100)
        .checked_div(whole.into())
        .unwrap_or_default() as u64
}

#[cfg(test)]
mod tests;
