//! What is in a router that was built without probes. axum tells it for `Debug` only; where an axum to come writes it in another
//! way, such a router has no routes in the map, and nothing else changes.

use super::{METHODS, MethodMap, RouterMap};
use crate::{capture::site, codec::NESTED_SERVICE};
use std::{collections::BTreeMap, panic::Location};

/// How axum writes the route for all that is below where a service is nested.
const TAIL: &str = "/{*__private__axum_nest_tail_param}";

impl RouterMap {
    /// The map of a router that is seen from outside only, by the probe at this site. Its 404 and 405 are there, although no
    /// probe sees them.
    pub(crate) fn listed<S>(
        router: &axum::Router<S>,
        site: u32,
        at: &'static Location<'static>,
    ) -> Self {
        let text = format!("{router:?}");
        let mut map = Self::default();
        if has_fallback(&text, "catch_all_fallback: ") {
            map.fallback(site, false);
        } else {
            map.fallback(site::default_fallback("404", at).id, true);
            map.layer(site, true);
        }
        let routes = routes(&text).unwrap_or_default();
        let nested: Vec<_> = routes
            .iter()
            .filter_map(|r| r.0.strip_suffix(TAIL))
            .collect();
        for (path, endpoint) in &routes {
            let endpoint = MethodMap::of_text(endpoint, site, at);
            match path.strip_suffix(TAIL) {
                Some(prefix) => map.route(&format!("{prefix}{NESTED_SERVICE}"), endpoint),
                // Right at its prefix it is the same service.
                None if nested.contains(&path.trim_end_matches('/')) => {}
                None => map.route(path, endpoint),
            }
        }
        map
    }
}

impl MethodMap {
    /// The map of a method router that is seen from outside only, by the probe at this site.
    pub(crate) fn listed<S, E>(
        router: &axum::routing::MethodRouter<S, E>,
        site: u32,
        at: &'static Location<'static>,
    ) -> Self {
        Self::of_text(&format!("{router:?}"), site, at)
    }

    /// Of a service at a route, or where the text cannot be read: one endpoint for all methods.
    fn of_text(text: &str, site: u32, at: &'static Location<'static>) -> Self {
        let mut map = Self::of_all(site);
        let field = |name: &str| Some(text.split_once(&format!(" {name}: "))?.1);
        if field("fallback").is_some() {
            if !has_fallback(text, " fallback: ") {
                map.fallback(site::default_fallback("405", at).id, true);
                map.layer(site, true);
            }
            for (filter, name) in METHODS {
                let handler = field(&name.to_ascii_lowercase());
                if handler.is_some_and(|handler| !handler.starts_with("None")) {
                    map.endpoint(filter, site);
                }
            }
        }
        map
    }
}

fn has_fallback(text: &str, field: &str) -> bool {
    let fallback = text.split_once(field);
    fallback.is_some_and(|(_, fallback)| !fallback.starts_with("Default("))
}

/// The routes' paths and what is at each, in the order of their addition; a nested router's are in no order.
fn routes(text: &str) -> Option<Vec<(String, &str)>> {
    let (_, text) = text.split_once("{ routes: {")?;
    let (endpoints, mut paths) = text.split_once("}, node: Node { paths: {")?;
    let endpoints = endpoints.split("RouteId(").skip(1);
    let endpoints: BTreeMap<&str, &str> = endpoints.filter_map(|e| e.split_once("): ")).collect();
    let mut routes = BTreeMap::new();
    while let Some(entry) = paths.trim_start_matches(", ").strip_prefix("RouteId(") {
        let (id, path) = entry.split_once("): ")?;
        let (path, rest) = quoted(path)?;
        routes.insert(id.parse::<u64>().ok()?, (path, *endpoints.get(id)?));
        paths = rest;
    }
    Some(routes.into_values().collect())
}

