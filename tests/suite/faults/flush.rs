//! An app that ends hands on what it has, and waits no longer than it said. What there is no room for is dropped, and counted.

use super::welcome;
use crate::{
    app::{FLUSH, command},
    raw::LONG,
};
use onionskin::{link::protocol::kind, wire::WIRE_VERSION};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixListener,
    process::{Child, ChildStdin, ChildStdout, Stdio},
};
use tempfile::TempDir;

/// An app that says whether all of it has been handed on, and the inspector that it looks for.
struct Flusher {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    inspector: UnixListener,
    _dir: TempDir,
}

/// What it says.
struct Said {
    /// All was handed on in time.
    done: bool,
    records: bool,
    /// Cycles.
    seen: u64,
    kept: u64,
    full: u64,
}

impl Flusher {
    fn start(stderr: impl Into<Stdio>) -> Self {
        Self::start_by(FLUSH, &[], stderr)
    }

    fn start_by(program: &str, arguments: &[&str], stderr: impl Into<Stdio>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("link.sock");
        let environment = [
            ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
            ("ONIONSKIN_BODIES", "always"),
        ];
        let inspector = UnixListener::bind(&socket).unwrap();
        let mut child = command(program, &environment)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
            inspector,
            _dir: dir,
        }
    }

    /// Lets it make so many requests, each with so many bytes, and flush.
    fn flush(&mut self, requests: u64, bytes: u64, ms: u128) -> Said {
        let mut stdin = self.stdin.as_ref().unwrap();
        writeln!(stdin, "{requests} {bytes} {ms}").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse().unwrap();
        Said {
            done: words[0] == "true",
            records: words[1] == "true",
            seen: number(2),
            kept: number(3),
            full: number(4),
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many frames of this kind there are in what came on a link.
fn frames(mut bytes: &[u8], kind: u8) -> usize {
    let mut found = 0;
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (frame, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        found += usize::from(frame[0] == kind);
        bytes = rest;
    }
    found
}

#[test]
fn flush_says_so_once_the_inspector_has_taken_all_and_else_when_its_time_is_up() {
    let mut app = Flusher::start(Stdio::null());
    let mut flush = |requests, bytes, ms| app.flush(requests, bytes, ms).done;
    let long = LONG.as_millis();
    assert!(flush(0, 0, 0), "nothing was recorded yet");
    assert!(!flush(1, 10, 200), "the inspector has not answered yet");
    let (mut link, _) = app.inspector.accept().unwrap();
    welcome(&mut link, WIRE_VERSION);
    let mut flush = |requests, bytes, ms| app.flush(requests, bytes, ms).done;
    assert!(flush(1, 10, long), "there is room for little");
    // More than there is room for between the two.
    assert!(!flush(50, 60_000, 200), "the inspector takes nothing");
    let inspector = std::thread::spawn(move || {
        let mut came = Vec::new();
        link.read_to_end(&mut came).unwrap();
        came
    });
    assert!(flush(0, 0, long), "it takes all");
    drop(app.stdin.take());
    assert!(app.child.wait().unwrap().success());
    let came = inspector.join().unwrap();
    assert_eq!(frames(&came, kind::CYCLE), 52);
}

/// Our thread is stuck where it says that it was refused: nobody reads what the app says.
#[cfg(target_os = "linux")]
#[test]
fn cycles_that_find_no_room_while_our_thread_is_stuck_are_counted_and_the_app_goes_on() {
    let (mut said, mut stderr) = std::io::pipe().unwrap();
    // All that a pipe takes.
    stderr.write_all(&[b'.'; 64 << 10]).unwrap();
    let mut app = Flusher::start(stderr);
    assert!(
        !app.flush(1, 10, 200).done,
        "the inspector has not answered yet"
    );
    let (mut link, _) = app.inspector.accept().unwrap();
    link.write_all(b"who are you?\n").unwrap();
    assert!(!app.flush(0, 0, 1000).done, "it is stuck");
    // 120 kB each, and 8 MiB is all that waits.
    assert!(!app.flush(150, 60_000, 0).done);
    let reader = std::thread::spawn(move || {
        let mut all = String::new();
        said.read_to_string(&mut all).unwrap();
        all
    });
    let told = app.flush(0, 0, LONG.as_millis());
    assert!(told.done && told.records, "it goes on");
    assert_eq!(told.seen, 151);
    assert!((50..100).contains(&told.full), "{}", told.full);
    assert_eq!(told.kept + told.full, told.seen);
    drop(app);
    let said = reader.join().unwrap();
    assert!(said.contains("is no inspector"), "{said}");
}

#[test]
fn where_nothing_can_be_recorded_there_is_nothing_to_wait_for() {
    // One more than it has: enough to load the program, too few for our thread.
    let script = "ulimit -n 4 && exec \"$0\"";
    let mut app = Flusher::start_by("sh", &["-c", script, FLUSH], Stdio::null());
    let first = app.flush(1, 10, LONG.as_millis());
    assert!(first.done && !first.records);
    assert_eq!(app.flush(1, 10, 0).seen, first.seen);
}
