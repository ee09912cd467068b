//! Cases in which the recorder once said something that was not so, kept by name.

use crate::{
    check, drive,
    made::{self, around, frames, made},
    plan::*,
};
use http_body::Frame;
use onionskin::{
    Router,
    body::{Body, Bytes},
    error_handling::HandleErrorLayer,
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
    testing,
    wire::{ExtensionEdit, Outcome},
};
use std::{
    any::type_name,
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

fn layer(mode: Mode) -> LayerPlan {
    LayerPlan {
        traced: false,
        on_request: vec![],
        wait_before: 0,
        mode,
        wait_after: 0,
        on_response: vec![],
    }
}

fn body(text: &str) -> BodyPlan {
    BodyPlan {
        chunks: vec![text.as_bytes().to_vec()],
        exact: true,
        tells_end: true,
        ..BodyPlan::default()
    }
}

fn case(layers: Vec<LayerPlan>) -> Case {
    Case {
        request: RequestPlan {
            method: "GET",
            path: "/items/7",
            headers: vec![],
            body: BodyPlan::default(),
        },
        app: AppPlan {
            layers,
            on_method: 0,
            fallible: 0,
            on_inner: 0,
            route_layer: false,
            nested: false,
            fallback: false,
            inner_fallback: false,
            view: ViewPlan {
                mode: Mode::Pass,
                reads: 0,
                wait: 0,
                edits: vec![],
                body: body("view"),
            },
        },
        client: Client {
            gives_up: None,
            takes: None,
        },
    }
}

#[track_caller]
fn holds(case: &Case) -> testing::Recorded {
    let ran = drive::run(case, drive::On::Tapped);
    if let Err(what) = check::check(case, &ran) {
        panic!("{what}");
    }
    ran.cycle.expect("checked")
}

#[test]
fn what_never_ran_is_of_this_app_and_no_other_in_the_process() {
    for others in [3, 1, 2] {
        let mut layers = vec![layer(Mode::Answer(401))];
        layers.extend(vec![layer(Mode::Pass); others]);
        holds(&case(layers));
    }
}

#[test]
fn what_a_named_layer_kept_from_running_is_known() {
    let mut first = layer(Mode::Answer(401));
    first.traced = true;
    assert_eq!(
        holds(&case(vec![first, layer(Mode::Pass)])).never_ran.len(),
        2
    );
}

#[test]
fn the_fallback_of_a_nested_router_is_what_never_ran() {
    let mut case = case(vec![layer(Mode::Answer(401)), layer(Mode::Pass)]);
    (case.app.nested, case.app.inner_fallback, case.app.fallback) = (true, true, true);
    (case.app.on_inner, case.request.path) = (1, "/n/nowhere");
    holds(&case);
}

#[test]
fn two_calls_on_tasks_of_their_own_are_two_attempts() {
    let mut second = layer(Mode::Pass);
    second.wait_before = 1;
    holds(&case(vec![layer(Mode::SpawnTwice(Keep::First)), second]));
}

#[test]
fn a_wrapped_body_is_another_even_of_the_first_of_two_answers() {
    let mut first = layer(Mode::Twice(Keep::First));
    first.on_response = vec![Edit::Body(BodyEdit::Prefix)];
    holds(&case(vec![first]));
}

#[test]
fn bytes_changed_behind_the_size_hint_are_shown_as_what_was_sent() {
    let mut first = layer(Mode::Pass);
    first.on_response = vec![Edit::Body(BodyEdit::Disguise)];
    let cycle = holds(&case(vec![first]));
    let sent = cycle.steps.last().and_then(|s| s.delta.as_ref());
    let to = sent.and_then(|d| d.body.as_ref()).expect("another body").to;
    assert_eq!(cycle.bodies[to.body.unwrap()].head.0, b"wjfx");
    let change = sent.and_then(|d| d.body.clone()).unwrap();
    let before = cycle.replay().response(cycle.steps.len() as u32 - 2);
    let before = before.and_then(|r| r.body.clone()).map(|held| held.value);
    assert_eq!(change.from, before);
    assert_eq!(change.to.announced, Some(4), "the word of the body inside");
}

#[test]
fn the_outcome_names_the_last_panic_with_its_own_message() {
    let again = vec![
        layer(Mode::CatchAndRetry),
        layer(Mode::Pass),
        layer(Mode::Panic(Moment::Before)),
    ];
    holds(&case(again));
    let caught_then_uncaught = vec![
        layer(Mode::Panic(Moment::After)),
        layer(Mode::Catch),
        layer(Mode::Panic(Moment::Before)),
    ];
    holds(&case(caught_then_uncaught));
}

#[test]
fn a_body_that_panics_on_its_way_out_is_a_panic() {
    let mut case = case(vec![layer(Mode::Pass)]);
    case.app.view.body.end = End::Panic;
    holds(&case);
}

#[test]
fn what_a_layer_gave_up_is_not_where_the_cycle_was_cancelled() {
    let mut first = layer(Mode::GiveUp(0, 503));
    first.wait_after = 4;
    let mut inside = layer(Mode::Pass);
    inside.wait_before = 4;
    let mut case = case(vec![first, inside]);
    case.client.gives_up = Some(1);
    holds(&case);
}

#[test]
fn a_layer_timed_out_by_its_own_answer_whatever_a_layer_outside_made_of_it() {
    let mut outside = layer(Mode::Pass);
    outside.on_response = vec![Edit::Status(200)];
    let mut late = layer(Mode::Pass);
    late.wait_before = 4;
    holds(&case(vec![
        outside.clone(),
        layer(Mode::Timeout(1, 504)),
        late.clone(),
    ]));
    outside.on_response = vec![Edit::Status(503)];
    holds(&case(vec![outside, layer(Mode::Timeout(1, 200)), late]));
}

#[test]
fn another_body_that_broke_does_not_fail_the_one_that_was_cut() {
    let broken = BodyPlan {
        end: End::Error,
        ..body("broken")
    };
    let mut first = layer(Mode::Pass);
    let buffered = BodyEdit::Buffer;
    first.on_response = vec![
        Edit::Body(buffered),
        Edit::Body(BodyEdit::Replace(body("whole"))),
    ];
    let mut case = case(vec![first]);
    case.app.view.body = broken;
    case.client.takes = Some(0);
    holds(&case);
}

/// Reads the inner body, and survives if that panics.
async fn careful(request: Request, next: Next) -> Response {
    let mut body = next.run(request).await.into_body();
    poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| http_body::Body::poll_frame(Pin::new(&mut body), cx));
        let _panicked = catch_unwind(poll);
        Poll::Ready(())
    })
    .await;
    "saved".into_response()
}

