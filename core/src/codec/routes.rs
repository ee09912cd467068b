//! Patterns of routes and the paths that they match or do not.

use super::outcome::{NESTED_FALLBACK, NESTED_SERVICE};
use crate::wire::{Stack, StackRoute, Tried, Why};

/// Most routes that are listed as tried.
pub(crate) const MOST: usize = 32;

/// The path of a request target.
pub(super) fn path_of(target: &str) -> &str {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    match path.find("://") {
        Some(at) => path[at + 3..]
            .find('/')
            .map_or("", |slash| &path[at + 3 + slash..]),
        None => path,
    }
}

/// The routes of the map that this request was not for, and why, the nearest first.
pub(super) fn tried(stack: &Stack, method: &str, target: &str) -> Vec<Tried> {
    let path = path_of(target);
    let routes = stack.routes.iter();
    let mut tried: Vec<_> = routes
        .filter(|route| !route.path.ends_with(NESTED_FALLBACK))
        .map(|route| {
            let takes = methods(route);
            // A route without methods takes them all.
            let takes_it = takes.is_empty() || takes.iter().any(|m| m == method);
            let (near, why) = match mismatch(&route.path, path) {
                Some((near, why)) => (near, why),
                None if takes_it => (usize::MAX, Why::Matched),
                None => (usize::MAX, Why::Method { allowed: takes }),
            };
            let route = route.path.clone();
            let near = (near, alike(&why), takes_it);
            (near, Tried { route, why })
        })
        .collect();
    tried.sort_by_key(|(near, _)| std::cmp::Reverse(*near));
    tried
        .into_iter()
        .take(MOST)
        .map(|(_, tried)| tried)
        .collect()
}

/// The methods that a route takes.
fn methods(route: &StackRoute) -> Vec<String> {
    let endpoints = route.endpoints.iter();
    let mut methods: Vec<String> = endpoints.flat_map(|e| e.methods.clone()).collect();
    if methods.iter().any(|m| m == "GET") && !methods.iter().any(|m| m == "HEAD") {
        methods.push("HEAD".into());
    }
    methods
}

/// With how many letters the two segments begin alike at which a path parts from a pattern: `bookz` is nearly `books`.
fn alike(why: &Why) -> usize {
    let Why::Path {
        wanted: Some(wanted),
        got: Some(got),
    } = why
    else {
        return 0;
    };
    let letters = wanted.chars().zip(got.chars());
    letters.take_while(|(a, b)| a == b).count()
}

/// Whether a service is nested where this request goes, if no route is for it.
pub(super) fn is_nested(stack: &Stack, target: &str) -> bool {
    let path = path_of(target);
    let mut routes = stack.routes.iter().map(|route| &route.path);
    routes.any(|route| route.ends_with(NESTED_SERVICE) && mismatch(route, path).is_none())
}

/// Where a pattern and a path part: how many segments agree, and what the next ones are.
pub(super) fn mismatch(pattern: &str, path: &str) -> Option<(usize, Why)> {
    let (mut wanted, mut got) = (pattern.split('/').skip(1), path.split('/').skip(1));
    for near in 0.. {
        let (want, have) = match (wanted.next(), got.next()) {
            (None, None) => return None,
            (Some(want), Some(have)) => (want, have),
            (want, have) => {
                let text = |s: Option<&str>| s.map(str::to_owned);
                return Some((
                    near,
                    Why::Path {
                        wanted: text(want),
                        got: text(have),
                    },
                ));
            }
        };
        if want.starts_with("{*") && !have.is_empty() {
            return None;
        }
        let agree = match (want.find('{'), want.rfind('}')) {
            (Some(open), Some(close)) if open < close => {
                let (before, after) = (&want[..open], &want[close + 1..]);
                have.len() > before.len() + after.len()
                    && have.starts_with(before)
                    && have.ends_with(after)
            }
            _ => want == have,
        };
        if !agree {
            return Some((
                near,
                Why::Path {
                    wanted: Some(want.to_owned()),
                    got: Some(have.to_owned()),
                },
            ));
        }
    }
    None
}

/// The parameters that a pattern finds in a path: `/books/{id}` in `/books/7`.
pub(super) fn path_params(route: &str, target: &str) -> Vec<(String, String)> {
    let path = path_of(target);
    let mut params = Vec::new();
    let mut rest = path;
    // Behind a wildcard comes the pattern of another router, which that handler asked: only it was held against this path.
    let behind = route.rfind("{*").and_then(|wildcard| {
        let slash = wildcard + route[wildcard..].find('/')?;
        Some(&route[slash..])
    });
    let route = behind.unwrap_or(route);
    for segment in route.split_inclusive('/') {
        let (pattern, has_slash) = segment
            .strip_suffix('/')
            .map_or((segment, false), |s| (s, true));
        let end = rest.find('/').unwrap_or(rest.len());
        let (Some(open), Some(close)) = (pattern.find('{'), pattern.rfind('}')) else {
            rest = rest.get(end + usize::from(has_slash)..).unwrap_or_default();
            continue;
        };
        let name = &pattern[open + 1..close.max(open + 1)];
        let value = if name.starts_with('*') {
            rest
        } else {
            &rest[..end]
        };
        let value = value
            .get(open..value.len().saturating_sub(pattern.len() - close - 1))
            .unwrap_or_default();
        let name = name.trim_start_matches('*');
        if !name.starts_with("__private__axum") {
            params.push((name.to_owned(), decode_percent(value)));
        }
        rest = rest.get(end + usize::from(has_slash)..).unwrap_or_default();
    }
    params
}

