//! The app that was started: its process and what it prints.

use crate::event::Printed;
use anyhow::{Context as _, anyhow};
use onionskin::link::{socket::SOCKET_ENV, tcp::LINK_ENV};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitCode, ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
    sync::{mpsc, watch},
};

/// How long it has to end in good order.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines that wait to be shown. The app never waits for them: more than that are left out, and counted.
const WAITING: usize = 1_024;
/// Longest line that is shown whole, in bytes.
const LONGEST: usize = 4 << 10;

/// Where what it prints goes.
pub(super) enum Output {
    /// To standard error, where it is.
    Inherited,
    /// To whoever shows it.
    Shown(mpsc::Sender<Printed>),
}

impl Output {
    /// To be shown, and where it comes.
    pub(super) fn shown() -> (Self, mpsc::Receiver<Printed>) {
        let (put, lines) = mpsc::channel(WAITING);
        (Self::Shown(put), lines)
    }
}

pub(super) struct App {
    /// The process group that it leads.
    group: Pid,
    status: watch::Receiver<Option<ExitStatus>>,
}

impl App {
    /// Starts it with the socket at which its cycles are wanted.
    pub(super) fn start(
        command: &[OsString],
        socket: &Path,
        output: Output,
    ) -> anyhow::Result<Self> {
        let (program, args) = command.split_first().context("no command was given")?;
        let mut command = Command::new(program);
        command
            .args(args)
            .env(SOCKET_ENV, socket)
            .env_remove(LINK_ENV)
            // Keys are for the UI, and Ctrl-C too: the app has a group of its own.
            .stdin(Stdio::null())
            .process_group(0);
        match output {
            Output::Inherited => command.stdout(io::stderr()).stderr(Stdio::inherit()),
            Output::Shown(_) => command.stdout(Stdio::piped()).stderr(Stdio::piped()),
        };
        let mut child = command
            .spawn()
            .with_context(|| format!("can't start {}", program.display()))?;
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let group = id.ok_or_else(|| anyhow!("{} has no process", program.display()))?;
        let (told, status) = watch::channel(None);
        let put = match output {
            Output::Inherited => None,
            Output::Shown(put) => Some(put),
        };
        if let Some(put) = &put {
            if let Some(out) = child.stdout.take() {
                tokio::spawn(read(out, put.clone()));
            }
            if let Some(err) = child.stderr.take() {
                tokio::spawn(read(err, put.clone()));
            }
        }
        tokio::spawn(async move {
            let Ok(status) = child.wait().await else {
                return;
            };
            told.send_replace(Some(status));
            if let Some(put) = put {
                let _ = put.send(Printed::Ended(status.to_string())).await;
            }
        });
        Ok(Self { group, status })
    }

    /// How it ended, if it has.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        *self.status.borrow()
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.status.wait_for(Option::is_some).await;
        let status = status.ok().and_then(|status| *status);
        status.context("can't tell how the app ended")
    }

    /// Asks it and all that it started to end, and kills them if they do not.
    pub(super) async fn stop(mut self) {
        for signal in [Signal::TERM, Signal::KILL] {
            if self.status().is_none() {
                // It may end just now, and then there is nobody to be told.
                let _ = kill_process_group(self.group, signal);
                let _ = tokio::time::timeout(PATIENCE, self.ended()).await;
            }
        }
    }
}

/// The exit code that tells how it ended, as shells have it.
pub(super) fn code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Passes lines on as they come.
async fn read(mut from: impl AsyncRead + Unpin, put: mpsc::Sender<Printed>) {
    let mut lines = Lines::default();
    let mut bytes = vec![0; 8 << 10];
    let mut missed = 0;
    let mut pass = |line: String| {
        if missed > 0 && put.try_send(Printed::Missed(missed)).is_ok() {
            missed = 0;
        }
        if missed > 0 || put.try_send(Printed::Line(line)).is_err() {
            missed += 1;
        }
    };
    loop {
        match from.read(&mut bytes).await {
            Ok(n) if n > 0 => lines.feed(&bytes[..n], &mut pass),
            _ => break,
        }
    }
    lines.end(&mut pass);
    if missed > 0 {
        let _ = put.send(Printed::Missed(missed)).await;
    }
}

/// Bytes to lines: without colours and the like, and of a line that was written over only what stayed.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
    cut: bool,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8], pass: &mut impl FnMut(String)) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            let room = LONGEST.saturating_sub(self.line.len()).min(text.len());
            self.cut |= room < text.len();
            self.line.extend_from_slice(&text[..room]);
            if text.len() < part.len() {
                self.pass(pass);
            }
        }
    }

    fn end(&mut self, pass: &mut impl FnMut(String)) {
        if !self.line.is_empty() {
            self.pass(pass);
        }
    }

    fn pass(&mut self, pass: &mut impl FnMut(String)) {
        let plain = anstream::adapter::strip_bytes(&self.line).into_vec();
        let plain = plain.strip_suffix(b"\r").unwrap_or(&plain);
        let stayed = plain.rsplit(|byte| *byte == b'\r').next().unwrap_or(plain);
        let mut line = String::from_utf8_lossy(stayed).into_owned();
        if std::mem::take(&mut self.cut) {
            line.push('…');
        }
        self.line.clear();
        pass(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_plain_however_they_are_cut() {
        let text = b"one\r\n\x1b[32m   Compiling\x1b[0m shop\n10%\r50%\rdone\n\nlast";
        let wanted = ["one", "   Compiling shop", "done", "", "last"];
        for size in [1, 2, 5, text.len()] {
            let (mut lines, mut got) = (Lines::default(), Vec::new());
            for part in text.chunks(size) {
                lines.feed(part, &mut |line| got.push(line));
            }
            lines.end(&mut |line| got.push(line));
            assert_eq!(got, wanted, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let (mut lines, mut got) = (Lines::default(), Vec::new());
        for _ in 0..10 {
            lines.feed(&[b'x'; 1_000], &mut |line| got.push(line));
        }
        lines.feed(b"\nshort\n", &mut |line| got.push(line));
        assert_eq!(got, [format!("{}…", "x".repeat(LONGEST)), "short".into()]);
    }

    #[tokio::test]
    async fn an_app_that_prints_too_much_is_not_held_up_and_it_is_said() {
        let (put, mut lines) = mpsc::channel(2);
        let text = "line\n".repeat(100);
        let reading = tokio::spawn(async move { read(text.as_bytes(), put).await });
        let mut got = Vec::new();
        while let Some(printed) = lines.recv().await {
            got.push(printed);
        }
        reading.await.unwrap();
        let shown = got.iter().filter(|p| matches!(p, Printed::Line(_))).count() as u64;
        let missed: u64 = got
            .iter()
            .map(|p| match p {
                Printed::Missed(n) => *n,
                _ => 0,
            })
            .sum();
        assert_eq!(shown + missed, 100);
        assert!(missed > 0);
    }
}
