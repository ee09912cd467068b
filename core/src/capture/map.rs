//! The static map of an app, put together while its routers are.

mod listed;

use super::{agent, site};
use crate::codec::NESTED_FALLBACK;
use crate::wire::{Stack, StackChain, StackRoute};
use axum::routing::MethodFilter;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Site ids, innermost first: layers are added from inside to outside.
type Chain = Vec<u32>;

/// An endpoint: methods (none: all others) and what a request for them meets.
#[derive(Clone, Debug)]
struct Endpoint {
    methods: Vec<&'static str>,
    chain: Chain,
}

/// The map of a `MethodRouter`.
#[derive(Clone, Debug, Default)]
pub(crate) struct MethodMap {
    endpoints: Vec<Endpoint>,
    /// The app said what is to become of all other methods; it is not axum's own 405.
    has_fallback: bool,
}

impl MethodMap {
    /// Adds an endpoint for methods.
    pub(crate) fn endpoint(&mut self, filter: MethodFilter, site: u32) {
        self.endpoints.push(Endpoint {
            methods: methods(filter),
            chain: vec![site],
        });
    }

    /// Sets the endpoint for every method that has none; `is_default` for axum's own.
    pub(crate) fn fallback(&mut self, site: u32, is_default: bool) {
        self.endpoints.retain(|e| !e.methods.is_empty());
        self.endpoints.push(Endpoint {
            methods: Vec::new(),
            chain: vec![site],
        });
        self.has_fallback = !is_default;
    }

    /// A map of one endpoint, for all methods.
    pub(crate) fn of_all(site: u32) -> Self {
        let mut map = Self::default();
        map.fallback(site, false);
        map
    }

    /// Adds a layer around all endpoints, and the fallback if `fallback_too`.
    pub(crate) fn layer(&mut self, site: u32, fallback_too: bool) {
        self.endpoints
            .iter_mut()
            .filter(|e| fallback_too || !e.methods.is_empty())
            .for_each(|e| e.chain.push(site));
    }

    /// Adds layers around all endpoints, the innermost first, and the fallback if `fallback_too`.
    pub(crate) fn layers(&mut self, sites: &[u32], fallback_too: bool) {
        for site in sites {
            self.layer(*site, fallback_too);
        }
    }

    /// Adds the endpoints of another. Of two fallbacks the app's own stays; of two of axum's that of the other.
    pub(crate) fn merge(&mut self, mut other: Self) {
        let keeps = self.has_fallback && !other.has_fallback;
        let loses = if keeps { &mut other } else { &mut *self };
        loses.endpoints.retain(|e| !e.methods.is_empty());
        self.endpoints.extend(other.endpoints);
        self.has_fallback |= other.has_fallback;
    }
}

const METHODS: [(MethodFilter, &str); 9] = [
    (MethodFilter::GET, "GET"),
    (MethodFilter::POST, "POST"),
    (MethodFilter::PUT, "PUT"),
    (MethodFilter::DELETE, "DELETE"),
    (MethodFilter::PATCH, "PATCH"),
    (MethodFilter::HEAD, "HEAD"),
    (MethodFilter::OPTIONS, "OPTIONS"),
    (MethodFilter::TRACE, "TRACE"),
    (MethodFilter::CONNECT, "CONNECT"),
];

fn methods(filter: MethodFilter) -> Vec<&'static str> {
    METHODS
        .iter()
        .filter(|(method, _)| filter.or(*method) == filter)
        .map(|(_, name)| *name)
        .collect()
}

/// The map of a `Router`.
#[derive(Debug, Default)]
pub(crate) struct RouterMap {
    routes: Vec<(String, MethodMap)>,
    /// Where each path stands among them: an app may have ten thousand.
    places: HashMap<String, usize>,
    fallback: Chain,
    has_fallback: bool,
    /// Fallbacks of nested routers, with their prefixes.
    nested_fallbacks: Vec<(String, Chain)>,
    published: AtomicBool,
}

impl Clone for RouterMap {
    fn clone(&self) -> Self {
        Self {
            routes: self.routes.clone(),
            places: self.places.clone(),
            fallback: self.fallback.clone(),
            has_fallback: self.has_fallback,
            nested_fallbacks: self.nested_fallbacks.clone(),
            published: AtomicBool::new(false),
        }
    }
}