#[tokio::test]
async fn a_layer_that_survives_a_panicking_body_answers() {
    let app = Router::new()
        .route(
            "/",
            get(|| async { made(|| -> made::Next<Infallible> { panic!("kit: a body") }) }),
        )
        .layer(from_fn(careful));
    let (response, cycle) = testing::run(app, Request::new(Body::empty())).await;
    assert_eq!(response.body(), "saved");
    assert!(!cycle.layer("careful").panicked());
    assert_eq!(cycle.outcome, Outcome::Completed);
}

#[tokio::test]
async fn an_error_is_ascribed_to_the_layer_that_made_it() {
    let failing = tower_layer::layer_fn(Failing);
    let route = get(|| async { "never" })
        .layer::<_, &'static str>(onionskin::traced("failing", failing))
        .layer(HandleErrorLayer::new(|error| async move { error }));
    let app: Router = Router::new().route("/", route);
    let (response, cycle) = testing::run(app, Request::new(Body::empty())).await;
    assert_eq!(response.body(), "no");
    let Outcome::Failed {
        site: Some(site),
        error,
    } = &cycle.outcome
    else {
        panic!("{cycle}");
    };
    assert_eq!(
        (cycle.sites[*site].name.as_str(), error.as_str()),
        ("failing", "&str")
    );
    let never: Vec<_> = cycle
        .never_ran
        .iter()
        .map(|s| &*cycle.sites[*s].name)
        .collect();
    assert_eq!(never, ["closure"]);
}

