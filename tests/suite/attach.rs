//! Who starts first, and who starts again.

use crate::{
    app::{App, ONIONSKIN, command},
    raw::ask,
    watch::Watch,
};
use onionskin::{
    replay::Replay,
    wire::{BodyEnd, Edge, Stage},
};
use std::io::{BufRead, BufReader};

fn ask_times(app: &App, times: u64) {
    for _ in 0..times {
        ask(app.at, "GET / HTTP/1.1", b"");
    }
}

/// Numbers of a run's stored cycles, sorted: those of two threads of the app may come in either order.
fn numbers(watch: &Watch, run: &str) -> Vec<u64> {
    let listed = watch.listed();
    let of_run = listed.iter().filter(|listed| listed.cycle.run == run);
    let mut numbers: Vec<_> = of_run.map(|listed| listed.cycle.number).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn the_app_first() {
    let mut watch = Watch::not_yet(256 << 20);
    let app = App::attached(&watch.socket());
    ask_times(&app, 5);
    watch.start();
    watch.wait_for(5);
    // Of bodies that passed while nobody looked only the length is known.
    for listed in watch.listed() {
        let bodies = watch.cycle(&listed.cycle.id).bodies;
        assert!(bodies.iter().all(|body| body.head.0.is_empty()));
        assert!(bodies.iter().any(|body| body.len > 0));
    }
    ask_times(&app, 3);
    watch.wait_for(8);
    let run = watch.runs().pop().unwrap();
    assert!(run.connected);
    assert_eq!(numbers(&watch, &run.run), (1..=8).collect::<Vec<_>>());
}

#[test]
fn the_app_again() {
    let watch = Watch::new();
    for (nth, times) in [(1, 4), (2, 6)] {
        let app = App::attached(&watch.socket());
        watch.wait_for_app();
        ask_times(&app, times);
        watch.wait_for([0, 4, 10][nth]);
        app.shut_down();
        watch.until("the link is gone", || watch.status().connected == 0);
    }
    let runs = watch.runs();
    let told: Vec<_> = runs
        .iter()
        .map(|run| (run.ordinal, run.connected, run.counters.stored))
        .collect();
    assert_eq!(told, [(1, false, 4), (2, false, 6)]);
    assert_ne!(runs[0].run, runs[1].run);
    assert_eq!(numbers(&watch, &runs[0].run), [1, 2, 3, 4]);
    assert_eq!(numbers(&watch, &runs[1].run), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_inspector_again() {
    let mut watch = Watch::new();
    let app = App::attached(&watch.socket());
    watch.wait_for_app();
    ask_times(&app, 5);
    watch.wait_for(5);
    watch.stop();
    ask_times(&app, 4);
    watch.start();
    watch.wait_for(9);
    ask_times(&app, 2);
    watch.wait_for(11);
    let runs = watch.runs();
    assert_eq!((runs.len(), runs[0].ordinal), (1, 1));
    // The new one has the whole history, and nothing twice.
    assert_eq!(numbers(&watch, &runs[0].run), (1..=11).collect::<Vec<_>>());
    assert_eq!(watch.counters().seen, 11);
}

#[test]
fn by_tcp_with_a_key() {
    let mut watch = Watch::not_yet(256 << 20);
    watch.link_by_tcp();
    watch.start();
    let link = watch.link();
    // It goes before the socket.
    let app = App::start(ONIONSKIN, &[("ONIONSKIN_LINK", &link)]);
    watch.wait_for_app();
    ask_times(&app, 3);
    watch.wait_for(3);
    // A new one on the same port has all of it again.
    watch.link_by_tcp();
    watch.stop();
    ask_times(&app, 2);
    watch.start();
    assert_eq!(watch.link(), link);
    watch.wait_for(5);
    let run = watch.runs().pop().unwrap();
    assert_eq!(numbers(&watch, &run.run), [1, 2, 3, 4, 5]);
}

#[test]
fn an_app_that_is_told_nonsense_of_where_the_inspector_is_says_so_and_serves() {
    for (link, said) in [
        ("127.0.0.1:7334", "tcp://KEY@HOST:PORT"),
        ("tcp://secret@127.0.0.1:7334", "tcp://KEY@HOST:PORT"),
    ] {
        let (heard, stderr) = std::io::pipe().unwrap();
        let mut command = command(ONIONSKIN, &[("ONIONSKIN_LINK", link)]);
        command.stderr(stderr);
        let app = App::start_heard(command);
        ask_times(&app, 1);
        let mut heard = BufReader::new(heard).lines();
        let line = heard.next().unwrap().unwrap();
        assert!(line.contains(said) && !line.contains("secret"), "{line}");
        ask_times(&app, 1);
        app.shut_down();
        assert_eq!(heard.count(), 0, "it is said once");
    }
}

/// With nobody attached a body is counted where it is sent, and not looked at before.
#[test]
fn a_body_that_nobody_looked_at_was_not_changed() {
    let mut watch = Watch::not_yet(256 << 20);
    let app = App::attached(&watch.socket());
    ask_times(&app, 1);
    watch.start();
    watch.wait_for(1);
    let cycle = watch.cycle(&watch.listed()[0].cycle.id);
    let sent = cycle.steps.iter().find(|s| s.stage == Stage::Send).unwrap();
    assert_eq!(sent.edge, Edge::In);
    let delta = sent.delta.as_ref().unwrap();
    assert!(delta.is_empty(), "{delta:?}");
    // And it is known what was sent.
    let replay = Replay::new(&cycle).unwrap();
    let body = |step: u32| replay.response(step).unwrap().body.clone().unwrap();
    let (before, now) = (body(delta.base.unwrap()), body(sent.seq));
    assert_eq!((before.value.body, before.by), (None, now.by));
    let now = &cycle.bodies[now.value.body.unwrap()];
    assert_eq!(
        (now.len, &now.end),
        (before.value.announced.unwrap(), &BodyEnd::Complete)
    );
}

#[test]
fn an_app_has_the_name_that_it_is_given_or_else_that_of_its_program() {
    for (given, name) in [("shop", "shop"), ("", "app-onionskin")] {
        let watch = Watch::new();
        let socket = watch.socket();
        let environment = [
            ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
            ("ONIONSKIN_APP", given),
        ];
        let _app = App::start(ONIONSKIN, &environment);
        watch.wait_for_app();
        let listed = watch.apps();
        assert_eq!(listed, [name]);
    }
}
