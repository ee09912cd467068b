//! The truth of the product: the fold of the recorded deltas is, at each step, what the layer there saw itself.

use crate::{app, watch::Watch};
use onionskin::{
    replay::{Message, Replay, side_of},
    wire::{Cycle, Side, SiteKind},
};
use onionskin_tests::observed::Observed;
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

const CASES: u64 = 600;

/// What the mask hides; of these the name counts, and that they are masked.
const CREDENTIALS: [&str; 3] = ["cookie", "set-cookie", "authorization"];

/// The message that the fold gives, in the words of the one who saw it.
fn told(message: &Message, inward: bool) -> Observed {
    let text =
        |held: &Option<onionskin::replay::Held<String>>| held.as_ref().unwrap().value.clone();
    Observed {
        inward,
        line: match inward {
            true => format!("{} {}", text(&message.method), text(&message.uri)),
            false => message.status.as_ref().unwrap().value.to_string(),
        },
        headers: message
            .headers
            .iter()
            .map(|held| {
                let header = &held.value;
                let is_credential = CREDENTIALS.contains(&&*header.name);
                // An empty value has nothing to hide.
                assert!(header.redacted || !is_credential || header.value.0.is_empty());
                assert!(is_credential || !header.redacted, "{header:?}");
                (header.name.clone(), header.value.0.clone())
            })
            .collect(),
    }
}

/// Without the values that the mask changes.
fn masked(mut observed: Observed) -> Observed {
    for (name, value) in &mut observed.headers {
        if CREDENTIALS.contains(&&**name) {
            value.clear();
        }
    }
    observed
}

fn check(seed: u64, cycle: &Cycle, seen: &[Observed]) {
    let replay = Replay::new(cycle).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let watched = cycle.steps.iter().filter(|step| {
        let kind = step.site.map(|site| cycle.sites[site].kind);
        matches!(kind, Some(SiteKind::Layer | SiteKind::Handler))
    });
    let mut steps = 0;
    for (step, seen) in watched.zip(seen) {
        steps += 1;
        let side = side_of(step);
        let message = |seq| match side {
            Side::Request => replay.request(seq),
            Side::Response => replay.response(seq),
        };
        let told_of = told(message(step.seq).unwrap(), side == Side::Request);
        assert_eq!(
            masked(told_of.clone()),
            masked(seen.clone()),
            "seed {seed}, step {}",
            step.seq
        );
        // Nothing is said to have changed that did not.
        let delta = step.delta.as_ref().unwrap();
        if let Some(before) = delta.base {
            let before = told(message(before).unwrap(), side == Side::Request);
            assert_eq!(
                delta.headers.is_empty(),
                before.headers == told_of.headers,
                "seed {seed}, step {}: {:?}",
                step.seq,
                delta.headers
            );
        }
    }
    assert_eq!(steps, seen.len(), "seed {seed}: {:#?}", cycle.steps);
    let all = cycle.steps.iter().filter(|step| {
        let kind = step.site.map(|site| cycle.sites[site].kind);
        matches!(kind, Some(SiteKind::Layer | SiteKind::Handler))
    });
    assert_eq!(all.count(), seen.len(), "seed {seed}");
}

#[test]
fn recorded_as_the_layers_saw_them() {
    let watch = Watch::new();
    let first = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
    let socket = watch.socket();
    let mut child = app::command(
        app::HEADERS,
        &[("ONIONSKIN_SOCKET", socket.to_str().unwrap())],
    )
    .args([first.to_string(), CASES.to_string()])
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen: Vec<Vec<Observed>> = lines
        .take(CASES as usize)
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    watch.wait_for(CASES);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let listed = watch.listed();
    assert_eq!(listed.len(), seen.len());
    let mut steps = 0;
    for (listed, seen) in listed.iter().zip(&seen) {
        let seed = first + listed.cycle.number - 1;
        check(seed, &watch.cycle(&listed.cycle.id), seen);
        steps += seen.len();
    }
    assert!(
        steps > 5 * seen.len(),
        "{steps} steps are too few to mean anything"
    );
}
