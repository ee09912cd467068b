//! The outboxes themselves: one for every thread, and the agent that empties them all.

use crate::capture::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Finished cycles of one thread.
#[derive(Default)]
pub(crate) struct Outbox {
    /// Frames, each with its length before it (32 bits, little endian).
    frames: Mutex<Vec<u8>>,
}

/// All outboxes of a process.
#[derive(Default)]
pub(crate) struct Outboxes {
    all: Mutex<Vec<Arc<Outbox>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A frame that is being written. Unless it is kept, nothing of it stays.
struct Written<'a> {
    frames: MutexGuard<'a, Vec<u8>>,
    start: usize,
    kept: bool,
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.frames.truncate(self.start);
        }
    }
}

impl Outbox {
    /// Appends the frame that `write` writes. `false`: it would be more than `cap` bytes then, and nothing is appended; but
    /// an empty outbox takes any frame.
    pub(crate) fn push(&self, cap: usize, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let frames = lock(&self.frames);
        let mut written = Written {
            start: frames.len(),
            frames,
            kept: false,
        };
        let (start, frames) = (written.start, &mut *written.frames);
        frames.extend_from_slice(&[0; 4]);
        write(frames);
        if frames.len() > cap && start > 0 {
            return false;
        }
        let len = (frames.len() - start - 4) as u32;
        frames[start..start + 4].copy_from_slice(&len.to_le_bytes());
        written.kept = true;
        true
    }
}

impl Outboxes {
    /// One more.
    pub(crate) fn register(&self) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::default());
        lock(&self.all).push(outbox.clone());
        outbox
    }

    /// Takes what all of them hold, one after the other. `empty` is the buffer that takes an outbox's place; it is given
    /// back emptied. Returns whether there was anything.
    pub(crate) fn drain(&self, empty: &mut Vec<u8>, mut take: impl FnMut(&mut [u8])) -> bool {
        let outboxes = {
            let mut all = lock(&self.all);
            // Those of threads that ended, and are empty, are of no use any more.
            all.retain(|outbox| Arc::strong_count(outbox) > 1 || !lock(&outbox.frames).is_empty());
            all.clone()
        };
        let mut any = false;
        for outbox in outboxes {
            {
                let mut frames = lock(&outbox.frames);
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
}
