//! The app's end of the link: connects, introduces itself, sends, and connects again.

use super::{
    Identity, STACK_CHANGES,
    dial::{self, Failure, Stream, Target},
    turns::Turns,
};
use crate::{
    capture::{
        map,
        ring::{Cursor, Ring},
        site,
    },
    link::protocol::{AppCounters, Format, Hello, Message, Welcome, kind, put_frame, put_message},
    report::report,
    wire::WIRE_VERSION,
};
use std::{
    io,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// Bytes put together for one write.
const BATCH: usize = 256 << 10;
/// Pause between attempts to connect; longer after a refusal.
const RETRY: Duration = Duration::from_millis(500);
const RETRY_REFUSED: Duration = Duration::from_secs(30);
/// Figures are sent at most this often.
const COUNTERS_EVERY: Duration = Duration::from_millis(50);

enum State {
    Down { retry: Instant },
    Connecting(JoinHandle<Result<(Stream, Welcome), Failure>>),
    Up(Box<Up>),
}

struct Up {
    stream: Stream,
    /// Number of the cycle that the inspector expects.
    next: u64,
    cursor: Option<Cursor>,
    sites: usize,
    names: usize,
    stack: u64,
    counters: AppCounters,
    counted: Option<Instant>,
    out: Vec<u8>,
    written: usize,
}

pub(super) struct Link {
    hello: Vec<u8>,
    target: Target,
    state: State,
    said: Option<String>,
}

impl Link {
    pub(super) fn new(identity: &Identity) -> Self {
        let hello = Hello {
            onionskin: "link".into(),
            wire: WIRE_VERSION,
            format: Format::Frames,
            app: identity.app.clone(),
            run: identity.run.clone(),
            pid: std::process::id(),
            started_unix_us: identity.started_unix_us,
            command: identity.command.clone(),
            cwd: std::env::current_dir()
                .ok()
                .map(|dir| dir.to_string_lossy().into_owned()),
        };
        let mut hello = serde_json::to_vec(&hello).expect("a hello has only string keys");
        hello.push(b'\n');
        Self {
            hello,
            target: Target::of_environment(),
            state: State::Down {
                retry: Instant::now(),
            },
            said: None,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting(_))
    }

    /// Does what can be done without waiting. `true`: there is more to do soon.
    pub(super) fn pump(&mut self, ring: &Ring, counters: AppCounters, turns: &mut Turns) -> bool {
        match &mut self.state {
            State::Down { retry } => {
                if Instant::now() < *retry {
                    return false;
                }
                let (target, hello) = (self.target.clone(), self.hello.clone());
                self.state =
                    State::Connecting(tokio::spawn(
                        async move { dial::connect(target, &hello).await },
                    ));
                false
            }
            State::Connecting(_) => false,
            State::Up(up) => match up.pump(ring, counters, turns) {
                Ok(busy) => busy,
                Err(_) => {
                    self.state = State::Down {
                        retry: Instant::now() + RETRY,
                    };
                    false
                }
            },
        }
    }

    /// Waits until the link's state may have changed.
    pub(super) async fn changed(&mut self) {
        match &mut self.state {
            State::Down { retry } => tokio::time::sleep_until((*retry).into()).await,
            State::Connecting(task) => {
                let result = task.await;
                self.state = match result {
                    Ok(Ok((stream, welcome))) => {
                        self.said = None;
                        State::Up(Box::new(Up::new(stream, &welcome)))
                    }
                    Ok(Err(Failure::Refused(why))) => {
                        if self.said.as_ref() != Some(&why) {
                            report(format_args!("not attached to the inspector: {why}"));
                            self.said = Some(why);
                        }
                        State::Down {
                            retry: Instant::now() + RETRY_REFUSED,
                        }
                    }
                    Ok(Err(Failure::Io)) | Err(_) => State::Down {
                        retry: Instant::now() + RETRY,
                    },
                };
            }
            State::Up(up) => {
                if up.changed().await.is_err() {
                    self.state = State::Down {
                        retry: Instant::now() + RETRY,
                    };
                }
            }
        }
    }
}

impl Up {
    fn new(stream: Stream, welcome: &Welcome) -> Self {
        Self {
            stream,
            next: welcome.next,
            cursor: None,
            sites: 0,
            names: 0,
            stack: 0,
            counters: AppCounters::default(),
            counted: None,
            out: Vec::new(),
            written: 0,
        }
    }

    fn pump(&mut self, ring: &Ring, counters: AppCounters, turns: &mut Turns) -> io::Result<bool> {
        loop {
            self.fill(ring, &counters);
            if self.out.is_empty() {
                return Ok(self.counters != counters);
            }
            match self.stream.try_write(&self.out[self.written..]) {
                Ok(n) => {
                    self.written += n;
                    turns.after(n);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
            if self.written == self.out.len() {
                self.out.clear();
                self.out.shrink_to(BATCH * 2);
                self.written = 0;
            }
        }
    }

    /// Puts the next messages together, unless some are still to be written. What a cycle names goes before it.
    fn fill(&mut self, ring: &Ring, counters: &AppCounters) {
        if !self.out.is_empty() {
            return;
        }
        for site in site::sites_from(self.sites) {
            put_message(&mut self.out, &Message::Site { site: site.clone() });
            self.sites += 1;
        }
        let names = site::names_from(self.names);
        if !names.is_empty() {
            let from = self.names as u32;
            self.names += names.len();
            put_message(&mut self.out, &Message::Types { from, names });
        }
        let changes = STACK_CHANGES.load(Ordering::SeqCst);
        if self.stack != changes {
            self.stack = changes;
            if let Some(stack) = map::published() {
                put_message(&mut self.out, &Message::Stack { stack });
            }
        }
        let cursor = self.cursor.get_or_insert_with(|| ring.seek(self.next));
        while self.out.len() < BATCH {
            let Some(frame) = ring.read(cursor) else {
                break;
            };
            let number = cursor.next - 1;
            if number != self.next {
                put_message(&mut self.out, &Message::Resume { next: number });
            }
            self.next = cursor.next;
            put_frame(&mut self.out, kind::CYCLE, frame);
        }
        let due = self.counted.is_none_or(|at| at.elapsed() >= COUNTERS_EVERY);
        if self.out.len() < BATCH && due && self.counters != *counters {
            self.counters = counters.clone();
            self.counted = Some(Instant::now());
            put_message(
                &mut self.out,
                &Message::Counters {
                    counters: counters.clone(),
                },
            );
        }
    }

    /// Waits for room to write if something is to be written, and for the other end to hang up.
    async fn changed(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            return self.stream.writable().await;
        }
        let mut ignored = [0; 1024];
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut ignored) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
