//! The routes of a map, and which of them a cycle took.

use crate::store::Passed;
use onionskin::wire::{CycleSummary, Stack, StackChain};
use std::{borrow::Cow, collections::HashMap};

/// The routes of an app, and those that were met and are in no map.
pub(super) struct Shape<'s> {
    pub(super) routes: Vec<Route<'s>>,
    pub(super) fallback: &'s [u32],
    by_path: HashMap<Cow<'s, str>, Vec<usize>>,
}

pub(super) struct Route<'s> {
    pub(super) path: Cow<'s, str>,
    pub(super) endpoints: &'s [StackChain],
}

impl Route<'_> {
    /// Whether it stands for the fallback of a nested router, or for a nested service: for no route that axum knows.
    pub(super) fn is_nested(&self) -> bool {
        self.path.ends_with("/{*fallback}") || self.path.ends_with("/{*nested}")
    }
}

impl<'s> Shape<'s> {
    pub(super) fn new(stack: Option<&'s Stack>) -> Self {
        let mut shape = Self {
            routes: Vec::new(),
            fallback: stack.map_or(&[], |stack| &stack.fallback.chain),
            by_path: HashMap::new(),
        };
        for route in stack.iter().flat_map(|stack| &stack.routes) {
            shape.push(Cow::Borrowed(&route.path), &route.endpoints);
        }
        shape
    }

    fn push(&mut self, path: Cow<'s, str>, endpoints: &'s [StackChain]) -> usize {
        let index = self.routes.len();
        self.by_path.entry(path.clone()).or_default().push(index);
        self.routes.push(Route { path, endpoints });
        index
    }

    /// The route that a cycle took, and its endpoint if it has one for the method; no route: the fallback.
    pub(super) fn find(
        &mut self,
        cycle: &CycleSummary,
        passed: &[Passed],
    ) -> (Option<usize>, Option<usize>) {
        let Some(path) = &cycle.route else {
            return self.nested(passed);
        };
        let Some(routes) = self.by_path.get(path.as_str()) else {
            return (Some(self.push(Cow::Owned(path.clone()), &[])), None);
        };
        // Where routers of one app have the same path: the one whose view was reached.
        let reached = routes.iter().find_map(|&route| {
            let endpoints = self.routes[route].endpoints;
            let endpoint = endpoints.iter().position(|e| is_reached(e, passed))?;
            Some((Some(route), Some(endpoint)))
        });
        let first = routes[0];
        reached.unwrap_or_else(|| {
            let endpoint = of_method(self.routes[first].endpoints, &cycle.method);
            (Some(first), endpoint)
        })
    }

    /// What is nested stands in the map as a route, though no route matched.
    fn nested(&self, passed: &[Passed]) -> (Option<usize>, Option<usize>) {
        let mut routes = self.routes.iter().enumerate();
        let found = routes.find_map(|(i, route)| {
            let endpoint = route.endpoints.iter().position(|e| is_reached(e, passed))?;
            route.is_nested().then_some((Some(i), Some(endpoint)))
        });
        found.unwrap_or_default()
    }
}

/// Whether a cycle came to the end of a chain.
fn is_reached(endpoint: &StackChain, passed: &[Passed]) -> bool {
    let view = endpoint.chain.last();
    view.is_some_and(|view| passed.iter().any(|place| place.site == *view))
}

/// The endpoint for a method: its own, `GET`'s for `HEAD`, or the one for all others.
fn of_method(endpoints: &[StackChain], method: &str) -> Option<usize> {
    let of = |method: &str| {
        endpoints
            .iter()
            .position(|e| e.methods.iter().any(|m| m == method))
    };
    let get = || (method == "HEAD").then(|| of("GET")).flatten();
    let others = || endpoints.iter().position(|e| e.methods.is_empty());
    of(method).or_else(get).or_else(others)
}
