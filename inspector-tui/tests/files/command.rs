//! The command, started.

use onionskin_web::{Config, Inspector, Otlp};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A place for a socket and files, away from any inspector of the user's.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("osk").tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("link.sock")
    }

    /// The command with these arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onionskin"));
        command
            .args(args)
            .env("ONIONSKIN_SOCKET", self.socket())
            .env("ONIONSKIN_CONFIG", "/dev/null") // whatever the user has
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end. One that goes on for too long is killed, and its exit code is 124.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let own = self.command(&[]);
        let mut command = Command::new("timeout");
        command
            .args(["-k", "5", "300"])
            .arg(own.get_program())
            .args(args);
        for (name, value) in own.get_envs() {
            command.env(name, value.expect("none is taken away"));
        }
        let command = command.current_dir(self.0.path()).stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Runs it to its end: what it said on standard error, and its exit code.
    pub(crate) fn said(&self, args: &[&str]) -> (String, Option<i32>) {
        let output = self.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        (said, output.status.code())
    }

    /// Runs it to its good end, and has what it wrote.
    pub(crate) fn out(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// An inspector in this process, which runs for as long as its runtime does.
    pub(crate) fn inspector(&self, otlp: Option<Otlp>) -> (Inspector, Runtime) {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let config = Config {
            port: 0,
            socket: self.socket(),
            otlp,
            ..Config::default()
        };
        let inspector = runtime.block_on(onionskin_web::start(config)).unwrap();
        (inspector, runtime)
    }

    /// Starts a recorder with an inspector of its own, and waits until it records.
    pub(crate) fn record(&self, file: &str) -> Running {
        Running::start(self.command(&["record", file, "--port", "0"]))
    }
}

pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    /// Starts a command and waits for its first line.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.contains("recording into"), "{line}");
        Self { child, stderr }
    }

    /// Ends it as Ctrl-C does; what it said, and whether it was content.
    pub(crate) fn interrupt(mut self) -> (bool, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        self.end()
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> (bool, String) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().success(), said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ids in what `open --headless --json` printed.
pub(crate) fn numbers(place: &Place, file: &Path, count: usize) -> Vec<u64> {
    let count = count.to_string();
    let file = file.to_str().unwrap();
    let lines = place.out(&["open", file, "--port", "0", "--json", "--count", &count]);
    let number = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["number"]
            .as_u64()
            .unwrap()
    };
    lines.lines().map(number).collect()
}
