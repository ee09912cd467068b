//! How the probes of one cycle find its recording.
//!
//! A handle travels in the request's extensions, and in a thread-local that is set around every poll: so it is found
//! again where a layer builds a fresh request, and where code knows of no request (logs, panics).

use super::{
    agent, control, outbox, panics,
    recording::{EntryId, Recording},
    share::Share,
    tally::Tally,
    tap::Tap,
    written::Written,
};
use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::Poll,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Most idle recordings that a thread keeps for reuse.
const POOL: usize = 64;

/// Cycles that are a head which never became a request.
static HEADLESS: AtomicU64 = AtomicU64::new(0);

/// How many cycles are a head which never became a request.
pub(crate) fn headless() -> u64 {
    HEADLESS.load(Ordering::SeqCst)
}

/// What became of the cycles of this process.
pub(crate) static TALLY: Tally = Tally {
    seen: AtomicU64::new(0),
    filtered: AtomicU64::new(0),
    full: AtomicU64::new(0),
    broken: AtomicU64::new(0),
};

thread_local! {
    /// The cycle that is current.
    static CURRENT: RefCell<Option<Handle>> = const { RefCell::new(None) };
    /// Which one that is and where in it we are: all that most probes ask.
    static PLACE: Cell<Place> = const { Cell::new(Place { cycle: 0, entry: None }) };
    static IDLE: RefCell<Vec<Arc<Mutex<Recording>>>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Copy)]
struct Place {
    /// [`Handle::address`] of what is in `CURRENT`; 0 for nothing.
    cycle: usize,
    entry: Option<EntryId>,
}

/// What a request carries in its extensions.
#[derive(Clone)]
pub(crate) enum Carried {
    /// Its cycle is recorded; the probe that it passed last is where it comes from, whatever task it is on.
    Recorded(Handle, Last),
    /// A filter left its cycle out.
    Filtered,
}

impl Carried {
    /// A request that has passed no probe yet.
    pub(crate) fn recorded(handle: Handle) -> Self {
        Self::Recorded(handle, Last(AtomicU32::new(Last::NONE)))
    }

    /// Whether its cycle was recorded, and is over.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self, Self::Recorded(handle, _) if handle.lock().has_ended())
    }
}

/// The probe that a request passed last. Only whoever has the request changes it.
pub(crate) struct Last(AtomicU32);

impl Last {
    const NONE: u32 = u32::MAX;

    pub(crate) fn entry(&self) -> Option<EntryId> {
        Some(self.0.load(Ordering::Relaxed)).filter(|entry| *entry != Self::NONE)
    }

    pub(crate) fn set(&self, entry: EntryId) {
        self.0.store(entry, Ordering::Relaxed);
    }
}

impl Clone for Last {
    fn clone(&self) -> Self {
        Self(AtomicU32::new(self.0.load(Ordering::Relaxed)))
    }
}

/// A share in the recording of one cycle.
#[derive(Clone)]
pub(crate) struct Handle(Share<Recording>);

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(recording) = self.0.give_up() {
            let _ = IDLE.try_with(|idle| {
                let mut idle = idle.borrow_mut();
                if idle.len() < POOL {
                    idle.push(recording);
                }
            });
        }
    }
}

impl Handle {
    /// Begins a cycle, unless recording is off or a filter leaves it out.
    pub(crate) fn begin(path: &str) -> Option<Carried> {
        if !control::is_on() || !agent::ensure_started() {
            return None;
        }
        let number = TALLY.begins();
        if control::is_ignored(path) {
            TALLY.is_filtered();
            return Some(Carried::Filtered);
        }
        let handle = Self::idle();
        handle
            .lock()
            .begin(number, Instant::now(), unix_us(), agent::wants_bodies());
        Some(Carried::recorded(handle))
    }

    /// Begins a cycle of a test, which goes into a tap and is counted nowhere.
    pub(crate) fn begin_tapped(tap: Tap) -> Self {
        static TAPPED: AtomicU64 = AtomicU64::new(0);
        panics::install();
        let number = TAPPED.fetch_add(1, Ordering::Relaxed) + 1;
        let handle = Self::idle();
        {
            let mut recording = handle.lock();
            recording.begin(number, Instant::now(), unix_us(), true);
            recording.set_tap(tap);
        }
        handle
    }