/// Fails whatever it is asked.
#[derive(Clone)]
struct Failing<S>(S);

impl<S> tower_service::Service<Request> for Failing<S> {
    type Response = Response;
    type Error = &'static str;
    type Future = std::future::Ready<Result<Response, &'static str>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        std::future::ready(Err("no"))
    }
}

#[test]
fn the_answer_of_a_task_left_behind_is_not_what_was_sent() {
    let mut late = layer(Mode::Pass);
    late.wait_before = 3;
    let mut outside = layer(Mode::Pass);
    let slow = BodyPlan {
        waits: true,
        exact: true,
        ..body("slow")
    };
    outside.on_response = vec![Edit::Body(BodyEdit::Replace(slow))];
    outside.wait_after = 1;
    let case = case(vec![
        outside,
        layer(Mode::Timeout(2, 200)),
        layer(Mode::Spawn),
        late,
    ]);
    holds(&case);
}

#[test]
fn a_cycle_goes_on_in_another_task_after_recording_was_switched_off() {
    let spawns = case(vec![layer(Mode::Spawn), layer(Mode::Pass)]);
    drive::with_recording(false, || holds(&spawns));
}

#[tokio::test]
async fn what_was_sent_begins_with_the_bytes_that_passed_untouched() {
    let swap = async |request: Request, next: Next| {
        let response = next.run(request).await;
        let mut nth = 0;
        // The first frame passes, other bytes take the place of the second.
        response.map(|body| {
            around(body, move |said| {
                nth += 1;
                Some(match nth {
                    2 => Some(Ok(Frame::data(Bytes::from_static(b" lies")))),
                    _ => said,
                })
            })
        })
    };
    let app = Router::new()
        .route(
            "/",
            get(async |_: Bytes| frames(["true", " word"].map(Bytes::from))),
        )
        .layer(from_fn(swap));
    // What comes is, byte by byte, what goes out: that makes it no less another body than the view's.
    let request = Request::new(Body::from("true lies"));
    let (response, cycle) = testing::run(app, request).await;
    assert_eq!(response.body(), "true lies");
    let sent = cycle.steps.last().and_then(|s| s.delta.as_ref());
    let to = sent.and_then(|d| d.body.as_ref()).expect("another body").to;
    let sent = &cycle.bodies[to.body.unwrap()];
    assert_eq!((sent.len, sent.head.as_str()), (9, Some("true lies")));
    assert_eq!(sent.hash, cycle.bodies[0].hash);
}

#[derive(Clone, Debug)]
struct Red(#[allow(dead_code)] u8);
#[derive(Clone, Debug)]
struct Blue(#[allow(dead_code)] u8);

#[tokio::test]
async fn an_extension_that_goes_takes_its_value_along_and_no_other() {
    onionskin::watch_extension::<Red>();
    onionskin::watch_extension::<Blue>();
    async fn puts(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(Red(1));
        request.extensions_mut().insert(Blue(1));
        next.run(request).await
    }
    async fn takes(mut request: Request, next: Next) -> Response {
        request.extensions_mut().remove::<Red>();
        next.run(request).await
    }
    async fn changes(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(Blue(2));
        next.run(request).await
    }
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(changes))
        .layer(from_fn(takes))
        .layer(from_fn(puts));
    let (_, cycle) = testing::run(app, Request::new(Body::empty())).await;
    let edits = |layer: &str| cycle.layer(layer).request_changes()[0].extensions.clone();
    let [of_red, of_blue] = [type_name::<Red>(), type_name::<Blue>()].map(str::to_owned);
    assert_eq!(
        edits("takes"),
        [ExtensionEdit::Remove { type_name: of_red }]
    );
    let change = ExtensionEdit::Change {
        type_name: of_blue,
        from: Some("Blue(1)".into()),
        to: "Blue(2)".into(),
    };
    assert_eq!(edits("changes"), [change]);
}