impl RouterMap {
    /// Adds a route.
    pub(crate) fn route(&mut self, path: &str, map: MethodMap) {
        match self.places.get(path) {
            Some(place) => self.routes[*place].1.merge(map),
            None => {
                self.places.insert(path.to_owned(), self.routes.len());
                self.routes.push((path.to_owned(), map));
            }
        }
    }

    /// Adds a layer around all routes, and the fallback if `fallback_too`.
    pub(crate) fn layer(&mut self, site: u32, fallback_too: bool) {
        self.routes
            .iter_mut()
            .for_each(|(_, map)| map.layer(site, true));
        if fallback_too {
            self.fallback.push(site);
            for (_, chain) in &mut self.nested_fallbacks {
                chain.push(site);
            }
        }
    }

    /// Adds layers around all routes, the innermost first, and the fallback if `fallback_too`.
    pub(crate) fn layers(&mut self, sites: &[u32], fallback_too: bool) {
        for site in sites {
            self.layer(*site, fallback_too);
        }
    }

    /// Sets the fallback; `is_default` for axum's own.
    pub(crate) fn fallback(&mut self, site: u32, is_default: bool) {
        self.fallback = vec![site];
        self.has_fallback = !is_default;
    }

    /// Sets the fallback of all routes so far that have none of their own.
    pub(crate) fn method_not_allowed(&mut self, site: u32) {
        self.routes
            .iter_mut()
            .filter(|(_, map)| !map.has_fallback)
            .for_each(|(_, map)| map.fallback(site, false));
    }

    /// Puts all routes of another below a prefix.
    pub(crate) fn nest(&mut self, prefix: &str, other: &Self) {
        for (path, map) in &other.routes {
            let path = if prefix.ends_with('/') {
                format!("{prefix}{}", path.trim_start_matches('/'))
            } else if path == "/" {
                prefix.to_owned()
            } else {
                format!("{prefix}{path}")
            };
            self.route(&path, map.clone());
        }
        let prefix = prefix.trim_end_matches('/');
        let nested = other.nested_fallbacks.iter();
        self.nested_fallbacks
            .extend(nested.map(|(below, chain)| (format!("{prefix}{below}"), chain.clone())));
        if other.has_fallback {
            self.nested_fallbacks
                .push((prefix.to_owned(), other.fallback.clone()));
        }
    }

    /// Adds all routes of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (path, map) in &other.routes {
            self.route(path, map.clone());
        }
        self.nested_fallbacks
            .extend_from_slice(&other.nested_fallbacks);
        if other.has_fallback || !self.has_fallback {
            self.fallback.clone_from(&other.fallback);
            self.has_fallback = other.has_fallback;
        }
    }

    /// Tells the agent of this map, the first time.
    pub(crate) fn publish(self: &Arc<Self>) {
        if !self.published.load(Ordering::Relaxed) && !self.published.swap(true, Ordering::Relaxed)
        {
            publish(self.to_stack());
        }
    }

    pub(crate) fn to_stack(&self) -> Stack {
        let outward = |chain: &Chain| chain.iter().rev().copied().collect::<Vec<_>>();
        let routes = self
            .routes
            .iter()
            .map(|(path, map)| StackRoute {
                path: path.clone(),
                endpoints: map
                    .endpoints
                    .iter()
                    .map(|e| StackChain {
                        methods: e.methods.iter().map(|m| (*m).to_owned()).collect(),
                        chain: outward(&e.chain),
                    })
                    .collect(),
            })
            .chain(
                self.nested_fallbacks
                    .iter()
                    .map(|(prefix, chain)| StackRoute {
                        path: format!("{prefix}{NESTED_FALLBACK}"),
                        endpoints: vec![StackChain {
                            methods: Vec::new(),
                            chain: outward(chain),
                        }],
                    }),
            )
            .collect();
        let fallback = StackChain {
            methods: Vec::new(),
            chain: outward(&self.fallback),
        };
        let mut stack = Stack {
            sites: Vec::new(),
            routes,
            fallback,
        };
        fill_sites(&mut stack);
        stack
    }
}

fn fill_sites(stack: &mut Stack) {
    let endpoints = stack
        .routes
        .iter()
        .flat_map(|r| &r.endpoints)
        .chain([&stack.fallback]);
    let ids: BTreeSet<u32> = endpoints.flat_map(|e| e.chain.iter().copied()).collect();
    stack.sites = ids.into_iter().filter_map(site::by_id).cloned().collect();
}

