//! The places in the app's code where probes stand, each known once.

use crate::wire::{Site, SiteKind};
use std::{
    collections::HashMap,
    panic::Location,
    sync::{LazyLock, Mutex, PoisonError},
};

/// Most sites that one process keeps. Sites are the program's own layers, routes and handlers, so a program that has
/// more makes names at run time; the rest share one site that says so.
const MAX_SITES: usize = 1 << 16;

/// Most names of extension types that one process keeps.
const MAX_NAMES: usize = 1 << 14;

#[derive(Default)]
struct Table {
    sites: Vec<&'static Site>,
    by_place: HashMap<(SiteKind, String, &'static str, u32, u32), &'static Site>,
    names: Vec<String>,
    by_name: HashMap<String, u32>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

/// The site of this kind, name and place; the same one whenever the same code runs again.
pub(crate) fn site(
    kind: SiteKind,
    type_name: &str,
    at: &'static Location<'static>,
) -> &'static Site {
    named_site(kind, short_name(type_name), type_name, &[], at)
}

/// The site of a router that another crate built. One of axum's own types is named as it is imported.
pub(crate) fn opaque_site(type_name: &str, at: &'static Location<'static>) -> &'static Site {
    let name = match type_name.starts_with("axum::") {
        true => type_name.to_owned(),
        false => short_name(type_name),
    };
    named_site(SiteKind::Opaque, name, type_name, &[], at)
}

/// The site of axum's own answer where nothing takes a request: `404` or `405`.
pub(crate) fn default_fallback(answer: &str, at: &'static Location<'static>) -> &'static Site {
    named_site(SiteKind::DefaultFallback, answer.to_owned(), "", &[], at)
}

/// The site of a handler with the types of its extractors.
pub(crate) fn handler_site<H, T>(kind: SiteKind, at: &'static Location<'static>) -> &'static Site {
    let type_name = std::any::type_name::<H>();
    let (function, layers) = unlayered(type_name);
    let mut name = if function.ends_with("{{closure}}") {
        "closure".to_owned()
    } else {
        function_name(function)
    };
    if !layers.is_empty() {
        name += &format!(" in {}", layers.join(", "));
    }
    named_site(
        kind,
        name,
        type_name,
        &extractors(std::any::type_name::<T>()),
        at,
    )
}

/// The handler inside of what `Handler::layer` made, and the layers, outermost first. No probe gets between those: they are
/// seen together, and the name says so.
fn unlayered(mut type_name: &str) -> (&str, Vec<String>) {
    let mut layers = Vec::new();
    while let Some(arguments) = type_name
        .strip_prefix("axum::handler::Layered<")
        .and_then(|rest| rest.strip_suffix('>'))
        && let [layer, handler, ..] = at_commas(arguments)[..]
    {
        layers.push(short_name(layer));
        type_name = handler;
    }
    (type_name, layers)
}

/// The parts of a list of types.
fn at_commas(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (at, c) in list.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts
}

/// A site with a name of the caller's choice.
pub(crate) fn named_site(
    kind: SiteKind,
    name: String,
    type_name: &str,
    extractors: &[String],
    at: &'static Location<'static>,
) -> &'static Site {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = (
        kind,
        format!("{name}\n{type_name}"),
        at.file(),
        at.line(),
        at.column(),
    );
    if let Some(site) = table.by_place.get(&place) {
        return site;
    }
    let full = table.sites.len() >= MAX_SITES;
    if full && let Some(last) = table.sites.last() {
        return last;
    }
    let id = table.sites.len() as u32;
    let site: &'static Site = Box::leak(Box::new(if table.sites.len() + 1 == MAX_SITES {
        Site {
            id,
            kind: SiteKind::Opaque,
            name: format!("one of more than {MAX_SITES} sites"),
            type_name: String::new(),
            file: String::new(),
            line: 0,
            extractors: Vec::new(),
        }
    } else {
        Site {
            id,
            kind,
            name,
            type_name: type_name.to_owned(),
            file: at.file().to_owned(),
            line: at.line(),
            extractors: extractors.to_vec(),
        }
    }));
    table.sites.push(site);
    table.by_place.insert(place, site);
    site
}

/// The sites from number `from` on.
pub(crate) fn sites_from(from: usize) -> Vec<&'static Site> {
    let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    table.sites.get(from..).unwrap_or_default().to_vec()
}

/// The site of this id.
pub(crate) fn by_id(id: u32) -> Option<&'static Site> {
    TABLE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .sites
        .get(id as usize)
        .copied()
}

/// The number of a type's name, for the compact encoding.
pub(crate) fn name_id(name: &str) -> u32 {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(id) = table.by_name.get(name) {
        return *id;
    }
    if table.names.len() >= MAX_NAMES {
        return 0;
    }
    if table.names.is_empty() {
        table
            .names
            .push(format!("one of more than {MAX_NAMES} types"));
    }
    let id = table.names.len() as u32;
    table.names.push(name.to_owned());
    table.by_name.insert(name.to_owned(), id);
    id
}

/// The names from number `from` on.
pub(crate) fn names_from(from: usize) -> Vec<String> {
    let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    table.names.get(from..).unwrap_or_default().to_vec()
}

