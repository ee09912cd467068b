//! Every command of the key table, once for each of its keys, in a real terminal over real cycles of the shop.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use axum::text::escape;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use portable_pty::CommandBuilder;

use crate::{pty::Pty, support::client};

/// What has to be so after a key was pressed.
#[derive(Clone, Copy)]
enum Then {
    /// This is on the screen, and was not before.
    Shows(&'static str),
    /// This was on the screen, and is not any more.
    Hides(&'static str),
    /// The cycle with this in its line is selected, and was not before.
    Selects(&'static str),
    /// Other keys after it bring this to the screen.
    Leads(&'static str, &'static str),
    /// A text with this in it was put into the clipboard.
    Copies(&'static str),
    /// The screen before, the screen after.
    Is(fn(&str, &str) -> bool),
    /// This file is there.
    Writes(&'static str),
    /// The terminal has the mouse.
    LosesTheMouse,
    /// The UI has ended well.
    Ends,
}
use Then::{Copies, Ends, Hides, Is, Leads, LosesTheMouse, Selects, Shows, Writes};

const HOME: &str = "\x1b[H";
const END: &str = "\x1b[F";
const RIGHT: &str = "\x1b[C";
/// Waits until the cycle is there.
const OPEN: &str = "+step 1/";

/// A command: its name, keys before it (after a `+`: what is waited for on the screen), what has to be so after it, keys that undo it. Before each, the cycles
/// are in view, none of them is selected, and the list has the keys.
#[rustfmt::skip]
const CASES: &[(&str, &[&str], Then, &str)] = &[
    ("help", &[], Shows("these keys"), ""),
    ("quit", &[], Ends, ""),
    ("up", &[], Selects("/api/books"), ""),
    ("down", &["k", "k"], Selects("/api/books"), ""),
    ("page-up", &["k"], Selects("/health"), ""),
    ("page-down", &["k", HOME], Selects("/api/books"), ""),
    ("jump", &[], Shows("type a label"), ""),
    ("open", &["k", OPEN], Leads(RIGHT, "step 2/"), ""),
    ("filter", &[], Shows("Tab takes one"), ""),
    ("step-forward", &["k", "\r", OPEN], Shows("step 2/"), ""),
    ("step-back", &["k", "\r", OPEN, RIGHT, RIGHT], Shows("step 2/"), ""),
    ("first", &["k"], Selects("/health"), ""),
    ("last", &["k", HOME], Selects("/api/books"), ""),
    ("play", &["k", "\r", OPEN], Shows("playing"), ""),
    ("faster", &["k", "\r", OPEN], Shows("2x"), "-"),
    ("slower", &["k", "\r", OPEN], Shows("0.5x"), "+"),
    ("next-pane", &["k", "\r", OPEN, "m"], Shows("┌ request"), ""),
    ("previous-pane", &["k", "\r", OPEN, "m", "\t"], Hides("┌ request"), ""),
    ("back", &["k"], Hides("▶"), ""),
    ("freeze", &[], Shows("‖ frozen"), "f"),
    ("browser", &[], Writes("programs/opened"), ""),
    ("filter-on-off", &["/status:500", "\r"], Shows("off: status:500"), "/\x15\r"),
    ("noise", &[], Hides("/health"), "."),
    ("next-problem", &["k", HOME], Selects("/error"), ""),
    ("previous-problem", &["k"], Selects("/panic"), ""),
    ("record", &[], Shows("recording into"), "R"),
    ("output", &[], Shows("no app was started here"), ""),
    ("export", &["k"], Shows("export as"), ""),
    ("send", &["k"], Shows(" to http://127.0.0.1:9/"), ""),
    ("compare", &["k", "c", "k", "k"], Shows("two cycles compared"), ""),
    ("next-change", &["k", "\r", OPEN], Is(goes_on), ""),
    ("previous-change", &["k", "\r", OPEN, END], Is(goes_back), ""),
    ("next-match", &["k", "\r", OPEN, "/x-request-id", "\r", HOME], Is(goes_on), ""),
    ("previous-match", &["k", "\r", OPEN, "/x-request-id", "\r", END], Is(goes_back), ""),
    ("body-kind", &["k", "\r", OPEN, END, "+  json, "], Is(other_body), ""),
    ("editor", &["k", "\r", OPEN], Writes("programs/edited"), ""),
    ("pager", &["k", "\r", OPEN], Writes("programs/paged"), ""),
    ("source", &["k", "\r", OPEN, RIGHT, RIGHT], Writes("programs/sourced"), ""),
    ("body-encoded", &["k", "\r", OPEN, END, "+  json, "], Shows("1f 8b"), "V"),
    ("copy-value", &["k"], Copies("/api/books?page=2"), ""),
    ("copy-step", &["k", "\r", OPEN, "+accept-encoding"], Copies("GET /api/books?page=2, step 1"), ""),
    ("copy-curl", &["k"], Copies("curl "), ""),
    ("maximise", &["k", "\r", OPEN], Hides("┬ response"), ""),
    ("grow", &["k", "\r", OPEN], Is(larger), "<"),
    ("shrink", &["k", "\r", OPEN], Is(|before, after| larger(after, before)), ">"),
    ("mouse", &[], LosesTheMouse, "M"),
    ("palette", &[], Shows("Enter does it"), ""),
    ("view-cycles", &["2"], Shows("┌ cycles"), ""),
    ("view-stack", &[], Shows("map of the app"), ""),
    ("view-state", &[], Shows("state of the tool"), ""),
    ("view-insights", &["k"], Shows("remarks"), ""),
    ("view-log", &[], Shows("log of this tool"), ""),
];

/// What the shop is asked, one after the other: the list, from above.
const TRAFFIC: &[&str] = &[
    "/health",
    "/books/1",
    "/error",
    "/books?q=onion",
    "/panic",
    "/login",
    "/api/books?page=2",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_table_does_what_it_says() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    programs(dir.path());
    let mut cases: BTreeMap<_, _> = CASES.iter().map(|case| (case.0, case)).collect();
    assert_eq!(cases.len(), CASES.len(), "a command is there twice");
    let mut pty = watched(dir.path()).await;
    let bound = |b: &&onionskin_web::keys::Binding| !b.terminal.is_empty();
    for binding in onionskin_web::keys::KEYS.iter().filter(bound) {
        let case = cases.remove(binding.name);
        let (name, before, then, undo) =
            *case.unwrap_or_else(|| panic!("no case: {}", binding.name));
        for key in binding.terminal {
            println!("{name}: {key}");
            // All of it is left, and the newest cycle followed.
            for _ in 0..6 {
                pty.type_keys("\x1b");
            }
            pty.wait_until_gone("│ ▶ ");
            for keys in before {
                match keys.strip_prefix('+') {
                    Some(text) => pty.wait_for(text),
                    None => pty.type_keys(keys),
                }
            }
            // Keys are taken in their order: when these two are drawn, so are all before them.
            for _ in 0..2 {
                let shown = pty.screen().contains("these keys");
                pty.type_keys("?");
                pty.wait_until("the help, there and away", |s| {
                    s.contains("these keys") != shown
                });
            }
            check(&mut pty, key, then, dir.path());
            if !undo.is_empty() {
                pty.type_keys(undo);
            }
            if matches!(then, Ends) {
                pty = watched(dir.path()).await;
            }
        }
    }
    assert!(cases.is_empty(), "no such commands: {:?}", cases.keys());
    pty.type_keys("q");
    assert!(pty.ended_well());
}

/// A shop that has seen the traffic, and is shown.
async fn watched(dir: &Path) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bookshop"));
    command.args([
        "--port",
        "0",
        "--inspector-port",
        "0",
        "--no-visitors",
        "--data",
    ]);
    command.arg(dir.join("data"));
    command.cwd(dir);
    let socket = dir.join("link.sock");
    command.env("ONIONSKIN_SOCKET", &socket);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", dir.join("programs").display()));
    command.env_remove("VISUAL");
    command.env("EDITOR", "editor");
    command.env("PAGER", "pager");
    // Not to a collector of the user's.
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    command.env("XDG_STATE_HOME", dir);
    command.env("XDG_DATA_HOME", dir);
    let pty = Pty::run(command, socket, None, 160, 45);
    let shop = "shop http://127.0.0.1:";
    pty.wait_for(shop);
    let screen = pty.screen();
    let (_, port) = screen.split_once(shop).unwrap();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    let client = client();
    for path in TRAFFIC {
        let request = client.get(format!("http://127.0.0.1:{port}{path}"));
        let answer = request.header("accept-encoding", "gzip").send().await;
        answer.unwrap().bytes().await.unwrap();
        pty.wait_for(path);
    }
    pty
}

/// Programs that open browsers, show and edit, or rather write a file that says so. The shop's source is where it was started.
fn programs(dir: &Path) {
    let programs = dir.join("programs");
    std::fs::create_dir(&programs).unwrap();
    for (name, writes) in [
        ("xdg-open", "opened"),
        ("open", "opened"),
        (
            "editor",
            "$(case $1 in *.rs) echo sourced;; *) echo edited;; esac)",
        ),
        ("pager", "paged"),
    ] {
        let program = programs.join(name);
        let script = format!("#!/bin/sh\n: > \"$(dirname \"$0\")/{writes}\"\n");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_MANIFEST_DIR"), dir.join("demo-app")).unwrap();
}

fn check(pty: &mut Pty, key: &str, then: Then, dir: &Path) {
    match then {
        Shows(text) | Leads(_, text) => pty.wait_until_gone(text),
        Hides(text) => pty.wait_for(text),
        Selects(text) => pty.wait_until("another selected", |screen| !selects(screen, text)),
        _ => pty.pause(),
    }
    let (before, written) = (pty.screen(), pty.written());
    pty.type_keys(&bytes(key));
    match then {
        Shows(text) => pty.wait_for(text),
        Hides(text) => pty.wait_until_gone(text),
        Selects(text) => {
            pty.wait_until(&format!("{text} to be selected"), |screen| {
                selects(screen, text)
            });
        }
        Leads(keys, text) => {
            pty.type_keys(keys);
            pty.wait_for(text);
        }
        Is(right) => pty.wait_until("what the key does", |after| right(&before, after)),
        Copies(text) => pty.wait_for_raw(written, |raw| {
            copied(raw)
                .is_some_and(|copied| copied.contains(text) && copied == escape_lines(&copied))
        }),
        Writes(file) => {
            let end = Instant::now() + Duration::from_secs(20);
            while !dir.join(file).exists() {
                assert!(Instant::now() < end, "no {file}");
                std::thread::sleep(Duration::from_millis(20));
            }
            // A program had the terminal, if the screen was left to it.
            pty.pause();
            pty.wait_for("┌ cycles");
        }
        LosesTheMouse => {
            pty.wait_for("M takes it back");
            assert!(!pty.has_mouse());
        }
        Ends => assert!(pty.ended_well()),
    }
}

/// What the first OSC 52 puts into the clipboard.
fn copied(raw: &[u8]) -> Option<String> {
    const BEGINS: &[u8] = b"\x1b]52;c;";
    let at = raw.windows(BEGINS.len()).position(|w| w == BEGINS)?;
    let rest = &raw[at + BEGINS.len()..];
    let end = rest.iter().position(|byte| *byte == 7)?;
    Some(String::from_utf8(BASE64.decode(&rest[..end]).unwrap()).unwrap())
}

/// As it is where nothing has to be escaped but the ends of lines.
fn escape_lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| escape(line).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn selects(screen: &str, text: &str) -> bool {
    screen
        .lines()
        .any(|line| line.contains("│ ▶ ") && line.contains(text))
}

fn step(screen: &str) -> Option<usize> {
    screen
        .split_once(" step ")?
        .1
        .split_once('/')?
        .0
        .parse()
        .ok()
}

fn goes_on(before: &str, after: &str) -> bool {
    step(after) > step(before)
}

fn goes_back(before: &str, after: &str) -> bool {
    step(after).is_some() && step(after) < step(before)
}

/// Whether the timeline has more lines.
fn larger(before: &str, after: &str) -> bool {
    let lines = |screen: &str| {
        let at = |text| screen.lines().position(|line| line.contains(text));
        Some(at("├ request at")? - at(" paused ")?)
    };
    lines(after) > lines(before)
}

/// Whether the body of the response was JSON, and is shown as something else.
fn other_body(before: &str, after: &str) -> bool {
    before.contains("  json, ") && !after.contains("  json, ")
}

/// What a terminal sends for a key of the table.
fn bytes(key: &str) -> String {
    let sent = match key {
        "Up" => "\x1b[A",
        "Down" => "\x1b[B",
        "Right" => RIGHT,
        "Left" => "\x1b[D",
        "Home" => HOME,
        "End" => END,
        "PageUp" => "\x1b[5~",
        "PageDown" => "\x1b[6~",
        "Enter" => "\r",
        "Esc" => "\x1b",
        "Tab" => "\t",
        "Shift-Tab" => "\x1b[Z",
        "Space" => " ",
        key => match key.strip_prefix("Ctrl-") {
            Some(letter) => return char::from(letter.as_bytes()[0] & 0x1f).into(),
            None => key,
        },
    };
    sent.into()
}
