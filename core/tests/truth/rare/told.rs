//! What is told of a cycle: attempts, routes, refusals, what never ran.

use super::{passes, request};
use crate::made::{frames, made};
use onionskin::{
    Cause, Extension, Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Request},
    handler::HandlerWithoutStateExt as _,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{Html, IntoResponse as _, Response},
    routing::{any, get, get_service, post},
    testing::{self, Tap},
    times,
    wire::{Edge, Outcome, SiteKind, Stage},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};
use tower_service::Service as _;

#[tokio::test]
async fn each_of_hundreds_of_attempts_has_its_own_place() {
    const ATTEMPTS: u32 = 200;
    async fn tries(request: Request, next: Next) -> Response {
        let mut response = Response::default();
        for _ in 0..ATTEMPTS {
            let mut again = Request::new(Body::empty());
            *again.extensions_mut() = request.extensions().clone();
            response = next.clone().run(again).await;
        }
        response
    }
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(passes))
        .layer(from_fn(tries));
    let (_, cycle) = testing::run(app, request()).await;
    let inside = cycle.layer("passes");
    assert_eq!(inside.attempts(), ATTEMPTS as usize);
    let views = cycle.steps.iter().filter(|step| {
        let kind = step.site.map(|site| cycle.sites[site].kind);
        step.edge == Edge::In && kind == Some(SiteKind::Handler)
    });
    // Each right behind the layer's own step, and inside of it.
    let right = views.filter(|step| step.parent == Some(step.seq - 1));
    assert_eq!(right.count(), ATTEMPTS as usize, "{cycle}");
}

#[tokio::test]
async fn an_answer_with_the_words_of_a_rejection_is_none() {
    const WORDS: &str = "Failed to parse the request body as JSON";
    type Answer = fn() -> Response;
    let cases: [(&str, Answer); 4] = [
        ("another status", || WORDS.into_response()),
        ("another type", || {
            (StatusCode::BAD_REQUEST, Html(WORDS)).into_response()
        }),
        ("more words", || {
            (StatusCode::BAD_REQUEST, format!("{WORDS}5")).into_response()
        }),
        ("two frames", || {
            let (one, other) = WORDS.split_at(9);
            let parts = [one, other].map(|text| Bytes::from_static(text.as_bytes()));
            let head = [("content-type", "text/plain; charset=utf-8")];
            let body = frames(parts);
            (StatusCode::BAD_REQUEST, head, body).into_response()
        }),
    ];
    for (case, answer) in cases {
        let view = async move |_: Json<u8>| answer();
        let app = Router::new().route("/", post(view));
        let request = Request::post("/").header("content-type", "application/json");
        let request = request.body(Body::from("7")).unwrap();
        let (_, cycle) = testing::run(app, request).await;
        assert_eq!(cycle.outcome, Outcome::Completed, "{case}");
    }
}

#[tokio::test]
async fn of_several_extractors_that_may_have_refused_none_is_named() {
    let view = async |_: Path<u8>, _: Path<u8>| "seen";
    let app = Router::new().route("/{n}", get(view));
    let request = Request::get("/many").body(Body::empty()).unwrap();
    let (_, cycle) = testing::run(app, request).await;
    let Outcome::Rejected { extractor, .. } = &cycle.outcome else {
        panic!("{cycle}");
    };
    assert_eq!(extractor, "FailedToDeserializePathParams");
}

#[tokio::test]
async fn the_route_is_the_outer_routers_where_an_inner_one_finds_none() {
    let inner = Router::new().route("/elsewhere", get(async || "seen"));
    // With a request of its own, in which is nothing of the outer router's.
    let asks = move |_: Request, _: Next| {
        let mut inner = inner.clone();
        async move { inner.call(Request::new(Body::empty())).await }
    };
    let app = Router::new()
        .route("/relay/{*path}", get(async || "never"))
        .layer(from_fn(asks));
    let request = Request::get("/relay/x").body(Body::empty()).unwrap();
    let (response, cycle) = testing::run(app, request).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(cycle.route.as_deref(), Some("/relay/{*path}"));
}

#[tokio::test]
async fn routes_that_were_tried_are_told_before_a_fallback_of_the_app_too() {
    let app = Router::new()
        .route("/books", get(async || "seen"))
        .fallback(async || StatusCode::NOT_FOUND);
    let request = Request::get("/authors").body(Body::empty()).unwrap();
    let (_, cycle) = testing::run(app, request).await;
    let mut resolved = cycle.steps.iter().filter_map(|step| step.resolved.as_ref());
    let tried = &resolved.next().expect("the router looked").tried;
    let routes: Vec<_> = tried.iter().map(|tried| &*tried.route).collect();
    assert_eq!(routes, ["/books"]);
}