/// What stands around a router, from outside to inside: `AddExtension<FromFn<a::tidy, (), Router, …>, …>` →
/// `AddExtension + tidy`.
pub(crate) fn name_around(type_name: &str) -> String {
    const ROUTER: &str = "Router";
    let (mut names, mut rest) = (Vec::new(), type_name);
    while let Some((outer, arguments)) = rest.strip_suffix('>').and_then(|r| r.split_once('<'))
        && !outer.ends_with(ROUTER)
    {
        let arguments = at_commas(arguments);
        let name = outer.rsplit("::").next().unwrap_or(outer);
        // A service is named as its layer is.
        names.push(match arguments.first() {
            Some(function) if OF_A_FUNCTION.contains(&&*format!("{name}Layer")) => {
                function_name(function)
            }
            _ => name.to_owned(),
        });
        match arguments.into_iter().find(|a| a.contains(ROUTER)) {
            Some(inner) => rest = inner,
            None => break,
        }
    }
    match names.is_empty() {
        true => short_name(type_name),
        false => names.join(" + "),
    }
}

/// Layers that are made of a function, and are called as it is.
const OF_A_FUNCTION: [&str; 9] = [
    "FromFnLayer",
    "MapRequestLayer",
    "MapResponseLayer",
    "MapErrLayer",
    "AndThenLayer",
    "ThenLayer",
    "MapResultLayer",
    "MapFutureLayer",
    "LayerFn",
];

/// Names that say nothing without the module that the function is in.
const SAYS_NOTHING: [&str; 11] = [
    "get",
    "handle",
    "handler",
    "head",
    "layer",
    "middleware",
    "options",
    "patch",
    "post",
    "put",
    "serve",
];

/// Layers that stand beside others to make types fit, and do nothing.
const TO_FIT: [&str; 2] = ["Identity", "ResponseAxumBodyLayer"];

/// `a::b::Layer<c::D>` → `Layer`; for layers made of a function, the function: `FromFnLayer<app::auth, …>` → `auth`; for
/// what is there or not, `Either<a::Layer, Identity>` → `Layer (optional)`; for some in one, `(Layer, Other)`.
pub(crate) fn short_name(type_name: &str) -> String {
    let closed = |open, close| type_name.strip_suffix(close)?.split_once(open);
    if let Some(("", parts)) = closed('(', ')') {
        let names = at_commas(parts).into_iter().map(short_name);
        let names: Vec<_> = names
            .filter(|n| !n.is_empty() && !TO_FIT.contains(&n.as_str()))
            .collect();
        match &names[..] {
            [] => {}
            [name] => return name.clone(),
            names => return format!("({})", names.join(", ")),
        }
    }
    if let Some((outer, arguments)) = closed('<', '>') {
        let outer = outer.rsplit("::").next().unwrap_or(outer);
        match at_commas(arguments)[..] {
            [function, ..] if OF_A_FUNCTION.contains(&outer) && !function.is_empty() => {
                return function_name(function);
            }
            [one, other] if outer == "Either" => return either_name(one, other),
            _ => {}
        }
    }
    // The parameters of a layer's type say what it is made of, not what it is called.
    let short = strip_paths(type_name);
    short
        .split('<')
        .next()
        .filter(|s| !s.is_empty())
        .unwrap_or(&short)
        .to_owned()
}

fn either_name(one: &str, other: &str) -> String {
    match (short_name(one), short_name(other)) {
        (name, nothing) | (nothing, name) if nothing == "Identity" => format!("{name} (optional)"),
        (one, other) => format!("{one} or {other}"),
    }
}

/// `a::b::show` → `show`, with its module where the name alone says nothing: `b::middleware`.
fn function_name(path: &str) -> String {
    let within = path.trim_end_matches("::{{closure}}");
    if within != path {
        return format!("closure in {}", short_name(within));
    }
    let name = short_name(path);
    let module = path.strip_suffix(&name).and_then(|p| p.strip_suffix("::"));
    match module.and_then(|m| m.rsplit("::").next()) {
        Some(module) if SAYS_NOTHING.contains(&name.as_str()) => format!("{module}::{name}"),
        _ => name,
    }
}

/// Takes the module paths off every path in a type name; `f::{{closure}}` stays whole.
fn strip_paths(type_name: &str) -> String {
    let mut out = String::with_capacity(type_name.len());
    let mut segment = String::new();
    let mut rest = type_name;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            if after.starts_with('{') {
                segment.push_str("::");
            } else {
                segment.clear();
            }
            rest = after;
            continue;
        }
        if c.is_alphanumeric() || matches!(c, '_' | '{' | '}' | '#') {
            segment.push(c);
        } else {
            out.push_str(&segment);
            segment.clear();
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out.push_str(&segment);
    out
}

