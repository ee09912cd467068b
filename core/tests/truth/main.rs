//! Is what the recorder says true? Random apps, whose layers write down what they did, against the recorded timeline.
//!
//! In reading order:

#![allow(missing_docs, unreachable_pub)]

// What is generated.
mod plan;
mod strategy;
// The kit: layers, views and bodies that do what a plan says, and the log in which they write what they saw.
mod edits;
mod kit;
mod log;
mod made;
mod modes;
mod reel;
mod watched;
// An app of a plan, on either router; one case run.
mod build;
mod drive;
// What the timeline must be, by the log, and whether it is.
mod check;
mod contents;
mod ending;
mod expect;
mod messages;

// Whether anybody notices.
#[cfg(unix)]
mod attached;
mod transparency;
// Falsehoods of the past, and those that random apps would hardly find.
mod named;
mod rare;

use plan::Case;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestRunner},
};

/// How many cases, unless `ONIONSKIN_CASES` says so.
const CASES: u32 = 10_000;

/// Runs a property on random cases; one that fails is made small and printed.
fn forall(
    share: u32,
    strategy: impl Strategy<Value = Case>,
    property: impl Fn(&Case) -> check::Verdict,
) {
    let cases = std::env::var("ONIONSKIN_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    let config = Config {
        cases: (cases.unwrap_or(CASES) / share).max(1),
        max_shrink_iters: 4096,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&strategy, |case| {
        property(&case).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn the_timeline_is_what_the_layers_did() {
    forall(1, strategy::case(), |case| {
        let ran = drive::run(case, drive::On::Tapped);
        check::check(case, &ran).map_err(|what| {
            let timeline = ran.cycle.map(|c| c.to_string()).unwrap_or_default();
            format!("{what}\n\n{case:#?}\n\n{timeline}")
        })
    });
}

#[test]
fn nobody_notices() {
    forall(10, strategy::case(), transparency::check);
}

#[test]
fn a_body_is_asked_as_often_as_its_reader_asks() {
    forall(10, strategy::unending(), |case| {
        transparency::check(case)?;
        let ran = drive::run(case, drive::On::Tapped);
        check::check(case, &ran).map_err(|what| format!("{what}\n\n{case:#?}"))
    });
}