fn decode_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::StackChain;

    fn params(route: &str, path: &str) -> Vec<(String, String)> {
        path_params(route, path)
    }

    #[test]
    fn path_parameters_are_read_off_the_pattern() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(params("/books/{id}", "/books/7?x=1"), [pair("id", "7")]);
        assert_eq!(
            params("/a/{b}/c/{d}", "/a/1/c/snö%20x"),
            [pair("b", "1"), pair("d", "snö x")]
        );
        assert_eq!(
            params("/static/{*rest}", "/static/css/shop.css"),
            [pair("rest", "css/shop.css")]
        );
        assert_eq!(params("/f/{name}.json", "/f/x.json"), [pair("name", "x")]);
        assert_eq!(
            params("/relay/{*path}/hello/{name}", "/hello/ann"),
            [pair("name", "ann")],
            "asked by a handler of another router"
        );
        assert_eq!(
            params("/a/{b}", "/a/%7G%4%C3%b6"),
            [pair("b", "%7G%4ö")],
            "no digits, and digits"
        );
        assert_eq!(params("/", "/"), []);
        assert_eq!(params("/books", "http://localhost/books"), []);
        for target in ["http://localhost/books/7", "http://x/books/7"] {
            assert_eq!(params("/books/{id}", target), [pair("id", "7")]);
        }
    }

    fn route(path: &str, method: &str) -> StackRoute {
        StackRoute {
            path: path.into(),
            endpoints: vec![StackChain {
                methods: vec![method.into()],
                chain: vec![],
            }],
        }
    }

    #[test]
    fn a_route_that_takes_get_takes_head_and_no_other_does() {
        let stack = Stack {
            routes: vec![route("/read", "GET"), route("/write", "POST")],
            ..Stack::default()
        };
        let why = |method: &str, path: &str| {
            let mut tried = tried(&stack, method, path).into_iter();
            tried.find(|tried| tried.route == path).unwrap().why
        };
        let allowed = |methods: &[&str]| Why::Method {
            allowed: methods.iter().map(|m| (*m).to_owned()).collect(),
        };
        assert_eq!(why("HEAD", "/read"), Why::Matched);
        assert_eq!(why("POST", "/read"), allowed(&["GET", "HEAD"]));
        assert_eq!(why("HEAD", "/write"), allowed(&["POST"]));
    }

    #[test]
    fn what_is_below_a_nested_service_is_for_it() {
        let route = |path: &str| StackRoute {
            path: path.into(),
            endpoints: vec![],
        };
        let stack = Stack {
            routes: vec![route("/read"), route("/static/{*nested}")],
            ..Stack::default()
        };
        assert!(is_nested(&stack, "/static/a/b.css?c"));
        assert!(!is_nested(&stack, "/read"));
        assert!(!is_nested(&stack, "/statics/a"));
    }

    #[test]
    fn the_nearest_of_many_routes_are_told_first() {
        let route = |path: String| StackRoute {
            path,
            endpoints: vec![],
        };
        let mut routes: Vec<_> = (0..2 * MOST).map(|n| route(format!("/{n}"))).collect();
        routes.push(route("/books/{id}/edit".into()));
        let stack = Stack {
            routes,
            ..Stack::default()
        };
        let tried = tried(&stack, "GET", "/books/7");
        assert_eq!((tried.len(), &*tried[0].route), (MOST, "/books/{id}/edit"));
    }

    #[test]
    fn of_routes_that_are_equally_near_those_that_look_like_it_and_take_the_method_are_told_first()
    {
        let stack = Stack {
            routes: vec![
                route("/", "GET"),
                route("/cart", "GET"),
                route("/books/{id}", "POST"),
                route("/books", "GET"),
                route("/boots", "GET"),
            ],
            ..Stack::default()
        };
        let order: Vec<_> = tried(&stack, "GET", "/bookz/7")
            .into_iter()
            .map(|tried| tried.route)
            .collect();
        assert_eq!(order, ["/books", "/books/{id}", "/boots", "/", "/cart"]);
    }

    #[test]
    fn a_refused_route_says_where_the_path_parts_from_it() {
        let path = |want: Option<&str>, have: Option<&str>| {
            let text = |s: Option<&str>| s.map(str::to_owned);
            Some(Why::Path {
                wanted: text(want),
                got: text(have),
            })
        };
        for (pattern, path_, why) in [
            ("/books/{id}", "/books/7", None),
            ("/books/{id}", "/books", path(Some("{id}"), None)),
            ("/books", "/books/", path(None, Some(""))),
            (
                "/books/{id}.json",
                "/books/7.xml",
                path(Some("{id}.json"), Some("7.xml")),
            ),
            (
                "/books/{id}.json",
                "/books/.json",
                path(Some("{id}.json"), Some(".json")),
            ),
            ("/static/{*rest}", "/static/a/b", None),
            (
                "/static/{*rest}",
                "/static/",
                path(Some("{*rest}"), Some("")),
            ),
            ("/", "/", None),
            ("/authors", "/books", path(Some("authors"), Some("books"))),
        ] {
            assert_eq!(
                mismatch(pattern, path_).map(|(_, why)| why),
                why,
                "{pattern} {path_}"
            );
        }
    }
}