/// The maps of all routers that a request met, as one. The innermost was the last.
pub(crate) fn joined(stacks: Vec<Stack>) -> Option<Stack> {
    stacks.into_iter().reduce(|mut all, stack| {
        all.routes.extend(stack.routes);
        all.sites.extend(stack.sites);
        all.fallback = stack.fallback;
        all
    })
}

/// Most routes in the map of a process; a program that makes routers without end must not fill memory.
const MAX_ROUTES: usize = 4096;

static PUBLISHED: Mutex<Option<Stack>> = Mutex::new(None);

/// Adds a router's map to the one of the process: an app may serve several.
fn publish(stack: Stack) {
    let mut published = PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner);
    match published.as_mut() {
        None => *published = Some(stack),
        Some(all) => {
            let known: HashSet<StackKey<'_>> = all.routes.iter().map(key).collect();
            let new: Vec<_> = stack
                .routes
                .iter()
                .filter(|r| !known.contains(&key(r)))
                .cloned()
                .collect();
            if new.is_empty() || all.routes.len() + new.len() > MAX_ROUTES {
                return;
            }
            all.routes.extend(new);
            fill_sites(all);
        }
    }
    drop(published);
    agent::stack_changed();
}

type StackKey<'a> = (&'a str, Vec<&'a [u32]>);

fn key(route: &StackRoute) -> StackKey<'_> {
    (
        &route.path,
        route.endpoints.iter().map(|e| &e.chain[..]).collect(),
    )
}

/// The map of the process.
pub(crate) fn published() -> Option<Stack> {
    PUBLISHED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_fallback(site: u32, is_default: bool) -> RouterMap {
        let mut map = RouterMap::default();
        map.fallback(site, is_default);
        map
    }

    #[test]
    fn the_fallback_of_a_merged_router_comes_along_where_it_is_nested() {
        let mut merged = with_fallback(1, true);
        merged.merge(&with_fallback(7, false));
        let mut outer = with_fallback(2, true);
        outer.nest("/api", &merged);
        outer.nest("/plain", &with_fallback(3, true));
        let stack = outer.to_stack();
        let [fallback] = &stack.routes[..] else {
            panic!("{stack:?}");
        };
        assert_eq!(fallback.path, format!("/api{NESTED_FALLBACK}"));
        assert_eq!(fallback.endpoints[0].chain, [7]);
        assert_eq!(stack.fallback.chain, [2]);
    }

    #[test]
    fn a_path_that_is_added_again_is_the_same_route() {
        let mut map = with_fallback(1, true);
        for path in ["/a", "/b", "/a"] {
            map.route(path, MethodMap::default());
        }
        let stack = map.to_stack();
        let paths: Vec<_> = stack.routes.iter().map(|route| &*route.path).collect();
        assert_eq!(paths, ["/a", "/b"]);
    }

    #[test]
    fn what_the_app_says_first_of_other_methods_stays() {
        let own = |filter, site, own: Option<u32>| {
            let mut map = MethodMap::default();
            map.fallback(own.unwrap_or(9), own.is_none());
            map.endpoint(filter, site);
            map
        };
        let mut map = RouterMap::default();
        map.route("/own", own(MethodFilter::GET, 1, None));
        map.route("/own", own(MethodFilter::POST, 2, Some(3)));
        map.route("/none", own(MethodFilter::GET, 4, None));
        map.method_not_allowed(5);
        map.method_not_allowed(6);
        let stack = map.to_stack();
        let of_others = stack.routes.iter().map(|route| {
            let mut ends = route.endpoints.iter();
            &*ends.find(|e| e.methods.is_empty()).unwrap().chain
        });
        assert_eq!(of_others.collect::<Vec<_>>(), [[3], [5]]);
    }

    #[test]
    fn maps_of_several_routers_are_joined_with_the_fallback_of_the_last() {
        let map = |path: &str, site: u32| {
            let mut map = with_fallback(site, true);
            map.route(path, MethodMap::default());
            map.to_stack()
        };
        let joined = joined(vec![map("/outer", 1), map("/inner", 2)]).unwrap();
        let paths: Vec<_> = joined.routes.iter().map(|route| &*route.path).collect();
        assert_eq!(paths, ["/outer", "/inner"]);
        assert_eq!(joined.fallback.chain, [2]);
    }
}
