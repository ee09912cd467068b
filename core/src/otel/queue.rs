//! Cycles that wait to be sent, bounded in bytes, and what became of all others.

use super::Counters;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::Notify;

/// Most bytes of frames that are made into spans at once: those are about ten times as large.
const BATCH: usize = 512 << 10;

/// Why cycles were lost that waited still at the end.
pub(super) const NOT_IN_TIME: &str = "not_sent_in_time";

pub(super) struct Queue {
    state: Mutex<State>,
    cap: usize,
    /// Something came, or the end.
    pub(super) changed: Notify,
    /// The end, for whoever waits for the receiver.
    pub(super) closing: Notify,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    /// Bytes of frames that wait, those that are being sent included.
    bytes: usize,
    counters: Counters,
    /// Lost since this began, if cycles are being lost now.
    losing: Option<u64>,
    deadline: Option<Instant>,
    ended: bool,
}

/// What became of some cycles that were taken out.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) bytes: usize,
    pub(super) sent: u64,
    pub(super) sampled_out: u64,
    pub(super) rejected: u64,
    pub(super) undecodable: u64,
}

impl Queue {
    pub(super) fn new(cap: usize) -> Self {
        Self {
            state: Mutex::default(),
            cap,
            changed: Notify::new(),
            closing: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cycle waits, if there is room. `true`: there is none, and this is the first that finds none.
    pub(super) fn offer(&self, frame: &[u8]) -> bool {
        let mut state = self.lock();
        state.counters.offered += 1;
        if state.ended {
            *state.counters.dropped.entry("ended").or_default() += 1;
            return false;
        }
        if state.bytes + frame.len() > self.cap {
            *state.counters.dropped.entry("queue_full").or_default() += 1;
            let first = state.losing.is_none();
            *state.losing.get_or_insert(0) += 1;
            return first;
        }
        state.bytes += frame.len();
        state.counters.waiting += 1;
        state.frames.push_back(frame.to_vec());
        drop(state);
        self.changed.notify_one();
        false
    }

    /// The next cycles, oldest first.
    pub(super) fn take(&self) -> Vec<Vec<u8>> {
        let mut state = self.lock();
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(frame) = state.frames.pop_front() {
            bytes += frame.len();
            taken.push(frame);
            if bytes >= BATCH {
                break;
            }
        }
        taken
    }

    /// Cycles that were taken are done with.
    pub(super) fn done(&self, done: &Done, sent: &super::Sent) {
        let mut state = self.lock();
        // They were counted as lost when there was no time to wait for them any more.
        if state.ended {
            return;
        }
        state.bytes -= done.bytes;
        let counters = &mut state.counters;
        counters.sent += done.sent;
        counters.sampled_out += done.sampled_out;
        counters.rejected += done.rejected;
        if done.undecodable > 0 {
            *counters.dropped.entry("undecodable").or_default() += done.undecodable;
        }
        counters.waiting -= done.sent + done.sampled_out + done.rejected + done.undecodable;
        counters.spans += sent.spans;
        counters.rejected_spans += sent.rejected_spans;
        counters.bytes += sent.bytes;
        counters.requests += sent.requests;
    }

    /// How many were lost, if there is room again; asked once it is given an answer.
    pub(super) fn loss_is_over(&self) -> Option<u64> {
        let mut state = self.lock();
        let room = state.bytes < self.cap / 2;
        state.losing.take_if(|_| room)
    }

    pub(super) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    /// No more than this long.
    pub(super) fn close(&self, deadline: Instant) {
        self.lock().deadline = Some(deadline);
        self.changed.notify_one();
        self.closing.notify_one();
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.lock().deadline
    }

    /// It is over: what waits still is lost.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        state.frames.clear();
        let left = std::mem::take(&mut state.counters.waiting);
        if left > 0 {
            *state.counters.dropped.entry(NOT_IN_TIME).or_default() += left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(c: &Counters) -> u64 {
        c.sent + c.sampled_out + c.rejected + c.dropped.values().sum::<u64>() + c.waiting
    }

    #[test]
    fn a_full_queue_drops_whole_cycles_and_says_so_once() {
        let queue = Queue::new(10);
        let said: Vec<_> = (0..4).map(|_| queue.offer(&[0; 4])).collect();
        assert_eq!(said, [false, false, true, false]);
        assert_eq!(queue.counters().dropped["queue_full"], 2);
        assert_eq!(queue.loss_is_over(), None);
        // What is being sent takes room until it is done with.
        assert_eq!(queue.take().len(), 2);
        assert!(!queue.offer(&[0; 4]), "said already");
        let done = Done {
            bytes: 8,
            sent: 1,
            rejected: 1,
            ..Done::default()
        };
        queue.done(&done, &super::super::Sent::default());
        assert_eq!(queue.loss_is_over(), Some(3));
        assert_eq!(queue.loss_is_over(), None, "once");
        queue.offer(&[0; 4]);
        queue.end();
        assert_eq!(queue.counters().dropped[NOT_IN_TIME], 1);
        queue.offer(&[0; 4]);
        let counters = queue.counters();
        assert_eq!(counters.offered, 7);
        assert_eq!(sum(&counters), 7, "{counters:?}");
    }

    #[test]
    fn what_is_sent_when_it_is_over_was_counted() {
        let queue = Queue::new(10);
        queue.offer(&[0; 4]);
        assert_eq!(queue.take().len(), 1);
        queue.end();
        let done = Done {
            bytes: 4,
            sent: 1,
            ..Done::default()
        };
        queue.done(&done, &super::super::Sent::default());
        let counters = queue.counters();
        assert_eq!(counters.dropped[NOT_IN_TIME], 1);
        assert_eq!(sum(&counters), 1, "{counters:?}");
    }
}
