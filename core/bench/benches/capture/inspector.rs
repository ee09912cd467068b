//! What the attached variant is attached to: it takes the app's link and reads on, as an inspector does.

use anyhow::{Result, ensure};
use onionskin::{
    link::protocol::{Hello, Welcome, kind},
    wire::WIRE_VERSION,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A socket that apps find through `ONIONSKIN_SOCKET`.
pub(crate) struct Inspector {
    dir: tempfile::TempDir,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    attached: AtomicBool,
    cycles: AtomicU64,
    bytes: AtomicU64,
}

impl Inspector {
    /// Takes one link and reads it to its end.
    pub(crate) fn start() -> Result<Self> {
        let this = Self::absent()?;
        let listener = UnixListener::bind(this.socket())?;
        let seen = this.seen.clone();
        thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            read(stream, &seen)
        });
        Ok(this)
    }

    /// A path on which nobody listens.
    pub(crate) fn absent() -> Result<Self> {
        Ok(Self {
            dir: tempfile::tempdir()?,
            seen: Arc::default(),
        })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("link.sock")
    }

    /// Waits until an app has said hello.
    pub(crate) fn wait_for_app(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.seen.attached.load(Ordering::Relaxed) {
            ensure!(Instant::now() < deadline, "the app did not attach");
            thread::sleep(Duration::from_millis(5));
        }
        // The app has to hear of it, too.
        thread::sleep(Duration::from_millis(300));
        Ok(())
    }

    /// Cycles that came, and their bytes.
    pub(crate) fn seen(&self) -> (u64, u64) {
        let seen = &self.seen;
        (
            seen.cycles.load(Ordering::Relaxed),
            seen.bytes.load(Ordering::Relaxed),
        )
    }
}

fn read(stream: UnixStream, seen: &Seen) -> Result<()> {
    let mut reader = BufReader::with_capacity(256 << 10, &stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let _: Hello = serde_json::from_str(&line)?;
    let welcome = Welcome {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        next: 0,
    };
    let mut answer = serde_json::to_vec(&welcome)?;
    answer.push(b'\n');
    (&stream).write_all(&answer)?;
    seen.attached.store(true, Ordering::Relaxed);
    let mut frame = Vec::new();
    loop {
        let mut len = [0; 4];
        reader.read_exact(&mut len)?;
        frame.resize(u32::from_le_bytes(len) as usize, 0);
        reader.read_exact(&mut frame)?;
        if frame.first() == Some(&kind::CYCLE) {
            seen.cycles.fetch_add(1, Ordering::Relaxed);
            seen.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
        }
    }
}
