//! Who is killed, and what is left: an app, an inspector, the terminal, the UI itself.

use crate::{
    app::{self, App},
    pty::Pty,
    start::{onionskin, socket_dir},
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const SOCKET_OF_AN_APP: &str = "SOCKET_OF_AN_APP";

/// Not a test of its own: an app in a process, which tells its cycles and goes on until it is killed.
#[test]
fn is_an_app() {
    if let Some(socket) = std::env::var_os(SOCKET_OF_AN_APP) {
        let mut app = App::connect(Path::new(&socket));
        app.send_all();
        loop {
            std::thread::park();
        }
    }
}

fn app_in_a_process(socket: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ends::is_an_app", "--nocapture"])
        .env(SOCKET_OF_AN_APP, socket)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// An inspector without a terminal that has its socket already.
fn inspector(socket: &Path) -> Child {
    let mut child = onionskin(socket)
        .args(["--headless", "--port", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("#token="), "{line}");
    child
}

/// `SIGKILL`.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_app_that_is_killed_is_gone_and_its_cycles_stay() {
    let mut pty = Pty::start(&[], 120, 40);
    pty.wait_for("No cycle yet");
    let app = app_in_a_process(&pty.socket);
    pty.wait_for("/api/stock");
    pty.type_keys("3");
    pty.wait_for("pid 7  connected");
    kill(app);
    pty.type_keys("33");
    pty.wait_for("pid 7  gone");
    pty.type_keys("1k\r");
    pty.wait_for("step 1/");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn an_inspector_that_is_killed_is_lost_and_the_next_one_is_found() {
    let dir = socket_dir();
    let socket = dir.path().join("link.sock");
    let first = inspector(&socket);
    let mut pty = Pty::attach_to(&socket, 120, 40);
    pty.wait_for("No cycle yet");
    let mut app = App::connect(&socket);
    app.send_all();
    pty.wait_for("/api/stock");
    // Up to the cycle that auth answered, which is opened.
    pty.type_keys("kkk\r");
    pty.wait_for("step 1/");
    kill(first);
    pty.wait_for("✗ no answer");
    // What is there stays in view, and moves.
    pty.type_keys("\x1b[C");
    pty.wait_for("step 2/");

    let second = inspector(&socket);
    // As an app does that still has its newest cycles.
    let mut app = App::connect(&socket);
    app.send_all();
    pty.wait_for("● live");
    pty.wait_for("4 kept");
    pty.wait_for("step 2/");
    let screen = pty.screen();
    let lines = screen.lines().filter(|line| line.contains("12:01:0"));
    assert_eq!(lines.count(), app::cycles().len(), "none twice:\n{screen}");
    let selected = screen.lines().find(|line| line.contains('▶')).unwrap();
    assert!(selected.contains("/cart/items"), "{screen}");
    pty.type_keys("q");
    assert!(pty.ended_well());
    kill(second);
}

#[test]
fn a_terminal_that_is_closed_ends_the_ui_and_its_inspector() {
    let mut pty = Pty::start(&[], 80, 24);
    pty.wait_for("No cycle yet");
    App::connect(&pty.socket).send_all();
    pty.wait_for("/api/stock");
    pty.close();
    assert_eq!(pty.exit_code(), 0);
    assert!(!pty.socket.exists(), "its socket went with it");
}

#[test]
fn an_inspector_with_a_ui_that_is_killed_leaves_a_socket_that_can_be_taken() {
    let dir = socket_dir();
    let socket = dir.path().join("link.sock");
    let mut pty = Pty::start_at(&socket, 80, 24);
    pty.wait_for("No cycle yet");
    pty.signal("KILL");
    pty.exit_code();
    let mut next = Pty::start_at(&socket, 80, 24);
    next.wait_for("No cycle yet");
    next.type_keys("q");
    assert!(next.ended_well());
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in ["TERM", "INT", "HUP"] {
        let mut pty = Pty::start(&[], 80, 24);
        pty.wait_for("No cycle yet");
        pty.signal(signal);
        assert!(pty.ended_well(), "{signal}");
        assert!(!pty.socket.exists(), "{signal}");
    }
}
