//! `tail`, `show`, and what is made of the command's description.

use crate::{
    app::App,
    command::{Place, Running},
    fixture::{RUN, cycle},
};
use onionskin::wire::Cycle;
use std::fs;

/// A place with an inspector that has cycles 1 to 10.
fn place() -> (Place, Running, App) {
    let place = Place::new();
    let inspector = place.record("all.onionskin");
    let mut app = App::connect(&place.socket());
    app.send(10);
    // Each ends when the tenth is there.
    place.out(&["tail", "-n", "all", "-f", "--count", "10"]);
    (place, inspector, app)
}

#[test]
fn the_newest_are_printed_oldest_first() {
    let (place, _inspector, _app) = place();
    let out = place.out(&["tail", "-n", "3"]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 3);
    for (line, path) in lines.iter().zip(["/books/8", "/books/9", "/books/10"]) {
        assert!(line.contains(path), "{out}");
    }
    let json = place.out(&["tail", "--filter", "path:/books/7", "--json"]);
    let got: Cycle = serde_json::from_str(&json).unwrap();
    assert_eq!(got.number, 7);
    let none = place.run(&["tail", "--filter", "status:404"]);
    assert_eq!(none.status.code(), Some(3));
    assert!(none.stdout.is_empty());
}

#[test]
fn what_comes_is_followed_by_filter() {
    let (place, _inspector, mut app) = place();
    let follower = place
        .command(&["tail", "-n", "all", "-f", "--filter", "path:/books/1*"])
        .args(["--count", "5"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Whatever has come before it looks is told once, as the rest is.
    app.send(3);
    let output = follower.wait_with_output().unwrap();
    assert!(output.status.success());
    let out = String::from_utf8(output.stdout).unwrap();
    let paths: Vec<_> = out
        .split_whitespace()
        .filter(|word| word.starts_with("/books/"))
        .collect();
    let wanted = [
        "/books/1",
        "/books/10",
        "/books/11",
        "/books/12",
        "/books/13",
    ];
    assert_eq!(paths, wanted, "{out}");
}

#[test]
fn a_cycle_is_shown_whole_and_at_a_step() {
    let (place, _inspector, _app) = place();
    let third = format!("{RUN}-3");
    let timeline = place.out(&["show", &third]);
    assert!(
        timeline.contains("/books/3") && timeline.contains("→ "),
        "{timeline}"
    );
    let json = place.out(&["show", "last", "--json"]);
    let newest: Cycle = serde_json::from_str(&json).unwrap();
    assert_eq!(newest.number, 10);

    fs::write(
        place.path("one.jsonl"),
        serde_json::to_string(&cycle(RUN, 3)).unwrap(),
    )
    .unwrap();
    for step in ["0", "1"] {
        let of_inspector = place.out(&["show", &third, "--step", step]);
        let of_file = place.out(&["show", "last", "one.jsonl", "--step", step]);
        assert_eq!(of_inspector, of_file);
    }
    let step = place.out(&["show", &third, "--step", "0"]);
    assert!(step.starts_with("step 0 of "), "{step}");
    assert!(step.contains("\n+ method   GET"), "{step}");
    assert!(step.contains("target   /books/3  ← "), "{step}");
    assert!(step.contains("\nresponse\n  (none yet)\n"), "{step}");
}

#[test]
fn what_can_not_be_shown_is_said() {
    let (place, _inspector, _app) = place();
    for (args, code, wanted) in [
        (&["show", "x-1"][..], 3, "there is no cycle x-1"),
        (&["show", "last", "--step", "999"], 1, "has the steps 0 to "),
        (&["show", "last", "none.onionskin"], 1, "none.onionskin"),
        (&["tail", "--filter", "status:("], 2, "^"),
        (&["tail", "-n", "some"], 2, "or `all`"),
        (&["completions", "tcsh"], 2, "possible values"),
        (
            &["tail", "--socket", "none.sock"],
            1,
            "no inspector is running",
        ),
    ] {
        let output = place.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}

#[test]
fn the_keys_of_the_ui_are_printed() {
    let place = Place::new();
    let keys = place.out(&["--print-keys"]);
    let line = |name| keys.lines().find(|line| line.contains(name)).unwrap();
    let words: Vec<_> = line(" quit ").split_whitespace().collect();
    assert_eq!(words, ["q", "Ctrl-C", "quit", "quit"]);
    assert!(line(" export ").starts_with("x "), "{keys}");
    assert!(!keys.contains("zoom-in"), "the dashboard's alone: {keys}");
}

#[test]
fn scripts_and_pages_know_every_subcommand() {
    let place = Place::new();
    let help = place.out(&["help"]);
    let names: Vec<_> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // A long description goes on in lines that are indented further.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.contains(&"tail") && names.len() > 8, "{help}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.out(&["completions", shell]);
        for name in &names {
            assert!(script.contains(name), "{shell} does not know {name}");
        }
    }
    assert!(place.out(&["man"]).contains(".TH onionskin 1"));
    place.out(&["man", "pages"]);
    for name in &names {
        let page = fs::read_to_string(place.path(&format!("pages/onionskin-{name}.1"))).unwrap();
        assert!(page.contains("SYNOPSIS"), "{page}");
    }
}
