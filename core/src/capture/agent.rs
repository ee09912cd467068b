//! The thread that moves finished cycles on: from the outboxes into the ring, from the ring to the inspector.
//!
//! It has a runtime of its own, so it works while the app's is blocked, and owns the ring and the link alone.

mod dial;
mod link;
pub(super) mod mask;
mod once;
mod rest;
mod turns;

use super::{handle, outbox, panics, ring::Ring};
use crate::{link::protocol::AppCounters, report::report};
use mask::Masking;
use rest::Rest;
use std::{
    sync::{
        LazyLock, Once,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Notify;
use turns::Turns;

/// How often the outboxes are emptied while there is something in them.
const TICK: Duration = Duration::from_millis(5);
/// Ticks without a cycle after which the agent rests until it is woken.
const TICKS_TO_REST: u32 = 20;
/// How long it rests at most: then it looks whether an inspector has come.
const REST: Duration = Duration::from_millis(500);
/// Default of `ONIONSKIN_RING_MIB`.
const RING_MIB: usize = 64;

static STARTED: AtomicBool = AtomicBool::new(false);
static RESTING: Rest = Rest {
    resting: AtomicBool::new(false),
};
static ATTACHED: AtomicBool = AtomicBool::new(false);
static STACK_CHANGES: AtomicU64 = AtomicU64::new(0);
static FLUSH_WANTED: AtomicU64 = AtomicU64::new(0);
static FLUSH_DONE: AtomicU64 = AtomicU64::new(0);
static WAKE: LazyLock<Notify> = LazyLock::new(Notify::new);
static ALWAYS_BODIES: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os("ONIONSKIN_BODIES").is_some_and(|v| v == "always"));

/// Starts the thread, once. `false`: there is none, so nothing can be recorded.
#[inline]
pub(crate) fn ensure_started() -> bool {
    STARTED.load(Ordering::Relaxed) || start()
}

#[cold]
fn start() -> bool {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panics::install();
        // First: the thread may take it back.
        STARTED.store(true, Ordering::SeqCst);
        let spawned = std::thread::Builder::new()
            .name("onionskin".into())
            .spawn(run);
        if let Err(error) = spawned {
            give_up("thread", &error);
        }
    });
    STARTED.load(Ordering::Relaxed)
}

/// The app goes on without us.
fn give_up(what: &str, why: &std::io::Error) {
    STARTED.store(false, Ordering::SeqCst);
    super::control::set_recording(false);
    report(format_args!(
        "nothing is recorded, because its {what} can't be started: {why}"
    ));
}

/// Whether the heads of bodies are worth keeping: while an inspector is attached, or with `ONIONSKIN_BODIES=always`.
pub(crate) fn wants_bodies() -> bool {
    ATTACHED.load(Ordering::Relaxed) || *ALWAYS_BODIES
}

/// Wakes the agent if it rests.
#[inline]
pub(crate) fn wake_if_resting() {
    if RESTING.is_to_be_ended() {
        WAKE.notify_one();
    }
}

/// The map of the app has changed.
pub(crate) fn stack_changed() {
    STACK_CHANGES.fetch_add(1, Ordering::SeqCst);
    if ensure_started() {
        wake_if_resting();
    }
}

/// Waits until every cycle that has ended is in the ring and, if an inspector is attached, written to the link.
///
/// Blocks the thread: call it at the end of `main` or inside `spawn_blocking`. Returns `false` if that took longer than
/// `timeout`.
pub fn flush(timeout: Duration) -> bool {
    let wanted = FLUSH_WANTED.fetch_add(1, Ordering::SeqCst) + 1;
    // None: it is so far away that no clock gets there.
    let deadline = Instant::now().checked_add(timeout);
    // Where there is no thread there is nothing to wait for.
    while STARTED.load(Ordering::SeqCst) && FLUSH_DONE.load(Ordering::SeqCst) < wanted {
        RESTING.end();
        WAKE.notify_one();
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// What became of the cycles of this process up to now: [`AppCounters`].
pub fn counters() -> AppCounters {
    COUNTERS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone()
}

static COUNTERS: LazyLock<std::sync::Mutex<AppCounters>> = LazyLock::new(Default::default);

/// Who we are, to an inspector.
pub(crate) struct Identity {
    pub(crate) app: String,
    pub(crate) run: String,
    started_unix_us: u64,
    command: String,
}

/// Who we are.
pub(crate) fn identity() -> &'static Identity {
    static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::of_this_process);
    &IDENTITY
}

impl Identity {
    fn of_this_process() -> Self {
        use std::hash::{BuildHasher, RandomState};
        let exe = std::env::current_exe().ok();
        let stem = exe
            .as_ref()
            .and_then(|exe| Some(exe.file_stem()?.to_string_lossy().into_owned()));
        let app = std::env::var("ONIONSKIN_APP")
            .ok()
            .filter(|name| !name.is_empty())
            .or(stem);
        // RandomState is seeded from the system's randomness.
        let random = RandomState::new().hash_one(std::process::id()) & 0xffff_ffff_ffff;
        Self {
            app: app.unwrap_or_else(|| "app".into()),
            run: format!("{random:012x}"),
            started_unix_us: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |d| d.as_micros() as u64),
            command: exe
                .map(|exe| exe.to_string_lossy().into_owned())
                .unwrap_or_default(),
        }
    }
}