#[tokio::test]
async fn a_service_that_is_asked_again_after_another_is_at_its_second_attempt() {
    let one = Router::new().route("/", get(async || "one"));
    let other = Router::new().route("/", get(async || "other"));
    let asks = move |request: Request, _: Next| {
        let services = [one.clone(), other.clone(), one.clone()];
        async move {
            let mut response = Response::default();
            for mut service in services {
                let mut again = Request::new(Body::empty());
                *again.extensions_mut() = request.extensions().clone();
                let Ok(answer) = service.call(again).await;
                response = answer;
            }
            response
        }
    };
    let app = Router::new()
        .route("/", get(async || "never"))
        .layer(from_fn(asks));
    let (_, cycle) = testing::run(app, request()).await;
    let asked = cycle.steps.iter().filter(|step| {
        let kind = step.site.map(|site| cycle.sites[site].kind);
        step.edge == Edge::In && kind == Some(SiteKind::Router) && step.parent.is_some()
    });
    let attempts: Vec<_> = asked.map(|step| step.attempt).collect();
    assert_eq!(attempts[attempts.len() - 3..], [1, 1, 2], "{cycle}");
    for found in cycle.steps.iter().filter(|step| step.resolved.is_some()) {
        let looked = &cycle.steps[found.entry as usize];
        assert_eq!((found.parent, found.site), (looked.parent, looked.site));
    }
}

#[tokio::test]
async fn what_never_ran_is_of_the_nearest_nest_and_stands_before_the_sending() {
    async fn refuses(_: Request, _: Next) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }
    async fn near() {}
    async fn far() {}
    let inner = Router::new().route("/x", get(async || "x")).fallback(near);
    let outer = Router::new().nest("/m", inner).fallback(far);
    let app = Router::new().nest("/n", outer).layer(from_fn(refuses));
    let request = Request::get("/n/m/nowhere").body(Body::empty()).unwrap();
    let (_, cycle) = testing::run(app, request).await;
    let never = cycle.never_ran();
    assert!(
        never.contains(&"near") && !never.contains(&"far"),
        "{never:?}"
    );
    let rows = times::rows(&cycle);
    let at = |is: &dyn Fn(&times::Row) -> bool| rows.iter().position(is);
    let first = at(&|row| row.state == times::RowState::NeverRan);
    assert!(first < at(&|row| row.stage == Stage::Send), "{cycle}");
}

/// Refuses those who have no key.
async fn guards(request: Request, next: Next) -> Response {
    match request.headers().contains_key("x-key") {
        true => next.run(request).await,
        false => StatusCode::UNAUTHORIZED.into_response(),
    }
}

#[tokio::test]
async fn what_never_ran_is_what_runs_where_the_layer_lets_the_request_pass() {
    async fn view() {}
    async fn other() {}
    async fn fell() {}
    let lays = || from_fn(passes);
    let at = |methods| Router::new().route("/", methods);
    let apps = [
        at(get(view).layer(lays())),
        at(get(view).route_layer(lays())),
        at(get(view)).route_layer(lays()),
        at(get(view).layer(lays()).merge(post(other))),
        at(get(view).layer(lays())).route("/", post(other)),
        at(get(view)).merge(at(post(other)).layer(lays())),
        at(get(view).fallback(fell).layer(lays())),
        at(get(view).layer(lays()).merge(post(other).fallback(fell))),
        at(get(view).fallback(fell).layer(lays()).merge(post(other))),
        at(get(view).layer(lays())).method_not_allowed_fallback(fell),
        at(get(view).fallback(other)).method_not_allowed_fallback(fell),
        at(any(view).layer(lays())).method_not_allowed_fallback(fell),
        at(get(view).merge(post(other).fallback(fell))).method_not_allowed_fallback(other),
        at(get(view))
            .method_not_allowed_fallback(fell)
            .method_not_allowed_fallback(other),
        at(get_service(view.into_service()).fallback_service(fell.into_service()))
            .method_not_allowed_fallback(other),
        Router::new().route_service("/", view.into_service()),
        axum::Router::new().fallback(view).into(),
        Router::new().fallback(fell).reset_fallback(),
    ];
    for app in apps {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            never_ran_is_what_runs(app.clone(), method, "/").await;
        }
    }
}

#[tokio::test]
async fn a_nested_service_is_behind_a_nest_that_takes_the_prefix_off() {
    async fn view() {}
    let app = Router::new().nest_service("/files", view.into_service());
    let app = app.route("/other", get(view));
    let outer = Router::new().nest("/users/{id}", app.clone());
    for (app, paths) in [
        (app, ["/files", "/files/a?b=/", "http://x/files/a"]),
        (
            outer,
            ["/users/7/files", "/users/7/files/", "/users/7/files/a"],
        ),
    ] {
        for path in paths {
            let passed = never_ran_is_what_runs(app.clone(), "GET", path).await;
            let guards = passed.layer("guards").request_changes();
            assert!(guards.iter().all(|d| d.uri.is_none()), "{passed}");
            let nest = passed.layer("nest /files").request_changes();
            assert!(nest.iter().any(|d| d.uri.is_some()), "{passed}");
        }
    }
}

