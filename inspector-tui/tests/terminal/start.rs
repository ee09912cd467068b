//! The command, started.
#![allow(
    dead_code,
    reason = "shared by tests and benchmarks that use different parts"
)]

use crate::{app::App, pty::Pty};
use portable_pty::CommandBuilder;
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A directory for a socket that only this user can enter.
pub(crate) fn socket_dir() -> TempDir {
    tempfile::Builder::new().prefix("osk").tempdir().unwrap()
}

/// What is configured unless a test says something: nothing, whatever the user has.
pub(crate) const NOTHING: &str = "/dev/null";

/// The command with its own socket, away from any inspector of the user's.
pub(crate) fn onionskin(socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onionskin"));
    command
        .arg("--socket")
        .arg(socket)
        .env("ONIONSKIN_CONFIG", NOTHING);
    command
}

impl Pty {
    /// Starts an inspector of its own.
    pub(crate) fn start(args: &[&str], columns: u16, lines: u16) -> Self {
        let dir = socket_dir();
        let socket = dir.path().join("link.sock");
        let args = [&["--port", "0"], args].concat();
        Self::spawn(socket, Some(dir), &args, columns, lines)
    }

    /// As [`Pty::start`], in another directory.
    pub(crate) fn start_in(here: &Path, columns: u16, lines: u16) -> Self {
        Self::start_with(|command| command.cwd(here), columns, lines)
    }

    /// As [`Pty::start`], with programs that are found before the system's.
    pub(crate) fn start_with_programs(programs: &Path, columns: u16, lines: u16) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", programs.display());
        Self::start_with(|command| command.env("PATH", path), columns, lines)
    }

    /// As [`Pty::start`], with what else is set.
    pub(crate) fn start_with(
        set: impl FnOnce(&mut CommandBuilder),
        columns: u16,
        lines: u16,
    ) -> Self {
        let dir = socket_dir();
        let socket = dir.path().join("link.sock");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_onionskin"));
        command.env("ONIONSKIN_CONFIG", NOTHING);
        command.args(["--port", "0", "--socket"]);
        command.arg(&socket);
        set(&mut command);
        Self::run(command, socket, Some(dir), columns, lines)
    }

    /// Has an app send its cycles, and opens the first.
    pub(crate) fn open_first(&mut self) {
        App::connect(&self.socket).send_all();
        // All are listed: keys move among those that are there.
        self.wait_for("4 kept");
        self.wait_for("/api/stock");
        self.type_keys("k");
        self.wait_for("▶ ");
        self.type_keys("kkk\r");
        self.wait_for("GET /books/7?full=1 ─");
        self.wait_for("step 1/16");
        self.wait_for("host: 127.0.0.1:3000");
    }

    /// Starts an inspector of its own, and an app.
    pub(crate) fn start_app(app: &[&str], columns: u16, lines: u16) -> Self {
        let dir = socket_dir();
        let socket = dir.path().join("link.sock");
        let args = [&["run", "--port", "0", "--"], app].concat();
        Self::spawn(socket, Some(dir), &args, columns, lines)
    }

    /// Starts an inspector at this socket.
    pub(crate) fn start_at(socket: &Path, columns: u16, lines: u16) -> Self {
        Self::spawn(socket.into(), None, &["--port", "0"], columns, lines)
    }

    /// Watches the inspector of another one.
    pub(crate) fn attach(other: &Self, columns: u16, lines: u16) -> Self {
        Self::attach_to(&other.socket, columns, lines)
    }

    /// Watches the inspector at this socket.
    pub(crate) fn attach_to(socket: &Path, columns: u16, lines: u16) -> Self {
        Self::spawn(socket.into(), None, &["attach"], columns, lines)
    }

    /// Runs this test binary again, to panic.
    pub(crate) fn panicking(columns: u16, lines: u16) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "panics_in_a_terminal", "--nocapture"]);
        command.env("PANIC_IN_A_TERMINAL", "1");
        Self::run(command, PathBuf::new(), None, columns, lines)
    }

    fn spawn(
        socket: PathBuf,
        dir: Option<TempDir>,
        args: &[&str],
        columns: u16,
        lines: u16,
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_onionskin"));
        command.args(args);
        command.env("ONIONSKIN_CONFIG", NOTHING);
        command.env("ONIONSKIN_SOCKET", &socket);
        Self::run(command, socket, dir, columns, lines)
    }
}
