//! The map of an app with figures: how often each route and each place was passed, how it went, how long it took.
//!
//! Everything needed was worked out when a cycle came in and is kept beside it, so that no cycle is decoded for this.

mod figures;
mod insights;
mod links;
mod shape;

pub(crate) use insights::insights_of_run;

use crate::{
    filter::Filter,
    model::{MapChain, MapEndpoint, MapPlace, MapRoute, StackView},
    store::Store,
};
use figures::{Durations, PlaceFigures};
use links::Links;
use onionskin::{
    codec::Tables,
    wire::{CycleSummary, Outcome},
};
use shape::Shape;
use std::{collections::HashMap, sync::atomic::AtomicBool};

/// The map of a run, with figures of those of its cycles that match; none if no such run is known.
pub(crate) fn of_run(
    store: &Store,
    run: &str,
    filter: &Filter,
    stop: &AtomicBool,
) -> Option<StackView> {
    let tables = store.tables(run)?;
    let mut shape = Shape::new(tables.stack.as_ref());
    let mut count = Count::default();
    store.each_match(&filter.clone().of_run(run), stop, |entry, _| {
        let passed: Vec<_> = entry.places.iter().collect();
        let is_error = is_error(&entry.summary);
        count.cycles += 1;
        for place in &passed {
            count
                .places
                .entry(place.site)
                .or_default()
                .add(place, is_error);
        }
        let duration = entry.summary.duration_ns;
        let (route, endpoint) = shape.find(&entry.summary, &passed);
        count
            .routes
            .entry(route)
            .or_default()
            .add(duration, is_error);
        if let Some(endpoint) = endpoint {
            let endpoint = count.endpoints.entry((route, endpoint)).or_default();
            endpoint.add(duration, is_error);
        }
    });
    let several = store.apps().iter().map(|app| app.runs.len()).sum::<usize>() > 1;
    Some(count.view(&tables, shape, &Links::new(&tables, filter, several)))
}

/// The filter of what went wrong.
const ERRORS: &str = "(status:>=500 or outcome:failed or outcome:panicked)";

/// Whether a cycle went wrong: what [`ERRORS`] lets pass.
fn is_error(cycle: &CycleSummary) -> bool {
    cycle.status.is_some_and(|status| status >= 500)
        || matches!(
            cycle.outcome,
            Outcome::Failed { .. } | Outcome::Panicked { .. }
        )
}

/// What was counted. A route is its index in the shape; none is the fallback.
#[derive(Default)]
struct Count {
    cycles: u64,
    routes: HashMap<Option<usize>, Durations>,
    endpoints: HashMap<(Option<usize>, usize), Durations>,
    places: HashMap<u32, PlaceFigures>,
}

impl Count {
    fn view(mut self, tables: &Tables, shape: Shape<'_>, links: &Links<'_>) -> StackView {
        let mut sites: Vec<u32> = Vec::new();
        let mut index = HashMap::new();
        let mut chain = |ids: &[u32]| -> Vec<usize> {
            let known = ids.iter().filter(|id| tables.sites.contains_key(id));
            let indices = known.map(|id| {
                *index.entry(*id).or_insert_with(|| {
                    sites.push(*id);
                    sites.len() - 1
                })
            });
            indices.collect()
        };
        let mut routes = Vec::new();
        for (i, route) in shape.routes.iter().enumerate() {
            let endpoints = route
                .endpoints
                .iter()
                .enumerate()
                .map(|(j, endpoint)| MapEndpoint {
                    methods: endpoint.methods.clone(),
                    chain: chain(&endpoint.chain),
                    filter: links.to_endpoint(route, endpoint),
                    stats: self
                        .endpoints
                        .remove(&(Some(i), j))
                        .unwrap_or_default()
                        .stats(),
                });
            routes.push(MapRoute {
                path: route.path.to_string(),
                filter: links.to_route(route),
                endpoints: endpoints.collect(),
                stats: self.routes.remove(&Some(i)).unwrap_or_default().stats(),
            });
        }
        let fallback = MapChain {
            chain: chain(shape.fallback),
            filter: links.to_fallback(&shape),
            stats: self.routes.remove(&None).unwrap_or_default().stats(),
        };
        // What is in no chain but was passed: the server, routers, layers around them.
        let mut others: Vec<u32> = self.places.keys().copied().collect();
        others.sort_unstable();
        chain(&others);
        let place = |id: &u32| MapPlace {
            site: tables.sites[id].clone(),
            filters: links.to_place(&tables.sites[id]),
            stats: self.places.remove(id).unwrap_or_default().stats(),
        };
        StackView {
            app: tables.app.clone(),
            run: tables.run.clone(),
            cycles: self.cycles,
            filter: links.to_all(),
            errors: ERRORS.into(),
            routes,
            places: sites.iter().map(place).collect(),
            fallback,
        }
    }
}

#[cfg(test)]
mod tests;
