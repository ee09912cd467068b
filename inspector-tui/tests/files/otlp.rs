//! `--otlp` with `run` and `record`, where an inspector runs already: it is that one that receives, or that is said.

use crate::command::Place;
use onionskin_web::Otlp;

#[test]
fn one_that_receives_nothing_is_not_taken_for_one_that_does() {
    let place = Place::new();
    let _running = place.inspector(None);
    for args in [
        &["run", "--otlp", "--", "touch", "made"][..],
        &["record", "made", "--otlp=4318"],
    ] {
        let (said, code) = place.said(args);
        assert_eq!(code, Some(1), "{args:?}: {said}");
        assert!(said.contains("receives no OTLP"), "{said}");
        assert!(said.contains("start it with --otlp"), "{said}");
        assert!(!place.path("made").exists(), "{args:?}: nothing is begun");
    }
}

#[test]
fn one_that_receives_there_is_used_and_one_that_does_elsewhere_is_not() {
    let place = Place::new();
    let otlp = Otlp {
        addresses: vec!["127.0.0.1:0".parse().unwrap()],
        ..Otlp::default()
    };
    let (inspector, _runtime) = place.inspector(Some(otlp));
    let port = inspector.otlp()[0].port();
    let there = format!("--otlp={port}");
    let (text, code) = place.said(&["run", "--headless", &there, "--", "touch", "ran"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&format!(
        "received on 127.0.0.1:{port}, by the inspector that runs"
    )));
    assert!(place.path("ran").exists());

    let elsewhere = format!("--otlp={port},1");
    let (text, code) = place.said(&["run", &elsewhere, "--", "touch", "made"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("not on 127.0.0.1:1;"), "{text}");
    assert!(!place.path("made").exists());
}

#[test]
fn what_only_an_inspector_of_ones_own_can_have_is_said_to_be_unused() {
    let place = Place::new();
    let _running = place.inspector(None);
    let args = [
        "run",
        "--headless",
        "--port",
        "1",
        "--memory",
        "9",
        "--",
        "true",
    ];
    let (said, code) = place.said(&args);
    assert_eq!(code, Some(0), "{said}");
    for option in ["--port", "--memory"] {
        assert!(
            said.contains(&format!("{option} is not used: an inspector runs")),
            "{said}"
        );
    }
}
