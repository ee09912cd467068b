//! What a recording holds, and for how long.

use super::*;
use crate::capture::{handle::Handle, site};
use std::panic::Location;

#[test]
fn what_is_over_holds_little_and_no_secret() {
    let tap = Tap::new();
    let handle = Handle::begin_tapped(tap.clone());
    {
        let mut recording = handle.lock();
        for _ in 0..40 {
            let body = recording.body(crate::wire::Side::Request, None).unwrap();
            recording.body_data(body, None, &[b'x'; 64 << 10]);
        }
        recording.events.extend_from_slice(&[b'x'; 1 << 20]);
        recording.events.clear();
    }
    let held = |recording: &Recording| {
        assert!(
            recording.events.capacity() > 0,
            "it is the one that was used"
        );
        let bodies = recording.bodies.iter().map(|body| body.head.capacity());
        bodies.chain([recording.events.capacity()]).sum::<usize>()
    };
    handle.finish();
    assert_eq!(tap.take().len(), 1);
    // Somebody may keep it.
    assert!(held(&handle.lock()) <= 64 << 10);
    assert!(handle.lock().has_ended());
    drop(handle);
    assert!(held(&Handle::idle().lock()) <= 64 << 10);
}

#[test]
fn one_that_was_given_up_holds_little_too() {
    let handle = Handle::begin_tapped(Tap::new());
    handle.lock().events.reserve(1 << 20);
    assert!(handle.lock().abandon());
    assert!(handle.lock().events.capacity() <= 64 << 10);
    assert!(handle.lock().has_ended() && !handle.lock().abandon());
}

#[test]
fn an_error_that_says_much_is_cut() {
    let mut recording = Recording::default();
    recording.begin(1, Instant::now(), 0, false);
    let request = http::Request::new(());
    let head = Head {
        line: Line::Request(request.method(), request.uri()),
        version: request.version(),
        headers: request.headers(),
        extensions: request.extensions(),
        watched: &[],
        body: super::super::heads::BodyState::default(),
        since: Since::App,
    };
    let site = site::site(SiteKind::Layer, "Says", Location::caller());
    let entry = recording.enter(site, None, &head, || None).unwrap();
    recording.leave_with_error(entry, &"x".repeat(20 << 20));
    let mut raw = Vec::new();
    recording.finish(&mut raw);
    assert!(raw.len() < 64 << 10, "{} bytes", raw.len());
}

#[test]
fn a_text_is_cut_between_characters() {
    for (cap, kept) in [
        (0, ""),
        (1, "a"),
        (2, "a"),
        (3, "aö"),
        (5, "aö"),
        (6, "aö€"),
        (9, "aö€"),
    ] {
        assert_eq!(cut("aö€", cap), kept, "{cap}");
    }
}
