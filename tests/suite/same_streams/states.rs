//! The same with an inspector, and switched off: this program again, with other settings. What the inspector is told of
//! streams that were reset is where they were.

use crate::{app::command, watch::Watch};
use onionskin::wire::{BodyEnd, Outcome, Side};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// The tests of the module around this one, and not these.
fn same_streams(environment: &[(&str, &str)]) -> Command {
    let program = std::env::current_exe().expect("this program");
    let mut again = command(program.to_str().expect("a path"), environment);
    again.args(["same_streams::", "--skip", "same_streams::states"]);
    again
}

/// They pass, all of them.
fn assert_pass(mut tests: Command) {
    let ran = tests.output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}");
    assert!(said.contains("test result: ok. 6 passed"), "{said}");
}

#[test]
fn switched_off() {
    let watch = Watch::new();
    let socket = watch.socket();
    assert_pass(same_streams(&[
        ("ONIONSKIN", "off"),
        ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
    ]));
    assert_eq!(watch.counters().seen, 0);
}

#[test]
fn an_inspector_watches_and_is_told_where_a_stream_was_reset() {
    let watch = Watch::new();
    let socket = watch.socket();
    assert_pass(same_streams(&[
        ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
        // From the first stream on, not only from when the app knows that somebody listens.
        ("ONIONSKIN_BODIES", "always"),
    ]));
    watch.until("all is told", || watch.status().connected == 0);
    let counters = watch.counters();
    assert_eq!((counters.open, counters.stored), (0, counters.seen));
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for listed in watch.listed() {
        let cycle = watch.cycle(&listed.cycle.id);
        let site = cycle.outcome.site().map(|site| &*cycle.sites[site].name);
        let outcome = cycle.outcome.describe(site);
        // The terminal has it above the timeline.
        let shown = onionskin::text::timeline(&cycle).to_string();
        assert!(
            outcome == "completed" || shown.contains(&outcome),
            "{shown}"
        );
        let (_, path) = cycle.target.split_once("h2.example").unwrap();
        told.entry(path.to_owned()).or_default().insert(outcome);
        if path == "/up" && cycle.status == Some(200) {
            let body = cycle.bodies.iter().find(|body| body.side == Side::Request);
            let body = body.expect("it was looked at");
            // All of it came, or what had come when the stream was reset.
            let is_whole = body.end == BodyEnd::Complete;
            assert_eq!(is_whole, cycle.outcome == Outcome::Completed, "{shown}");
        }
    }
    for (path, outcomes) in [
        ("/hang?unseen", &["cancelled in view (hang)"][..]),
        ("/hold", &["cancelled in middleware (pass)"]),
        ("/hang", &["cancelled in view (hang)"]),
        ("/long/1000", &["cancelled in send"]),
        ("/long/100000", &["cancelled in send"]),
        ("/long/20", &["completed"]),
        ("/deaf", &["cancelled in view (deaf)"]),
        // Of one the client sent all; of the others it reset the stream, or went away.
        ("/up", &["cancelled in send", "completed"]),
        ("/ok", &["completed"]),
    ] {
        let of_path = told
            .get(path)
            .map(|all| all.iter().map(|o| &**o).collect::<Vec<_>>());
        assert_eq!(of_path.as_deref(), Some(outcomes), "{path}");
    }
}
