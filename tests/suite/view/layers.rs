//! Layers of one handler, and layers around the whole router.

use super::{ask, exchange};
use crate::served::Served;
use onionskin::{
    Router,
    extract::{Request, State},
    handler::Handler as _,
    http::{StatusCode, uri::PathAndQuery},
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::get,
    testing::Recorded,
    wire::{Outcome, SiteKind},
};
use std::time::Duration;
use tower_http::{normalize_path::NormalizePathLayer, timeout::TimeoutLayer};
use tower_layer::Layer as _;

async fn show(State(()): State<()>) -> &'static str {
    "a book"
}

async fn stamp(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert("x-stamp", "1".parse().unwrap());
    response
}

#[tokio::test]
async fn layers_of_one_handler_are_seen_together_with_it_and_the_name_says_so() {
    let limit =
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(60));
    let handler = show.layer(limit).layer(from_fn(stamp));
    let app = Router::new().route("/conn", get(handler)).with_state(());
    let (answer, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert!(answer.contains("x-stamp: 1"), "{answer}");
    let view = cycle
        .sites
        .iter()
        .find(|s| s.kind == SiteKind::Handler)
        .unwrap();
    assert_eq!(view.name, "show in stamp, TimeoutLayer");
    assert_eq!(view.extractors, ["State<()>"]);
    assert_eq!(
        cycle.header_set_by("x-stamp"),
        Some("show in stamp, TimeoutLayer")
    );
    // A `MethodRouter`'s layers have rows of their own.
    let app = Router::new()
        .route("/conn", get(show).layer(from_fn(stamp)))
        .with_state(());
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert_eq!(cycle.header_set_by("x-stamp"), Some("stamp"));
}

fn uri_seen_by<'c>(cycle: &'c Recorded, name: &str) -> &'c str {
    let site = cycle.sites.iter().position(|s| s.name == name);
    let step = cycle
        .steps
        .iter()
        .find(|s| s.site.is_some() && s.site == site)
        .unwrap();
    let request = cycle.replay().request(step.seq).unwrap();
    &request.uri.as_ref().unwrap().value
}

#[tokio::test]
async fn a_trailing_slash_is_taken_off_before_the_router_looks() {
    let router = || Router::new().route("/conn/books", get(show)).with_state(());
    let around = onionskin::traced("trailing slash", NormalizePathLayer::trim_trailing_slash());
    let mut served = Served::start_service(around.layer(router())).await;
    let answer = exchange(&mut served, "GET /conn/books/ HTTP/1.1", b"").await;
    assert!(answer.ends_with("a book"), "{answer}");
    let cycle = served.cycle().await;
    assert_eq!(cycle.target, "/conn/books/");
    assert_eq!(uri_seen_by(&cycle, "trailing slash"), "/conn/books/");
    assert_eq!(uri_seen_by(&cycle, "show"), "/conn/books");
    let said = cycle.to_string();
    assert!(said.contains("/conn/books  by trailing slash"), "{said}");
}

#[tokio::test]
async fn what_was_tried_is_told_of_the_path_that_the_router_saw() {
    let router = Router::new()
        .route("/conn/books/{id}", get(show))
        .with_state(());
    let around = NormalizePathLayer::trim_trailing_slash();
    let mut served = Served::start_service(around.layer(router)).await;
    let answer = exchange(&mut served, "GET /conn/books/ HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let said = served.cycle().await.to_string();
    let tried = "tried /conn/books/{id}: the path ends before {id}";
    assert!(said.contains(tried), "{said}");
}

/// As sites do it that want one address for each page.
async fn without_slash(request: Request, next: Next) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    match path.strip_suffix('/').filter(|path| !path.is_empty()) {
        Some(path) => Redirect::permanent(path).into_response(),
        None => next.run(request).await,
    }
}

#[tokio::test]
async fn a_redirect_of_a_layer_around_all_is_its_answer() {
    let router = Router::new().route("/conn/books", get(show)).with_state(());
    let around = onionskin::traced("redirect", from_fn(without_slash));
    let mut served = Served::start_service(around.layer(router)).await;
    let answer = exchange(&mut served, "GET /conn/books/ HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    let cycle = served.cycle().await;
    let Outcome::ShortCircuited { site } = cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(cycle.sites[site].name, "redirect");
    let said = cycle.to_string();
    assert!(said.contains("answered by redirect"), "{said}");
    assert!(said.contains("+ location: /conn/books"), "{said}");
}

#[tokio::test]
async fn head_is_answered_by_the_view_of_get() {
    let app = Router::new().route("/conn", get(show)).with_state(());
    let (answer, cycle) = ask(app, "HEAD /conn HTTP/1.1", b"").await;
    assert!(answer.ends_with("\r\n\r\n"), "no body: {answer}");
    assert_eq!((cycle.method.as_str(), cycle.status), ("HEAD", Some(200)));
    assert_eq!(cycle.outcome, Outcome::Completed);
    let said = cycle.to_string();
    assert!(said.contains("view  show"), "{said}");
}
