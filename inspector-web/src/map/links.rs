//! The filters that lead from a figure of the map to its cycles: what [`Shape::find`](super::shape::Shape::find) counts there.

use super::shape::{Route, Shape};
use crate::{
    filter::{Filter, name_and_place, written},
    model::PlaceFilters,
};
use onionskin::{
    codec::Tables,
    wire::{Site, StackChain, Stage},
};
use std::collections::HashMap;

/// The filters of one map, each with what holds for all of them.
pub(super) struct Links<'t> {
    tables: &'t Tables,
    asked: String,
    run: Option<String>,
    /// How many sites have a name.
    names: HashMap<&'t str, usize>,
}

impl<'t> Links<'t> {
    /// Those of the cycles that match `asked`; with their run, if there are several.
    pub(super) fn new(tables: &'t Tables, asked: &Filter, several: bool) -> Self {
        let mut names = HashMap::new();
        for site in tables.sites.values() {
            *names.entry(&*site.name).or_default() += 1;
        }
        let asked = asked.beside();
        let run = format!("run:{}", tables.run);
        let is_asked = asked.split(' ').any(|part| part == run);
        Self {
            tables,
            run: (several && !is_asked).then_some(run),
            asked,
            names,
        }
    }

    fn lead(&self, there: &str) -> String {
        let parts = [&self.asked, there, self.run.as_deref().unwrap_or_default()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }

    /// To all cycles that are counted.
    pub(super) fn to_all(&self) -> String {
        self.lead("")
    }

    /// To the cycles of a layer, a view or another place.
    pub(super) fn to_place(&self, site: &Site) -> PlaceFilters {
        let passed = self.passed(site);
        let mut answered = format!("answered-by:{}", written(site.name.clone()));
        // The line of a cycle has the name only.
        if let Some(passed) = passed.as_ref().filter(|_| self.has_namesake(site)) {
            answered += &format!(" {passed}");
        }
        PlaceFilters {
            passed: passed.map(|passed| self.lead(&passed)),
            answered: self.lead(&answered),
            changed: self.lead(&format!("changed-by:{}", self.name(site))),
        }
    }

    /// To the cycles of a route.
    pub(super) fn to_route(&self, route: &Route<'_>) -> String {
        self.lead(&self.of_route(route))
    }

    /// To the cycles of one of its endpoints.
    pub(super) fn to_endpoint(&self, route: &Route<'_>, endpoint: &StackChain) -> String {
        if route.is_nested() {
            let view = self.view(endpoint).unwrap_or_default();
            return self.lead(&format!("route:none {view}"));
        }
        let named = |method: &str| {
            let mut ends = route.endpoints.iter();
            ends.any(|end| end.methods.iter().any(|m| m == method))
        };
        let ends = match endpoint.methods.is_empty() {
            true => route.endpoints,
            false => std::slice::from_ref(endpoint),
        };
        let methods = ends.iter().flat_map(|end| &end.methods);
        let mut methods: Vec<&str> = methods.map(String::as_str).collect();
        // `HEAD` goes to `GET`, where it has no endpoint of its own.
        if methods.contains(&"GET") && !named("HEAD") {
            methods.push("HEAD");
        }
        let by = |method: &str| format!("method:{}", written(method.into()));
        let by: Vec<_> = methods.into_iter().map(by).collect();
        let of_route = self.of_route(route);
        self.lead(&match (by.is_empty(), endpoint.methods.is_empty()) {
            (true, _) => of_route,
            (false, true) => format!("{of_route} !{}", by.join(" !")),
            (false, false) => format!("{of_route} {}", any(&by)),
        })
    }

    /// To the cycles that no route matched, but those that a nested router's fallback or a nested service answered.
    pub(super) fn to_fallback(&self, shape: &Shape<'_>) -> String {
        let nested = shape.routes.iter().filter(|r| r.is_nested());
        let views = nested.flat_map(|route| route.endpoints);
        let views = views.filter_map(|end| self.view(end));
        let others: String = views.map(|view| format!(" !{view}")).collect();
        self.lead(&format!("route:none{others}"))
    }

    fn of_route(&self, route: &Route<'_>) -> String {
        if !route.is_nested() {
            return format!("route:{}", written(route.path.to_string()));
        }
        let ends = route.endpoints.iter();
        let views: Vec<_> = ends.filter_map(|end| self.view(end)).collect();
        format!("route:none {}", any(&views))
    }

    fn view(&self, endpoint: &StackChain) -> Option<String> {
        self.passed(self.tables.sites.get(endpoint.chain.last()?)?)
    }

    fn passed(&self, site: &Site) -> Option<String> {
        let field = match site.kind.stage() {
            Stage::View => "handler",
            _ if site.kind.is_layer() => "layer",
            _ => return None,
        };
        Some(format!("{field}:{}", self.name(site)))
    }

    /// A name as the grammar takes it, with its place where others have the name too.
    fn name(&self, site: &Site) -> String {
        written(match self.has_namesake(site) {
            true => name_and_place(site),
            false => site.name.clone(),
        })
    }

    fn has_namesake(&self, site: &Site) -> bool {
        self.names.get(&*site.name).is_some_and(|n| *n > 1)
    }
}

fn any(filters: &[String]) -> String {
    match filters {
        [one] => one.clone(),
        many => format!("({})", many.join(" or ")),
    }
}
