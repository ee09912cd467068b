//! Finished cycles on their way from the threads of the app to the agent.
//!
//! Every thread has an outbox of its own, so that no request waits for another; the agent empties them every few
//! milliseconds. Nobody is woken for a cycle, except for the first one after a rest.

pub(crate) mod boxes;

use super::{agent, handle::TALLY, sync::Arc};
use boxes::{Outbox, Outboxes};
use std::{cell::OnceCell, sync::LazyLock};

/// Most bytes that wait in one outbox. A cycle that finds it full is dropped whole and counted.
const CAP: usize = 8 << 20;

static ALL: LazyLock<Outboxes> = LazyLock::new(Outboxes::default);
/// For threads whose own outbox is gone because they are ending.
static SPARE: LazyLock<Arc<Outbox>> = LazyLock::new(|| ALL.register());

thread_local! {
    static OWN: OnceCell<Arc<Outbox>> = const { OnceCell::new() };
}

/// Appends the frame that `write` writes.
pub(crate) fn push(write: impl FnOnce(&mut Vec<u8>)) {
    let mut write = Some(write);
    let mut put = |outbox: &Outbox| {
        if let Some(write) = write.take()
            && !outbox.push(CAP, write)
        {
            TALLY.finds_it_full();
        }
    };
    let own = OWN.try_with(|own| put(own.get_or_init(|| ALL.register())));
    if own.is_err() {
        put(&SPARE);
    }
    agent::wake_if_resting();
}

/// Takes what all outboxes hold: [`Outboxes::drain`].
pub(crate) fn drain(empty: &mut Vec<u8>, take: impl FnMut(&mut [u8])) -> bool {
    ALL.drain(empty, take)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn drained(outboxes: &Outboxes) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        outboxes.drain(&mut Vec::new(), |frame| frames.push(frame.to_vec()));
        frames
    }

    #[test]
    fn what_is_full_drops_whole_frames() {
        let outboxes = Outboxes::default();
        let outbox = outboxes.register();
        let push = |byte: u8, len: usize| outbox.push(100, |out| out.extend(vec![byte; len]));
        assert!(push(1, 300), "an empty one takes any frame");
        assert!(!push(2, 1));
        assert_eq!(drained(&outboxes), [vec![1; 300]]);
        assert!(push(3, 46) && push(4, 46), "to the byte");
        assert!(!push(5, 0));
        assert_eq!(drained(&outboxes), [vec![3; 46], vec![4; 46]]);
    }

    #[test]
    fn a_frame_whose_writing_panics_leaves_nothing_behind() {
        let outboxes = Outboxes::default();
        let outbox = outboxes.register();
        outbox.push(100, |out| out.push(1));
        let broken = catch_unwind(AssertUnwindSafe(|| {
            outbox.push(100, |out| {
                out.push(2);
                std::panic::resume_unwind(Box::new("in the middle of it"));
            })
        }));
        assert!(broken.is_err());
        outbox.push(100, |out| out.push(3));
        assert_eq!(drained(&outboxes), [[1], [3]]);
    }

    #[test]
    fn one_of_a_thread_that_ended_goes_when_it_is_empty() {
        let outboxes = Outboxes::default();
        let outbox = outboxes.register();
        outbox.push(100, |out| out.push(1));
        let weak = Arc::downgrade(&outbox);
        drop(outbox);
        assert_eq!(drained(&outboxes), [[1]]);
        assert!(weak.upgrade().is_some(), "it had something");
        assert_eq!(drained(&outboxes), [[0; 0]; 0]);
        assert!(weak.upgrade().is_none());
    }
}