    /// Begins a cycle that began at this time with a head that never became a request, unless recording is off.
    #[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
    pub(crate) fn begin_headless(since: Instant) -> Option<Self> {
        let handle = match Tap::of_all() {
            Some(tap) => Self::begin_tapped(tap),
            None => match Self::begin("")? {
                Carried::Recorded(handle, _) => handle,
                Carried::Filtered => return None,
            },
        };
        HEADLESS.fetch_add(1, Ordering::SeqCst);
        handle.lock().began_at(since);
        Some(handle)
    }

    /// A recording that nobody uses.
    pub(super) fn idle() -> Self {
        let idle = IDLE.try_with(|idle| idle.borrow_mut().pop());
        Self(Share::first(idle.ok().flatten()))
    }

    /// The recording. Held for a few hundred nanoseconds at most, and never while the app's code runs.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0
            .value()
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the cycle of a test.
    pub(crate) fn is_tapped(&self) -> bool {
        self.lock_unless_own()
            .is_some_and(|recording| recording.is_tapped())
    }

    /// The recording, for code that the app may call at any time, even from inside of ours: in a panic hook, or an allocator.
    /// Another thread gives it back soon; where this one has it, nobody ever would.
    pub(crate) fn lock_unless_own(&self) -> Option<MutexGuard<'_, Recording>> {
        const PATIENCE: u32 = 10_000;
        (0..PATIENCE).find_map(|_| {
            let recording = self.try_lock();
            if recording.is_none() {
                std::thread::yield_now();
            }
            recording
        })
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Recording>> {
        match self.0.value().try_lock() {
            Ok(recording) => Some(recording),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Tells this recording from others while it lives.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(self.0.value()).addr()
    }

    /// Runs code of ours that must not fail the app: if it panics, the cycle is given up and counted, and no more than that.
    #[inline]
    pub(crate) fn guarded<R>(&self, code: impl FnOnce() -> R) -> Option<R> {
        let result = panic::catch_unwind(AssertUnwindSafe(code));
        if result.is_err() {
            self.abandon();
        }
        result.ok()
    }

    #[cold]
    fn abandon(&self) {
        let mut recording = self.lock();
        let is_counted = !recording.is_tapped();
        if recording.abandon() && is_counted {
            TALLY.breaks();
        }
    }

    /// The server is done with the response's body: whether it took all of it, or asked for any.
    pub(crate) fn end_body(&self, whole: bool, asked: bool) {
        let is_last = self.lock().end_body(whole, asked);
        if is_last {
            self.end_with_sending();
        }
    }

    /// Nothing more of the response is written.
    pub(crate) fn end_sending(&self, written: Written, delivered: bool) {
        let is_last = self.lock().end_writing(written, delivered);
        if is_last {
            self.end_with_sending();
        }
    }

    fn end_with_sending(&self) {
        self.guarded(|| self.lock().sent());
        self.finish();
    }

    /// Ends the cycle and hands it on.
    pub(crate) fn finish(&self) {
        self.guarded(|| {
            let mut recording = self.lock();
            if !recording.has_ended() {
                match recording.take_tap() {
                    None => outbox::push(|out| recording.finish(out)),
                    Some(tap) => tap.push(|out| recording.finish(out)),
                }
                recording.forget();
            }
        });
    }

    /// Makes this the current cycle, and `entry` the current place in it, until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self, entry: Option<EntryId>) -> Entered<'_> {
        let cycle = self.address();
        let before = PLACE.replace(Place { cycle, entry });
        let (outer, entry) = if before.cycle == cycle {
            (Outer::Same, entry)
        } else if before.cycle != 0 && self.lock().has_ended() {
            // A body, say, that was kept for another request: what happens in it is of that one's cycle.
            PLACE.set(before);
            (Outer::Same, None)
        } else {
            (self.make_current(), entry)
        };
        Entered {
            handle: self,
            outer,
            before,
            entry,
            unwinds: std::thread::panicking(),
            waits: false,
            #[cfg(feature = "otel")]
            _context: crate::otel::join::enter(self, entry),
        }
    }

