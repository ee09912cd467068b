//! An app in a process of its own.

use crate::raw::LONG;
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

/// The notes app on plain axum.
pub(crate) const AXUM: &str = env!("CARGO_BIN_EXE_app-axum");
/// The same app on Onionskin.
pub(crate) const ONIONSKIN: &str = env!("CARGO_BIN_EXE_app-onionskin");
/// The gallery of apps on plain axum.
pub(crate) const GALLERY_AXUM: &str = env!("CARGO_BIN_EXE_gallery-axum");
/// The same apps on Onionskin.
pub(crate) const GALLERY_ONIONSKIN: &str = env!("CARGO_BIN_EXE_gallery-onionskin");
/// Random stacks of layers that say what they saw.
pub(crate) const HEADERS: &str = env!("CARGO_BIN_EXE_app-headers");
/// An app with long bodies, on either.
pub(crate) const BODIES: &str = env!("CARGO_BIN_EXE_app-bodies");
/// An app that says whether all of it has been handed on.
pub(crate) const FLUSH: &str = env!("CARGO_BIN_EXE_app-flush");
/// An app that is its own load.
pub(crate) const LOAD: &str = env!("CARGO_BIN_EXE_app-load");

/// An app in which each thing that is captured happens.
#[allow(dead_code, reason = "only `sight` starts it")]
pub(crate) const SIGHT: &str = env!("CARGO_BIN_EXE_app-sight");

/// A running app; it ends with this value.
pub(crate) struct App {
    child: Child,
    pub(crate) at: SocketAddr,
}

/// A command without our variables in its environment, but with these, and a link to nowhere unless they say where.
pub(crate) fn command(program: &str, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    for name in [
        "ONIONSKIN",
        "ONIONSKIN_BODIES",
        "ONIONSKIN_IGNORE",
        "ONIONSKIN_APP",
        "ONIONSKIN_LINK",
    ] {
        command.env_remove(name);
    }
    command
        .env("ONIONSKIN_SOCKET", "/nonexistent/onionskin/link.sock")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped());
    command
}

impl App {
    /// Starts it and waits until it listens.
    pub(crate) fn start(program: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_command(command(program, environment))
    }

    /// Starts what the command says and waits until it listens.
    pub(crate) fn start_command(mut command: Command) -> Self {
        command.stderr(Stdio::null());
        Self::start_heard(command)
    }

    /// The same, where somebody hears its standard error.
    pub(crate) fn start_heard(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        Self {
            child,
            at: line.trim().parse().expect("it says where it listens"),
        }
    }

    /// The app on Onionskin, with the inspector that listens there; requests to this path are ignored.
    pub(crate) fn ignoring(path: &str, socket: &Path) -> Self {
        let socket = socket.to_str().unwrap();
        let environment = [("ONIONSKIN_SOCKET", socket), ("ONIONSKIN_IGNORE", path)];
        Self::start(ONIONSKIN, &environment)
    }

    /// The app on Onionskin, with the inspector that listens there.
    pub(crate) fn attached(socket: &Path) -> Self {
        Self::start(ONIONSKIN, &[("ONIONSKIN_SOCKET", socket.to_str().unwrap())])
    }

    /// How often a thread of this name gave the processor up by itself.
    #[cfg(target_os = "linux")]
    pub(crate) fn waits_of(&self, thread: &str) -> u64 {
        let tasks = Path::new("/proc").join(self.child.id().to_string());
        let read = |task: &Path, name: &str| std::fs::read_to_string(task.join(name)).unwrap();
        let find = || {
            let tasks = tasks.join("task").read_dir().unwrap();
            let mut tasks = tasks.map(|task| task.unwrap().path());
            tasks.find(|task| read(task, "comm").trim() == thread)
        };
        let begun = Instant::now();
        let task = loop {
            match find() {
                Some(task) => break task,
                // It gives itself its name, once it runs.
                None => assert!(begun.elapsed() < LONG, "it has this thread"),
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        let status = read(&task, "status");
        let mut lines = status.lines();
        let waits = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        waits.unwrap().trim().parse().unwrap()
    }

    /// Ends it as a service manager does; panics if it does not end.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success());
        self.wait()
    }

    fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < LONG, "it does not end");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// Lets it finish what it does; panics if it does not end.
    pub(crate) fn shut_down(mut self) {
        drop(self.child.stdin.take());
        assert!(self.wait().success());
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
