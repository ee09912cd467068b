//! How cycles end.

use super::{cycle_of, step, the_app, way};
use crate::raw::{Act, converse};
use onionskin::wire::{BodyEnd, Cycle, Edge, Left, Outcome, Stage};

fn names(cycle: &Cycle, sites: &[usize]) -> Vec<String> {
    sites
        .iter()
        .map(|site| cycle.sites[*site].name.clone())
        .collect()
}

#[test]
fn completed() {
    for (head, status) in [
        ("GET / HTTP/1.1", 200),
        ("HEAD / HTTP/1.1", 200),
        ("GET /nowhere HTTP/1.1", 404),
        ("PATCH /notes HTTP/1.1", 405),
        ("GET /stream HTTP/1.1", 200),
        ("GET /trailers HTTP/1.1\nte: trailers", 200),
        ("GET /trailers HTTP/1.1", 200),
        ("GET /empty HTTP/1.1", 204),
    ] {
        let cycle = cycle_of(head, b"");
        assert_eq!(
            cycle.outcome,
            Outcome::Completed,
            "{head} {:#?}",
            cycle.bodies
        );
        assert_eq!(cycle.status, Some(status));
        assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Sent), "{head}");
    }
}

#[test]
fn answered_by_a_layer() {
    let cycle = cycle_of("GET /admin/notes/7/a HTTP/1.1", b"");
    let Outcome::ShortCircuited { site } = cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(cycle.sites[site].name, "require_token");
    assert_eq!(names(&cycle, &cycle.never_ran), ["inspect"]);
    assert!(!way(&cycle).contains(&"> inspect".to_owned()));
}

#[test]
fn answered_by_the_outermost_layer() {
    let head =
        "OPTIONS /notes HTTP/1.1\norigin: http://shop.example\naccess-control-request-method: POST";
    let cycle = cycle_of(head, b"");
    let Outcome::ShortCircuited { site } = cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(cycle.sites[site].name, "CorsLayer");
    let never = names(&cycle, &cycle.never_ran);
    assert_eq!(
        never[..3],
        ["TraceLayer", "SetResponseHeaderLayer", "stamp"],
        "{never:?}"
    );
}

#[test]
fn timed_out() {
    let cycle = cycle_of("GET /slow HTTP/1.1", b"");
    let Outcome::TimedOut { site } = cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(cycle.sites[site].name, "TimeoutLayer");
    assert_eq!(cycle.status, Some(504));
    assert!(cycle.duration_ns >= notes_axum::PATIENCE.as_nanos() as u64);
    assert!(
        cycle.idle_ns * 10 >= cycle.duration_ns * 8,
        "it waited and did not work"
    );
    let dropped = cycle
        .steps
        .iter()
        .find(|step| step.left == Some(Left::Dropped))
        .unwrap();
    assert_eq!(super::site_of(&cycle, dropped.site).name, "slow");
}

#[test]
fn panicked() {
    let cycle = cycle_of("GET /panic HTTP/1.1", b"");
    let Outcome::Panicked {
        site,
        message,
        at,
        caught,
    } = &cycle.outcome
    else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(cycle.sites[site.unwrap()].name, "panics");
    assert_eq!(message.as_deref(), Some("the notes are on fire"));
    assert!(at.as_ref().unwrap().contains("notes.rs:"), "{at:?}");
    assert!(caught);
    assert_eq!(
        step(&cycle, Edge::Out, "CatchPanicLayer").left,
        Some(Left::Returned)
    );
}

#[test]
fn failed_while_it_was_sent() {
    let cycle = cycle_of("GET /broken HTTP/1.1", b"");
    let Outcome::Failed { error, .. } = &cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(error, "torn");
    assert_eq!(cycle.bodies[0].len, 4);
    assert_eq!(
        cycle.bodies[0].end,
        BodyEnd::Error {
            error: "torn".into()
        }
    );
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Cut));
}

#[test]
fn cancelled_by_the_client() {
    let app = the_app();
    let (app, watch) = &*app;
    let before = watch.counters().stored;
    converse(
        app.at,
        &[
            Act::Send(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
            Act::Wait(notes_axum::PATIENCE / 4),
            Act::Leave,
        ],
    );
    watch.wait_for(before + 1);
    let cycle = watch.cycle(&watch.listed().last().unwrap().cycle.id);
    let Outcome::Cancelled { stage, site } = cycle.outcome else {
        panic!("{:?}", cycle.outcome);
    };
    assert_eq!(stage, Stage::View);
    assert_eq!(cycle.sites[site.unwrap()].name, "slow");
    assert_eq!(cycle.status, None);
}
