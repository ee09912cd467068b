//! Finished cycles on their way from the threads of the app to the agent.
//!
//! Every thread has an outbox of its own, so that no request waits for another; the agent empties them every few
//! milliseconds. Nobody is woken for a cycle, except for the first one after a rest.

use super::agent;
use std::{
    cell::OnceCell,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Most bytes that wait in one outbox. A cycle that finds it full is dropped whole and counted.
const CAP: usize = 8 << 20;

#[derive(Default)]
struct Outbox {
    /// Frames, each with its length before it (32 bits, little endian).
    frames: Mutex<Vec<u8>>,
}

static ALL: LazyLock<Mutex<Vec<Arc<Outbox>>>> = LazyLock::new(Mutex::default);
/// For threads whose own outbox is gone because they are ending.
static SPARE: LazyLock<Arc<Outbox>> = LazyLock::new(register);
static DROPPED_FULL: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static OWN: OnceCell<Arc<Outbox>> = const { OnceCell::new() };
}

fn register() -> Arc<Outbox> {
    let outbox = Arc::new(Outbox::default());
    ALL.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(outbox.clone());
    outbox
}

/// Cycles that found their outbox full.
pub(crate) fn dropped_full() -> u64 {
    DROPPED_FULL.load(Ordering::SeqCst)
}

/// Appends the frame that `write` writes.
pub(crate) fn push(write: impl FnOnce(&mut Vec<u8>)) {
    let mut write = Some(write);
    let mut put = |outbox: &Outbox| {
        if let Some(write) = write.take() {
            outbox.push(write);
        }
    };
    if OWN.try_with(|own| put(own.get_or_init(register))).is_err() {
        put(&SPARE);
    }
    agent::wake_if_resting();
}

impl Outbox {
    fn push(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let start = frames.len();
        frames.extend_from_slice(&[0; 4]);
        write(&mut frames);
        if frames.len() > CAP && start > 0 {
            frames.truncate(start);
            DROPPED_FULL.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let len = (frames.len() - start - 4) as u32;
        frames[start..start + 4].copy_from_slice(&len.to_le_bytes());
    }
}

/// Takes what all outboxes hold, one after the other. `empty` is the buffer that takes an outbox's place; it is given back
/// emptied.
pub(crate) fn drain(empty: &mut Vec<u8>, mut take: impl FnMut(&mut [u8])) -> bool {
    let outboxes = {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of threads that ended, and are empty, are of no use any more.
        all.retain(|outbox| {
            Arc::strong_count(outbox) > 1
                || !outbox
                    .frames
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .is_empty()
        });
        all.clone()
    };
    let mut any = false;
    for outbox in outboxes {
        {
            let mut frames = outbox.frames.lock().unwrap_or_else(PoisonError::into_inner);
            if frames.is_empty() {
                continue;
            }
            std::mem::swap(&mut *frames, empty);
        }
        any = true;
        let mut rest = &mut empty[..];
        while rest.len() >= 4 {
            let len = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
            let (frame, behind) = rest[4..].split_at_mut(len);
            take(frame);
            rest = behind;
        }
        empty.clear();
        empty.shrink_to(1 << 20);
    }
    any
}