    fn make_current(&self) -> Outer {
        let outer = CURRENT.try_with(|current| current.borrow_mut().replace(self.clone()));
        self.lock().resume();
        Outer::Other(outer.ok().flatten())
    }
}

impl Handle {
    /// Polls code of the app's with this cycle current.
    #[inline]
    pub(crate) fn poll<R>(
        &self,
        entry: Option<EntryId>,
        poll: impl FnOnce() -> Poll<R>,
    ) -> Poll<R> {
        let mut entered = self.enter(entry);
        let polled = poll();
        entered.waits = polled.is_pending();
        polled
    }
}

impl Handle {
    /// Polls a body of the app's. A panic passes through it to whoever reads it, who may catch it: no place is left.
    #[inline]
    pub(crate) fn poll_body<R>(
        &self,
        inside: Option<EntryId>,
        poll: impl FnOnce() -> Poll<R>,
    ) -> Poll<R> {
        let mut entered = self.enter(inside);
        entered.entry = None;
        let polled = poll();
        entered.waits = polled.is_pending();
        polled
    }
}

fn unix_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_micros() as u64)
}

enum Outer {
    /// The same cycle was current already.
    Same,
    /// Another one, or none.
    Other(Option<Handle>),
}

/// A poll (or call) of the app's code in which a cycle is current.
pub(crate) struct Entered<'a> {
    handle: &'a Handle,
    outer: Outer,
    before: Place,
    entry: Option<EntryId>,
    /// Whether a panic was unwinding this thread already: the app's code runs in a `Drop`.
    unwinds: bool,
    /// Whether the app waits for something after this.
    waits: bool,
    /// The place is the current context of OpenTelemetry.
    #[cfg(feature = "otel")]
    _context: Option<opentelemetry::ContextGuard>,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        // No Drop of the app's futures runs while a panic passes; this guard is where it is seen.
        if !self.unwinds
            && std::thread::panicking()
            && let Some(entry) = self.entry
        {
            self.handle.lock().unwound(entry);
        }
        PLACE.set(self.before);
        if let Outer::Other(outer) = std::mem::replace(&mut self.outer, Outer::Same) {
            let own = CURRENT.try_with(|current| current.replace(outer));
            self.handle.lock().park(self.waits);
            // Outside the borrow: the last share may go back to the pool here.
            drop(own);
        }
    }
}

/// The cycle that is current on this thread, and the place in it.
pub(crate) fn current() -> Option<(Handle, Option<EntryId>)> {
    if !is_inside() {
        return None;
    }
    let handle = CURRENT
        .try_with(|current| current.try_borrow().ok()?.clone())
        .ok()??;
    Some((handle, PLACE.get().entry))
}

/// The place in this cycle that is current on this thread.
pub(crate) fn current_entry(of: &Handle) -> Option<EntryId> {
    let place = PLACE.get();
    (place.cycle == of.address())
        .then_some(place.entry)
        .flatten()
}

/// Runs code with no cycle current on this thread: what it does belongs to none.
pub(crate) fn outside<R>(code: impl FnOnce() -> R) -> R {
    let before = PLACE.replace(Place {
        cycle: 0,
        entry: None,
    });
    let result = code();
    PLACE.set(before);
    result
}

/// What stands for something of the app's that panicked while it was shown.
pub(crate) const UNSHOWN: &str = "(it panicked while it was shown)";

/// Runs code of the app's that shows something, with no recording locked: nothing that it logs, and no panic in it, belongs
/// to the cycle or comes to the app, which did not ask for it. `None`: it panicked.
pub(crate) fn shown<R>(code: impl FnOnce() -> R) -> Option<R> {
    outside(|| panic::catch_unwind(AssertUnwindSafe(code)).ok())
}

/// Whether any cycle is current on this thread.
#[inline]
pub(crate) fn is_inside() -> bool {
    PLACE.get().cycle != 0
}