/// The extractors in a handler's `T`: `(axum_core::…::ViaRequest, Path<u32>, Json<New>)`.
fn extractors(tuple: &str) -> Vec<String> {
    let short = strip_paths(tuple);
    let Some(inner) = short.strip_prefix('(').and_then(|s| s.strip_suffix(')')) else {
        return Vec::new();
    };
    let parts = at_commas(inner).into_iter();
    parts
        .filter(|p| !matches!(*p, "" | "ViaRequest" | "ViaParts"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_say_what_people_call_it() {
        for (long, short) in [
            ("tower_http::timeout::service::TimeoutLayer", "TimeoutLayer"),
            (
                "axum::middleware::from_fn::FromFnLayer<shop::auth::require_login, (), (http::request::Request<B>,)>",
                "require_login",
            ),
            (
                "axum::middleware::from_fn::FromFnLayer<shop::run::{{closure}}, (), (A,)>",
                "closure in run",
            ),
            (
                "axum::middleware::from_fn::FromFnLayer<shop::main::{{closure}}::{{closure}}, (), (A,)>",
                "closure in main",
            ),
            (
                "tower::util::map_response::MapResponseLayer<shop::tidy>",
                "tidy",
            ),
            (
                "tower_http::compression::CompressionLayer<tower_http::P<u8>>",
                "CompressionLayer",
            ),
        ] {
            assert_eq!(short_name(long), short);
        }
    }

    #[test]
    fn a_function_whose_name_says_nothing_has_its_module() {
        for (path, name) in [
            ("shop::real_ip::middleware", "real_ip::middleware"),
            ("shop::books::show", "show"),
            ("shop::views::login::post", "login::post"),
            ("shop::serve<shop::files::Disk>", "serve"),
            ("serve", "serve"),
            ("shop::run::{{closure}}::auth", "auth"),
            (
                "shop::api::handler::{{closure}}::{{closure}}",
                "closure in handler",
            ),
        ] {
            assert_eq!(function_name(path), name);
            let layer = format!("axum::middleware::from_fn::FromFnLayer<{path}, (), (A,)>");
            assert_eq!(short_name(&layer), name);
        }
    }

    #[test]
    fn layers_in_one_are_named_each_and_one_that_may_be_missing_says_so() {
        const AUTH: &str = "axum::middleware::from_fn::FromFnLayer<shop::auth, (), (A, B)>";
        const FITTED: &str = "axum::middleware::response_axum_body::ResponseAxumBodyLayer";
        for (long, short) in [
            (
                format!(
                    "axum_extra::either::Either<({FITTED}, {AUTH}), tower_layer::identity::Identity>"
                ),
                "auth (optional)",
            ),
            (
                format!("tower::util::either::Either<tower_layer::identity::Identity, {AUTH}>"),
                "auth (optional)",
            ),
            (
                format!("tower::util::either::Either<{AUTH}, tower_http::trace::TraceLayer<A<B>>>"),
                "auth or TraceLayer",
            ),
            (
                format!("(tower_http::trace::TraceLayer<A, (B, C)>, {AUTH})"),
                "(TraceLayer, auth)",
            ),
            (format!("({AUTH},)"), "auth"),
            ("()".to_owned(), "()"),
        ] {
            assert_eq!(short_name(&long), short);
        }
    }

    #[test]
    fn all_that_stands_around_a_router_is_named_from_outside_to_inside() {
        const ROUTER: &str = "onionskin::capture::router::Router";
        for (around, name) in [
            (
                format!("tower_http::normalize_path::NormalizePath<{ROUTER}>"),
                "NormalizePath",
            ),
            (
                format!(
                    "axum::extension::AddExtension<axum::middleware::from_fn::FromFn<shop::tidy::tidy, (), {ROUTER}, (A, B)>, \
                     axum::extract::connect_info::ConnectInfo<core::net::SocketAddr>>"
                ),
                "AddExtension + tidy",
            ),
            (format!("shop::Around<u8, {ROUTER}<()>>"), "Around"),
            ("shop::MyRouter".to_owned(), "MyRouter"),
        ] {
            assert_eq!(name_around(&around), name);
        }
    }

    #[test]
    fn extractors_are_taken_apart_at_the_outermost_commas() {
        let tuple = "(axum_core::extract::private::ViaRequest, axum::Path<(u32, u8)>, axum::Json<a::New<b::C>>)";
        assert_eq!(extractors(tuple), ["Path<(u32, u8)>", "Json<New<C>>"]);
        assert_eq!(extractors("((),)"), ["()"]);
        assert!(extractors("()").is_empty());
    }

    #[test]
    fn a_handler_with_layers_is_told_from_them() {
        let made = "axum::handler::Layered<tower_http::trace::TraceLayer<A<B>>, axum::handler::Layered<tower::limit::LimitLayer, shop::show, (M, Json<A, B>), ()>, (M,), ()>";
        let layers = ["TraceLayer", "LimitLayer"].map(str::to_owned).to_vec();
        assert_eq!(unlayered(made), ("shop::show", layers));
        assert_eq!(unlayered("shop::show"), ("shop::show", vec![]));
    }

    #[test]
    fn the_same_code_is_one_site() {
        let make = || site(SiteKind::Layer, "a::B", Location::caller());
        assert_eq!(make().id, make().id);
        assert_ne!(
            make().id,
            site(SiteKind::Layer, "a::C", Location::caller()).id
        );
    }
}