fn run() {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return give_up("runtime", &error),
    };
    runtime.block_on(Agent::new().run());
}

struct Agent {
    ring: Ring,
    /// Takes the place of an outbox's buffer while that is read.
    spare: Vec<u8>,
    scratch: Vec<u8>,
    masking: Masking,
    turns: Turns,
    link: link::Link,
}

impl Agent {
    fn new() -> Self {
        let mib = std::env::var("ONIONSKIN_RING_MIB")
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(RING_MIB);
        Self {
            ring: Ring::new(mib << 20),
            spare: Vec::new(),
            scratch: Vec::new(),
            masking: Masking::default(),
            turns: Turns::new(),
            link: link::Link::new(identity()),
        }
    }

    async fn run(mut self) {
        let mut quiet = 0;
        loop {
            let flush = FLUSH_WANTED.load(Ordering::SeqCst);
            let moved = self.drain();
            let busy = self.pump();
            if !busy && !self.link.is_connecting() {
                FLUSH_DONE.fetch_max(flush, Ordering::SeqCst);
            }
            quiet = if moved || busy { 0 } else { quiet + 1 };
            if quiet < TICKS_TO_REST {
                self.wait(TICK, false).await;
                continue;
            }
            RESTING.begin();
            // What came before the flag was up has woken nobody.
            if self.drain() {
                quiet = 0;
            } else {
                self.wait(REST, true).await;
            }
            RESTING.end();
        }
    }

    /// Moves what is in the outboxes into the ring, masked.
    fn drain(&mut self) -> bool {
        let (ring, scratch, masking, turns) = (
            &mut self.ring,
            &mut self.scratch,
            &mut self.masking,
            &mut self.turns,
        );
        let moved = outbox::drain(&mut self.spare, |frame| {
            turns.after(frame.len());
            match mask::guarded(frame, scratch, |raw, out| masking.finish(raw, out)) {
                Some(()) => {
                    #[cfg(feature = "otel")]
                    crate::otel::offer(scratch);
                    ring.push(scratch);
                }
                None => handle::TALLY.breaks(),
            }
        });
        let counters = self.count();
        *COUNTERS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = counters;
        moved
    }

    /// The figures.
    fn count(&self) -> AppCounters {
        let recorded = self.ring.recorded();
        let figures = handle::TALLY.figures(recorded);
        let dropped = [
            ("outbox_full", figures.full),
            ("recording_failed", figures.broken),
        ];
        AppCounters {
            seen: figures.seen,
            headless: handle::headless(),
            open: figures.open,
            recorded,
            evicted: self.ring.oldest(),
            dropped: dropped
                .into_iter()
                .filter(|(_, n)| *n > 0)
                .map(|(reason, n)| (reason.to_owned(), n))
                .collect(),
            filtered: figures.filtered,
            ring_bytes: self.ring.bytes() as u64,
            ring_cap: self.ring.cap() as u64,
        }
    }

    /// Moves what the ring holds towards the inspector. `true`: there is more to do soon.
    fn pump(&mut self) -> bool {
        let counters = self.count();
        let busy = self.link.pump(&self.ring, counters, &mut self.turns);
        ATTACHED.store(self.link.is_up(), Ordering::Relaxed);
        busy
    }

    async fn wait(&mut self, time: Duration, rest: bool) {
        let woken = async {
            if rest {
                WAKE.notified().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        let link = self.link.changed();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = woken => {}
            () = link => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{handle::Handle, tap::Tap};
    use std::panic::resume_unwind;

    #[test]
    fn there_is_patience_without_end() {
        let wanted = FLUSH_WANTED.load(Ordering::SeqCst) + 1;
        FLUSH_DONE.fetch_max(wanted + 1000, Ordering::SeqCst);
        assert!(flush(Duration::MAX));
    }

    /// One of a test is counted nowhere.
    #[test]
    fn a_cycle_in_which_ours_panics_is_given_up_and_told_once_with_the_reason() {
        let agent = Agent::new();
        let lost = || agent.count().dropped.values().sum::<u64>();
        let before = lost();
        let breaks = |handle: &Handle| {
            for _ in 0..2 {
                let result: Option<()> = handle.guarded(|| resume_unwind(Box::new("in ours")));
                assert!(result.is_none());
            }
            handle.finish();
        };
        let tap = Tap::new();
        breaks(&Handle::begin_tapped(tap.clone()));
        assert!(tap.take().is_empty());
        assert_eq!(lost(), before);
        let handle = Handle::idle();
        let number = handle::TALLY.begins();
        handle.lock().begin(number, Instant::now(), 0, false);
        breaks(&handle);
        assert!(agent.count().dropped["recording_failed"] > 0);
        assert_eq!(lost(), before + 1);
    }
}
