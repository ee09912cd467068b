//! Recorded, killed, without room, opened.

use crate::{
    app::App,
    command::{Place, Running, numbers},
    fixture::RUN,
};
use onionskin_web::recording::OpenedFile;
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

/// Numbers of the cycles that can be read whole.
fn whole(file: &std::path::Path, up_to: u64) -> Vec<u64> {
    let opened = OpenedFile::open(file).unwrap();
    assert_eq!(opened.notes(), [""; 0]);
    let cycle = |number: &u64| {
        let cycle = opened.store().cycle(&format!("{RUN}-{number}"))?;
        assert_eq!(cycle, crate::fixture::cycle(RUN, *number));
        Some(())
    };
    (1..up_to)
        .filter(|number| cycle(number).is_some())
        .collect()
}

/// How many cycles a file has; none if there is no recording yet.
fn stored(file: &std::path::Path) -> u64 {
    OpenedFile::open(file).map_or(0, |opened| opened.store().counters().stored)
}

#[test]
fn what_an_app_sends_is_recorded_and_opened_again() {
    let place = Place::new();
    let recorder = place.record("shop.onionskin");
    let mut app = App::connect(&place.socket());
    assert!(app.send(50));
    drop(app);
    // All of it is with the inspector when it answers for it.
    let until = Instant::now() + Duration::from_secs(120);
    let url = || onionskin_web::running(&place.socket()).unwrap().url;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = onionskin_web::Client::new(&url()).unwrap();
    while runtime.block_on(client.status()).unwrap().counters.stored < 50 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
    let (content, said) = recorder.interrupt();
    assert!(content && said.contains("50 cycles recorded"), "{said}");
    let file = place.path("shop.onionskin");
    assert_eq!(numbers(&place, &file, 50), (1..=50).collect::<Vec<_>>());
    let printed = place.out(&["open", "shop.onionskin", "--print", "last"]);
    assert!(printed.contains("GET /books/50"), "{printed}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_recorder_that_is_killed_leaves_whole_cycles_and_goes_on() {
    let place = Place::new();
    let file = place.path("r.onionskin");
    let rounds: u64 = std::env::var("ONIONSKIN_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(12);
    let mut before = 0;
    for round in 0..rounds {
        let mut recorder = place.record("r.onionskin");
        let mut app = App::connect(&place.socket());
        app.next = 1 + round * 10_000;
        let begun = Instant::now();
        // Killed at another moment each time, in the midst of what is sent.
        let life = Duration::from_millis(30 + round * 37 % 400);
        while begun.elapsed() < life && app.send(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        recorder.child.kill().unwrap();
        recorder.child.wait().unwrap();
        let kept = whole(&file, app.next);
        assert!(
            kept.len() >= before,
            "round {round}: {} and {before} before",
            kept.len()
        );
        // What one run of the recorder wrote has no gap.
        let of_round: Vec<_> = kept.iter().filter(|n| **n > round * 10_000).collect();
        let gapless = of_round.windows(2).all(|pair| *pair[1] == pair[0] + 1);
        assert!(gapless, "round {round}: {of_round:?}");
        before = kept.len();
    }
    assert!(before > 0, "nothing was ever written");
}

#[test]
fn a_full_disk_stops_the_recording_and_is_said_once() {
    let place = Place::new();
    let own = place.command(&["record", "r.onionskin", "--port", "0"]);
    // A file may have 400 KiB; a write beyond fails as on a full disk.
    let mut command = Command::new("bash");
    command
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 400; exec \"$0\" record r.onionskin --port 0")
        .arg(own.get_program());
    command
        .env("ONIONSKIN_SOCKET", place.socket())
        .current_dir(place.path(""));
    let mut recorder = Running::start(command);
    let mut app = App::connect(&place.socket());
    let until = Instant::now() + Duration::from_secs(120);
    // What is in the file already stays; what comes too fast for that is written at once, or not at all.
    app.send(60);
    while stored(&place.path("r.onionskin")) < 60 {
        assert!(Instant::now() < until, "it does not begin");
        std::thread::sleep(Duration::from_millis(50));
    }
    while recorder.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "it goes on");
        app.send(50);
        std::thread::sleep(Duration::from_millis(5));
    }
    let (content, said) = recorder.end();
    assert!(!content);
    assert_eq!(said.matches("recording into").count(), 1, "{said}");
    assert!(said.contains("can't write to"), "{said}");
    let kept = whole(&place.path("r.onionskin"), app.next);
    assert!(kept.len() >= 60, "{}", kept.len());
}

#[test]
fn recordings_are_merged_and_errors_name_what_to_do() {
    let place = Place::new();
    let recorder = place.record("a.onionskin");
    let mut app = App::connect(&place.socket());
    app.send(30);
    drop(app);
    let until = Instant::now() + Duration::from_secs(120);
    while stored(&place.path("a.onionskin")) < 30 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(recorder);
    place.out(&[
        "merge",
        "a.onionskin",
        "-o",
        "b.onionskin",
        "--filter",
        "target:/books/1*",
        "--redact",
    ]);
    assert_eq!(
        whole(&place.path("b.onionskin"), 31),
        [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    );
    for (args, code, wanted) in [
        (
            &["merge", "a.onionskin", "-o", "b.onionskin"][..],
            1,
            "is there already",
        ),
        (
            &[
                "merge",
                "a.onionskin",
                "-o",
                "c.onionskin",
                "--filter",
                "status:>=x",
            ],
            2,
            "^",
        ),
        (
            &["open", "nothing.onionskin"],
            1,
            "can't open nothing.onionskin",
        ),
        (&["record", "foreign"], 1, "no recording of Onionskin"),
    ] {
        fs::write(place.path("foreign"), "mine").unwrap();
        let output = place.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}