#[tokio::test]
async fn a_nested_router_without_a_fallback_of_its_own_has_that_of_the_outer_one() {
    async fn fell() {}
    let inner = Router::new().route("/x", get(async || "x"));
    let inner = inner.fallback(async || "inner").reset_fallback();
    let app = Router::new().nest("/n", inner).fallback(fell);
    never_ran_is_what_runs(app, "GET", "/n/nowhere").await;
    // One that has its own keeps it where the router around it is merged.
    let inner = Router::new().fallback(async || "inner");
    let outer = Router::new().nest("/n", inner);
    let app = Router::new().fallback(fell).merge(outer);
    never_ran_is_what_runs(app, "GET", "/n/nowhere").await;
}

#[tokio::test]
async fn what_a_layer_puts_in_right_outside_a_nest_is_its_own() {
    async fn puts(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(7_u8);
        next.run(request).await
    }
    let inner = Router::new().route("/x", get(async || "x"));
    let app = Router::new().nest("/n", inner).layer(from_fn(puts));
    let request = Request::get("/n/x").body(Body::empty()).unwrap();
    let (_, cycle) = testing::run(app, request).await;
    assert_eq!(cycle.extension_set_by::<u8>(), Some("puts"), "{cycle}");
}

#[tokio::test]
async fn a_router_of_which_nothing_is_seen_inside_is_not_said_to_answer_in_the_place_of_another() {
    let view = axum::routing::get(async || "seen");
    let app = axum::Router::new().route("/", view);
    let (_, cycle) = testing::run(app, request()).await;
    assert_eq!(cycle.outcome, Outcome::Completed, "{cycle}");
}

#[tokio::test]
async fn a_request_that_a_layer_makes_after_the_end_is_a_cycle_of_its_own() {
    let (own, over) = (Tap::new(), Arc::new(Notify::new()));
    let leaves = async |request: Request, next: Next| {
        tokio::spawn(next.run(request));
    };
    let (tap, is_over) = (own.clone(), over.clone());
    let asks = move |_: Request, _: Next| {
        let (tap, is_over) = (tap.clone(), is_over.clone());
        async move {
            is_over.notified().await;
            let mut other = Router::new().route("/", get(async || "other"));
            other.call(tap.attach(request())).await
        }
    };
    let app = Router::new()
        .route("/", get(async || "never"))
        .layer(from_fn(asks))
        .layer(from_fn(leaves));
    let (_, first) = testing::run(app, request()).await;
    assert_eq!(first.status, Some(200));
    over.notify_one();
    let cycle = async {
        loop {
            match own.take().pop() {
                Some(cycle) => break cycle,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let cycle = timeout(Duration::from_secs(20), cycle).await;
    assert!(cycle.is_ok(), "it was recorded");
}

/// Asks an app twice, and a layer around it lets only one request pass.
async fn never_ran_is_what_runs(app: Router, method: &str, path: &str) -> testing::Recorded {
    let app = app.layer(from_fn(guards));
    let ask = async |key: &str| {
        let request = Request::builder().method(method).uri(path).header(key, "1");
        let (_, cycle) = testing::run(app.clone(), request.body(Body::empty()).unwrap()).await;
        cycle
    };
    let (passed, refused) = (ask("x-key").await, ask("x-none").await);
    let entered = passed.steps.iter().filter(|step| step.edge == Edge::In);
    let entered = entered.filter_map(|step| Some(&passed.sites[step.site?]));
    let entered = entered.filter(|site| site.kind != SiteKind::Edge);
    let mut ran: Vec<_> = entered.skip_while(|site| site.name != "guards").collect();
    // The layer itself, and the sending.
    ran.remove(0);
    ran.pop();
    let never = refused.never_ran.iter().map(|site| &refused.sites[*site]);
    assert_eq!(
        never.collect::<Vec<_>>(),
        ran,
        "{method} {path}\n{passed}\n{refused}"
    );
    passed
}

#[derive(Debug)]
struct Leaks;

impl std::fmt::Display for Leaks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused with Bearer canary-0123456")
    }
}

impl std::error::Error for Leaks {}

#[tokio::test]
async fn secrets_in_errors_are_masked_wherever_they_are_told() {
    let stands_for = async || (Extension(Cause::new(Leaks)), "failed");
    let breaks = async || made(|| Some(Err(Leaks)));
    let mut app = Router::new()
        .route("/cause", get(stands_for))
        .route("/body", get(breaks));
    for path in ["/cause", "/body"] {
        let tap = Tap::new();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app.call(tap.attach(request)).await.expect("an answer");
        let _ = to_bytes(response.into_body(), 99).await;
        let text = tap.take().remove(0).to_string();
        assert!(text.contains("refused with [redacted #"), "{path}: {text}");
        assert!(!text.contains("canary"), "{path}: {text}");
    }
}