/// A string as `Debug` writes it, and what comes after.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut read, mut rest) = (String::new(), text.strip_prefix('"')?);
    loop {
        let (plain, after) = rest.split_at(rest.find(['"', '\\'])?);
        read += plain;
        let Some(escape) = after.strip_prefix('\\') else {
            return Some((read, &after[1..]));
        };
        let (c, after) = if let Some(hex) = escape.strip_prefix("u{") {
            let (hex, after) = hex.split_once('}')?;
            (char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, after)
        } else {
            let c = escape.chars().next()?;
            let meant = match c {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                c => c,
            };
            (meant, &escape[c.len_utf8()..])
        };
        read.push(c);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::handler::HandlerWithoutStateExt;

    /// One app, on axum or on us.
    macro_rules! app {
        ($axum:tt) => {{
            use $axum::{Router, routing};
            let service = || (async || "service").into_service();
            let inner = Router::<()>::new()
                .route("/x", routing::get(async || "x"))
                .route("/", routing::post(async || "root"))
                .fallback(async || "lost");
            Router::<()>::new()
                .route("/", routing::get(async || "").post(async || ""))
                .route("/any", routing::any(async || ""))
                .route("/other", routing::delete(async || "").fallback(async || ""))
                .route(
                    "/by/{id}/a",
                    routing::connect(async || "").trace(async || ""),
                )
                .route_service("/service", service())
                .route(
                    "/of/methods",
                    routing::put_service(service()).options(async || ""),
                )
                .nest("/api", inner)
                .nest_service("/files", service())
                .nest_service("/below/{id}/", service())
                .route(
                    "/q\"\\\u{301}\n'\0é RouteId(7)",
                    routing::options(async || ""),
                )
                .route("/under/{*all}", routing::patch(async || ""))
        }};
    }

    fn listed(map: &RouterMap) -> Vec<(String, Vec<Vec<String>>)> {
        let routes = map.to_stack().routes.into_iter();
        let routes = routes.filter(|route| !route.path.ends_with(crate::codec::NESTED_FALLBACK));
        let methods = |route: crate::wire::StackRoute| {
            let mut all: Vec<_> = route.endpoints.into_iter().map(|e| e.methods).collect();
            all.sort();
            (route.path, all)
        };
        let mut routes: Vec<_> = routes.map(methods).collect();
        routes.sort();
        routes
    }

    #[test]
    fn routes_and_methods_are_those_of_the_same_app_with_probes() {
        let ours: crate::Router = app!(crate);
        let map = RouterMap::listed(&app!(axum), 7, Location::caller());
        assert_eq!(listed(&map), listed(&ours.map));
        assert!(!map.has_fallback);
        let own = axum::Router::<()>::new().fallback(async || "");
        assert!(RouterMap::listed(&own, 7, Location::caller()).has_fallback);
    }

    #[test]
    fn what_axum_answers_itself_is_no_endpoint_of_the_app() {
        let router = axum::routing::get(async || "").post(async || "");
        let map = MethodMap::listed::<(), _>(&router, 7, Location::caller());
        let of_all = |e: &&super::super::Endpoint| e.methods.is_empty();
        let refusal = map.endpoints.iter().find(of_all).unwrap();
        let [inner, 7] = refusal.chain[..] else {
            panic!("{refusal:?}");
        };
        let kind = site::by_id(inner).unwrap().kind;
        assert_eq!(kind, crate::wire::SiteKind::DefaultFallback);
    }

    #[test]
    fn of_a_text_that_axum_never_wrote_no_route_is_known() {
        for text in [
            "",
            "Router { .. }",
            "{ routes: {RouteId(1): Route}, node: Node { paths: {RouteId(1): \"/a",
            "{ routes: {}, node: Node { paths: {RouteId(1): \"/a\"} } }",
            "{ routes: {RouteId(1): Route}, node: Node { paths: {RouteId(1): \"\\u{d800}\"} } }",
        ] {
            assert_eq!(routes(text), None, "{text}");
        }
        assert_eq!(listed_methods("Route(Route)"), [Vec::<&str>::new()]);
    }

    fn listed_methods(text: &str) -> Vec<Vec<&'static str>> {
        let map = MethodMap::of_text(text, 7, Location::caller());
        map.endpoints.into_iter().map(|e| e.methods).collect()
    }
}
