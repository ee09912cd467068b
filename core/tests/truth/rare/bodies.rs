//! Bodies: what was given, and what was sent.

use super::{WHILE, request};
use crate::made::{around, frames, made};
use http_body::{Body as _, Frame};
use onionskin::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Request},
    http::{HeaderName, HeaderValue, StatusCode, Version},
    middleware::{Next, from_fn},
    routing::{MethodRouter, get},
    testing::{self, Tap},
    wire::{BodyEnd, Left, Outcome, Side, Stage},
};
use std::{convert::Infallible, future::poll_fn, pin::Pin};
use tower_service::Service as _;

/// Runs an app whose view answers with frames, around which a layer tampers with one of them.
async fn tampered(
    given: &[&[u8]],
    frame: usize,
    instead: Option<&[u8]>,
) -> (Bytes, testing::Recorded) {
    let copy = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    let given: Vec<Bytes> = given.iter().copied().map(copy).collect();
    let instead = instead.map(copy);
    let tampers = move |request: Request, next: Next| {
        let instead = instead.clone();
        async move {
            let response = next.run(request).await;
            let mut passed = 0;
            response.map(|body| {
                around(body, move |said| {
                    passed += 1;
                    if said.is_none() || passed != frame + 1 {
                        return Some(said);
                    }
                    instead.clone().map(|bytes| Some(Ok(Frame::data(bytes))))
                })
            })
        }
    };
    let app = Router::new()
        .route("/", get(async move || frames(given.clone())))
        .layer(from_fn(tampers));
    let (response, cycle) = testing::run(app, request()).await;
    (response.into_body(), cycle)
}

fn sent(cycle: &testing::Recorded) -> &onionskin::wire::Body {
    let delta = cycle.steps.last().and_then(|step| step.delta.as_ref());
    let change = delta.and_then(|delta| delta.body.as_ref());
    let to = change.expect("another body was sent").to.body;
    &cycle.bodies[to.expect("it was recorded")]
}

#[tokio::test]
async fn a_frame_that_a_layer_swallows_was_not_sent() {
    for (frame, left) in [(0, " word"), (1, "true")] {
        let (got, cycle) = tampered(&[b"true", b" word"], frame, None).await;
        assert_eq!(got, left);
        let sent = sent(&cycle);
        assert_eq!(
            (sent.len, sent.head.as_str()),
            (left.len() as u64, Some(left))
        );
    }
}

#[tokio::test]
async fn the_hash_of_what_was_sent_is_that_or_none() {
    let long = vec![b'a'; 80 << 10];
    let (got, cycle) = tampered(&[&long, b"true"], 1, Some(b"lies")).await;
    let sent = sent(&cycle);
    assert_eq!(sent.len, got.len() as u64);
    assert_eq!(sent.head.0, got[..64 << 10]);
    // Of what passed before the first other byte only the beginning was kept.
    assert_eq!(sent.hash, None);
}

/// A body of two frames, the second of which comes late, and of trailers.
fn late() -> Body {
    let mut nth = 0;
    made(move || {
        nth += 1;
        Some(Ok::<_, Infallible>(match nth {
            1 => Frame::data(Bytes::from_static(b"soon")),
            2 => {
                std::thread::sleep(WHILE);
                Frame::data(Bytes::from_static(b"late"))
            }
            3 => {
                let mut hidden = HeaderValue::from_static("canary-2");
                hidden.set_sensitive(true);
                let trailers = [
                    ("x-api-key", HeaderValue::from_static("canary-1")),
                    ("x-hidden", hidden),
                    ("x-plain", HeaderValue::from_static("stays")),
                ];
                let named = |(name, value)| (HeaderName::from_static(name), value);
                Frame::trailers(trailers.map(named).into_iter().collect())
            }
            _ => return None,
        }))
    })
}

