//! The filters that lead from a figure of the map to its cycles: what [`Shape::find`](super::shape::Shape::find) counts there.

use super::shape::{Route, Shape};
use crate::filter::written;
use onionskin::{codec::Tables, wire::StackChain};

/// The cycles of a route.
pub(super) fn of_route(route: &Route<'_>, tables: &Tables) -> String {
    if !route.is_nested_fallback() {
        return format!("route:{}", written(route.path.to_string()));
    }
    let ends = route.endpoints.iter();
    let views: Vec<_> = ends.filter_map(|end| view(end, tables)).collect();
    format!("route:none {}", any(&views))
}

/// The cycles of one of its endpoints.
pub(super) fn of_endpoint(route: &Route<'_>, endpoint: &StackChain, tables: &Tables) -> String {
    if route.is_nested_fallback() {
        let view = view(endpoint, tables);
        return format!("route:none {}", view.unwrap_or_default());
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
    let of_route = of_route(route, tables);
    match (by.is_empty(), endpoint.methods.is_empty()) {
        (true, _) => of_route,
        (false, true) => format!("{of_route} !{}", by.join(" !")),
        (false, false) => format!("{of_route} {}", any(&by)),
    }
}

/// The cycles that no route matched, but those that a nested router's fallback answered.
pub(super) fn of_fallback(shape: &Shape<'_>, tables: &Tables) -> String {
    let nested = shape.routes.iter().filter(|r| r.is_nested_fallback());
    let views = nested.flat_map(|route| route.endpoints);
    let views = views.filter_map(|end| view(end, tables));
    let others: String = views.map(|view| format!(" !{view}")).collect();
    format!("route:none{others}")
}

fn view(endpoint: &StackChain, tables: &Tables) -> Option<String> {
    let site = tables.sites.get(endpoint.chain.last()?)?;
    Some(format!("handler:{}", written(site.name.clone())))
}

fn any(filters: &[String]) -> String {
    match filters {
        [one] => one.clone(),
        many => format!("({})", many.join(" or ")),
    }
}
