//! The `bookshop` command: in a terminal, and without one.

use std::{
    path::Path,
    process::{Command, Output},
};

use portable_pty::CommandBuilder;

use crate::pty::Pty;

const PROGRAM: &str = env!("CARGO_BIN_EXE_bookshop");

/// In a folder of its own, away from any inspector and any shop of the user's.
fn bookshop(dir: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args([
            "--port",
            "0",
            "--inspector-port",
            "0",
            "--pace-ms",
            "10",
            "--data",
        ])
        .arg(dir.join("data"))
        .args(args)
        .env("ONIONSKIN_SOCKET", dir.join("link.sock"))
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap()
}

fn in_terminal(columns: u16, lines: u16) -> Pty {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let mut command = CommandBuilder::new(PROGRAM);
    command.args([
        "--port",
        "0",
        "--inspector-port",
        "0",
        "--pace-ms",
        "30",
        "--visits",
        "60",
        "--data",
    ]);
    command.arg(dir.path().join("data"));
    command.env("ONIONSKIN_SOCKET", &socket);
    Pty::run(command, socket, Some(dir), columns, lines)
}

#[test]
fn one_timeline_is_printed_with_deltas() {
    let dir = tempfile::tempdir().unwrap();
    let output = bookshop(
        dir.path(),
        &["--headless", "--visits", "40", "--print", "last"],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for part in [
        "→ parse  serve",
        "→     middleware",
        "SetRequestIdLayer",
        "view  ",
        "by SetRequestIdLayer",
        "+ status ",
        "← send  serve",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!(
        text.matches("→ parse").count(),
        1,
        "one cycle and no more:\n{text}"
    );
}

#[test]
fn without_a_terminal_there_is_a_line_for_every_visit() {
    let dir = tempfile::tempdir().unwrap();
    let output = bookshop(dir.path(), &["--visits", "50"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 50, "{text}");
    for part in [
        "answered by require_login",
        "timed out by TimeoutLayer",
        "panic caught",
        "cancelled in send",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("#token=") && said.contains("no terminal"),
        "{said}"
    );
}

#[test]
fn unknown_flags_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let output = bookshop(dir.path(), &["--visit", "3"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--visits"), "it says what was meant: {said}");
}

#[test]
fn what_is_wrong_is_said_once() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(dir.path(), open).unwrap();
    let output = bookshop(dir.path(), &["--headless", "--visits", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("bookshop: can't start the inspector: can't use the directory of "),
        "{said}"
    );
    assert_eq!(said.matches("others can write to it").count(), 1, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn in_a_terminal_cycles_are_listed_opened_and_stepped_through() {
    let mut pty = in_terminal(160, 45);
    pty.wait_for("shop http://127.0.0.1:");
    pty.wait_for("/api/books");
    pty.wait_for("answered by require_login");
    pty.type_keys("f");
    pty.type_keys("kkk\r");
    pty.wait_for("step 1/");
    pty.type_keys("\x1b[C\x1b[C\x1b[C\x1b[C");
    pty.wait_for("step 5/");
    pty.wait_for("SetRequestIdLayer");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn control_c_gives_the_terminal_back() {
    let mut pty = in_terminal(80, 24);
    pty.wait_for("shop http://127.0.0.1:");
    pty.type_keys("\x03");
    assert!(pty.ended_well());
}