#[tokio::test]
async fn a_body_has_the_times_of_its_frames_and_its_trailers_masked() {
    let app = Router::new().route("/", get(async || late()));
    let (_, cycle) = testing::run(app, request()).await;
    let body = &cycle.bodies[0];
    let first = body.first_ns.expect("a frame came");
    assert!(body.last_ns.expect("so did another") - first >= WHILE.as_nanos() as u64);
    let masked: Vec<_> = body
        .trailers
        .iter()
        .map(|t| (&*t.name, t.redacted))
        .collect();
    assert_eq!(
        masked,
        [("x-api-key", true), ("x-hidden", true), ("x-plain", false)]
    );
    assert!(!format!("{:?}", body.trailers).contains("canary"));
}

#[tokio::test]
async fn a_body_in_which_a_secret_was_masked_says_so() {
    let app = Router::new().route("/", get(async |body: Bytes| body));
    let request = Request::new(Body::from(r#"{"password":"canary"}"#));
    let (_, cycle) = testing::run(app, request).await;
    for body in &cycle.bodies {
        assert!(
            body.redacted && !body.head.to_text().contains("canary"),
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn events_are_counted_whatever_the_charset() {
    let events = async || {
        (
            [("content-type", "text/event-stream; charset=utf-8")],
            "data: 1\n\n",
        )
    };
    let others = async || "data: 1\n\n";
    for (view, counted) in [(get(events), Some(1)), (get(others), None)] {
        let app = Router::new().route("/", view);
        let (_, cycle) = testing::run(app, request()).await;
        assert_eq!(cycle.bodies[0].events, counted);
    }
}

/// What became of a view's body of which so many frames were taken, and of the cycle.
async fn taken(frames: usize, view: MethodRouter) -> testing::Recorded {
    let tap = Tap::new();
    let mut app = Router::new().route("/", view);
    let response = app.call(tap.attach(request())).await.expect("an answer");
    let mut body = response.into_body();
    for _ in 0..frames {
        drop(poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await);
    }
    drop(body);
    tap.take().remove(0)
}

#[tokio::test]
async fn a_body_of_known_length_is_whole_once_so_much_was_taken() {
    let view = async || ([("content-length", "1")], frames(vec![Bytes::from("x")]));
    let cycle = taken(1, get(view)).await;
    assert_eq!(cycle.bodies[0].end, BodyEnd::Complete);
    let last = cycle.steps.last().and_then(|step| step.left.clone());
    assert_eq!(last, Some(Left::Sent));
}

#[tokio::test]
async fn a_body_that_breaks_when_all_of_it_has_come_is_broken() {
    let view = async || {
        let mut nth = 0;
        let body = made(move || {
            nth += 1;
            Some(match nth {
                1 => Ok(Frame::data(Bytes::from("x"))),
                _ => Err("broken"),
            })
        });
        ([("content-length", "1")], body)
    };
    let cycle = taken(2, get(view)).await;
    let broken = matches!(&cycle.outcome, Outcome::Failed { error, .. } if error == "broken");
    assert!(broken, "{cycle}");
}

#[tokio::test]
async fn a_panic_that_the_view_survived_did_not_cut_its_body() {
    let view = async || {
        let _ = std::panic::catch_unwind(|| panic!("survived"));
        frames(vec![Bytes::from("frame"); 2])
    };
    let cycle = taken(1, get(view)).await;
    assert!(cycle.to_string().contains("survived"), "{cycle}");
    let cut = Outcome::Cancelled {
        stage: Stage::Send,
        site: None,
    };
    assert_eq!(cycle.outcome, cut, "{cycle}");
}

#[tokio::test]
async fn a_layer_that_copies_the_bytes_of_a_body_sends_no_other() {
    let copies = async |request: Request, next: Next| {
        next.run(request).await.map(|body| {
            around(body, |said| {
                let copy = |data: Bytes| Bytes::copy_from_slice(&data);
                Some(said.map(|said| said.map(|frame| frame.map_data(copy))))
            })
        })
    };
    let app = Router::new()
        .route("/", get(async || frames(["one", " two"].map(Bytes::from))))
        .layer(from_fn(copies));
    let (response, cycle) = testing::run(app, request()).await;
    assert_eq!(response.body(), "one two");
    let last = cycle.steps.last().expect("it was sent");
    assert_eq!(last.delta, None, "{cycle}");
}

#[tokio::test]
async fn a_body_of_another_cycle_is_another_body() {
    // The view asks another app, whose bodies have the same numbers, and hands its answer on.
    let other = Router::new().route("/", get(async || "other"));
    let view = async move || {
        let mut other = other.clone();
        other.call(request()).await
    };
    let mut app = Router::new().route("/", get(view));
    let outer = Tap::new();
    // As long as the other's answer.
    let asked = Request::new(Body::from("asked"));
    let response = app.call(outer.attach(asked)).await.expect("an answer");
    assert_eq!(to_bytes(response.into_body(), 9).await.unwrap(), "other");
    let cycle = outer.take().remove(0);
    let body = cycle.bodies.iter().find(|body| body.side == Side::Response);
    assert_eq!(body.expect("it was sent").head.as_str(), Some("other"));
    let last = cycle.steps.last().expect("it was sent");
    assert!(last.delta.is_none(), "it is the one that the view gave");
}

#[tokio::test]
async fn a_panic_that_a_body_survives_is_not_how_the_cycle_ended() {
    let survives = || {
        let mut given = false;
        made(move || {
            if std::mem::replace(&mut given, true) {
                return None;
            }
            let _ = std::panic::catch_unwind(|| panic!("in the body"));
            Some(Ok::<_, Infallible>(Frame::data(Bytes::from_static(
                b"whole",
            ))))
        })
    };
    let app = Router::new().route("/", get(async move || survives()));
    let (_, cycle) = testing::run(app, request()).await;
    assert!(cycle.to_string().contains("in the body"), "{cycle}");
    assert_eq!(cycle.outcome, Outcome::Completed, "{cycle}");
}

#[tokio::test]
async fn what_was_sent_instead_broke_and_not_the_body_inside() {
    let wears = async |request: Request, next: Next| {
        let response = next.run(request).await;
        let mut nth = 0;
        response.map(|body| {
            around(body, move |_| {
                nth += 1;
                Some(Some(match nth {
                    1 => Ok(Frame::data(Bytes::from_static(b"lies"))),
                    _ => Err("worn out"),
                }))
            })
        })
    };
    let trues = || frames(vec![Bytes::from_static(b"true"); 3]);
    let mut app = Router::new()
        .route("/", get(async move || trues()))
        .layer(from_fn(wears));
    let tap = Tap::new();
    let response = app.call(tap.attach(request())).await.expect("an answer");
    to_bytes(response.into_body(), 99)
        .await
        .expect_err("it breaks");
    let cycle = tap.take().remove(0);
    let Outcome::Failed { error, .. } = &cycle.outcome else {
        panic!("{cycle}");
    };
    assert_eq!(error, "worn out");
}

#[tokio::test]
async fn a_body_that_has_no_place_is_complete_unless_somebody_asked_for_it() {
    let frames = || frames(vec![Bytes::from_static(b"frame"); 2]);
    let app = Router::new().route("/{status}", {
        get(async move |Path(status): Path<u16>| {
            (StatusCode::from_u16(status).expect("a status"), frames())
        })
    });
    for (version, status, asks, left) in [
        (Version::HTTP_11, 200, false, Left::Cut),
        (Version::HTTP_11, 404, false, Left::Cut),
        (Version::HTTP_11, 204, false, Left::Sent),
        (Version::HTTP_11, 304, false, Left::Sent),
        (Version::HTTP_11, 200, true, Left::Cut),
        (Version::HTTP_11, 204, true, Left::Cut),
        (Version::HTTP_11, 304, true, Left::Cut),
        (Version::HTTP_2, 204, false, Left::Cut),
    ] {
        let request = Request::get(format!("/{status}")).version(version);
        let request = request.body(Body::empty());
        let (tap, mut app) = (Tap::new(), app.clone());
        let call = app.call(tap.attach(request.unwrap()));
        let mut body = call.await.expect("an answer").into_body();
        if asks {
            drop(poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await);
        }
        drop(body);
        let cycle = tap.take().remove(0);
        let last = cycle.steps.last().and_then(|step| step.left.clone());
        assert_eq!(last, Some(left), "{status} {asks}");
    }
}
