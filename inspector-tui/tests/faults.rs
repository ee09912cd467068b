//! An inspector that answers badly, and the UI in a real pseudo-terminal in front of it: it says so, its keys work, it asks
//! again later, and goes on when the answers are good again.
//!
//! - `app`: an app that speaks JSON on the link
//! - `fake`: the server between the UI and a real inspector
//! - `pty`: a terminal with a command in it, and what it shows; `start`: the command, started

#[path = "terminal/app.rs"]
mod app;
#[path = "faults/fake.rs"]
mod fake;
#[path = "terminal/pty.rs"]
mod pty;
#[path = "terminal/start.rs"]
mod start;

use app::App;
use fake::{Fake, Mood};
use onionskin_web::{Config, Inspector, Limits};
use portable_pty::CommandBuilder;
use pty::Pty;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A real inspector with cycles in it, and the directory with its socket.
struct Watched {
    inspector: Inspector,
    _runtime: Runtime,
    dir: TempDir,
}

impl Watched {
    fn start() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let dir = start::socket_dir();
        let config = Config {
            port: 0,
            socket: dir.path().join("link.sock"),
            limits,
            ..Config::default()
        };
        let runtime = Runtime::new().unwrap();
        let inspector = runtime.block_on(onionskin_web::start(config)).unwrap();
        let watched = Self {
            inspector,
            _runtime: runtime,
            dir,
        };
        watched.app().send_all();
        watched
    }

    fn app(&self) -> App {
        App::connect(&self.dir.path().join("link.sock"))
    }

    /// A UI that asks the inspector of this URL.
    fn attach(&self, url: &str) -> Pty {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_onionskin"));
        command.args(["attach", url]);
        let socket = self.dir.path().join("link.sock");
        Pty::run(command, socket, None, 120, 40)
    }
}

/// A key does what it does, whatever the inspector says.
fn keys_work(pty: &mut Pty) {
    pty.type_keys("?");
    pty.wait_for("these keys");
    pty.type_keys("\x1b");
    pty.wait_until_gone("these keys");
}

fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "never so: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn bad_answers_are_said_and_asked_for_again_until_they_are_good() {
    let watched = Watched::start();
    let of = |(mood, said): (Mood, &str)| {
        let fake = Fake::start(watched.inspector.url(), mood);
        let mut pty = watched.attach(&fake.url());
        pty.wait_for("✗ no answer: ");
        keys_work(&mut pty);
        pty.type_keys("5");
        pty.wait_for(said);
        pty.type_keys("1");
        // Later each time: after 1, 2, 4 seconds.
        until("it is asked four times", || {
            fake.asked("/api/live").len() > 3
        });
        let asked = fake.asked("/api/live");
        for (n, pair) in asked.windows(2).take(3).enumerate() {
            let waited = pair[1] - pair[0];
            assert!(waited >= Duration::from_secs(1 << n), "{mood:?} {waited:?}");
        }
        fake.set(Mood::Good);
        pty.wait_for("● live");
        pty.wait_for("/cart/items");
        pty.type_keys("q");
        assert!(pty.ended_well(), "{mood:?}");
    };
    let of = &of;
    std::thread::scope(|scope| {
        for bad in [
            (Mood::Garbage, "not understood"),
            (Mood::OtherTypes, "not understood"),
            (Mood::HugeNumbers, "not understood"),
            (Mood::Half, "broke off"),
            (Mood::Broken, "Internal Server Error (500)"),
        ] {
            scope.spawn(move || of(bad));
        }
    });
}

#[test]
fn a_cycle_that_can_not_be_had_is_shown_when_it_can() {
    let watched = Watched::start();
    for (mood, said) in [
        (Mood::Garbage, "not understood"),
        (Mood::OtherTypes, "not understood"),
        (Mood::Half, "broke off"),
        (Mood::Broken, "Internal Server Error (500)"),
    ] {
        let fake = Fake::start(watched.inspector.url(), Mood::Good);
        let mut pty = watched.attach(&fake.url());
        pty.wait_for("/api/stock");
        fake.set(mood);
        pty.type_keys("k");
        pty.wait_for("This cycle can't be shown: ");
        pty.wait_for(said);
        keys_work(&mut pty);
        fake.set(Mood::Good);
        pty.wait_for("step 1/");
        pty.type_keys("q");
        assert!(pty.ended_well(), "{mood:?}");
    }
}

#[test]
fn live_events_that_are_none_lose_nothing_that_is_known() {
    let watched = Watched::start();
    let fake = Fake::start(watched.inspector.url(), Mood::GarbageLive);
    let mut pty = watched.attach(&fake.url());
    pty.wait_for("/api/stock");
    pty.wait_for("✗ no answer: ");
    pty.wait_for("/api/stock");
    keys_work(&mut pty);
    // Though it is connected each time, it is asked later and later.
    until("it is asked four times", || {
        fake.asked("/api/live").len() > 3
    });
    let asked = fake.asked("/api/live");
    assert!(asked[3] - asked[0] >= Duration::from_secs(7));
    fake.set(Mood::Good);
    pty.wait_for("● live");
    watched.app().send_all();
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn an_answer_without_end_holds_no_key_up() {
    let watched = Watched::start();
    let fake = Fake::start(watched.inspector.url(), Mood::Good);
    let mut pty = watched.attach(&fake.url());
    pty.wait_for("/api/stock");
    fake.set(Mood::Slow);
    pty.type_keys("k");
    pty.wait_for("loading …");
    keys_work(&mut pty);
    // After half a minute it is given up, and said.
    until("it is asked again", || fake.asked("/timeline").len() > 1);
    pty.wait_for("did not answer within 30s");
    keys_work(&mut pty);
    fake.set(Mood::Good);
    pty.wait_for("step 1/");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn what_came_while_the_ui_was_stopped_is_listed_without_a_hole() {
    let watched = Watched::with(Limits {
        live_backlog: 50,
        write: Duration::from_secs(600),
        ..Limits::default()
    });
    let mut pty = watched.attach(watched.inspector.url());
    pty.wait_for("/api/stock");
    pty.signal("STOP");
    // More than sockets take in between: the rest is not sent.
    let mut app = watched.app();
    for number in 5..=2_500 {
        let mut cycle = app::cycles()[0].clone();
        cycle.number = number;
        cycle.id = format!("{}-{number}", cycle.run);
        cycle.target = format!("/n/{number}/{}", "x".repeat(8_000));
        app.send(cycle);
    }
    until("all are kept", || {
        watched.inspector.store().counters().stored == 2_500
    });
    pty.signal("CONT");
    pty.wait_for("/n/2500/");
    pty.wait_for("2,500 kept");
    // The first lines are those that were there before.
    pty.type_keys("k\x1b[H");
    pty.wait_for("/cart/items");
    let screen = pty.screen();
    assert!(
        screen.contains("/n/5/") && screen.contains("/n/6/"),
        "{screen}"
    );
    assert!(!screen.contains("not listed"), "{screen}");
    pty.type_keys("q");
    assert!(pty.ended_well());
}
