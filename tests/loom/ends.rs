//! The end of a cycle that several threads have a share in, and what becomes of its recording.

use crate::{
    Agent, ROOM, Shared,
    boxes::Outbox,
    capture::sync::{Arc, Mutex},
    ending::Ending,
    in_every_order,
    share::Share,
};
use loom::thread;

/// A recording, as far as its end goes.
#[derive(Default)]
struct Recording {
    number: u64,
    ending: Ending,
    /// What it waits for and has come: the end of the body, that of the writing.
    came: u8,
}

/// As `Handle` in `core`: begins, ends and is dropped as that does. A pool belongs to a thread.
struct Handle {
    share: Share<Recording>,
    of: Arc<Shared>,
}

/// What a thread keeps.
struct Own {
    outbox: Arc<Outbox>,
    idle: Option<Arc<Mutex<Recording>>>,
}

impl Own {
    fn new(of: &Shared) -> Self {
        let outbox = of.outboxes.register();
        Self { outbox, idle: None }
    }
}

impl Handle {
    fn begin(of: &Arc<Shared>, own: &mut Own) -> Self {
        let number = of.tally.begins();
        let share = Share::first(own.idle.take());
        *share.value().lock().unwrap() = Recording {
            number,
            ..Recording::default()
        };
        let of = of.clone();
        Self { share, of }
    }

    fn clone(&self) -> Self {
        let (share, of) = (self.share.clone(), self.of.clone());
        Self { share, of }
    }

    fn await_writing(&self) {
        let mut recording = self.share.value().lock().unwrap();
        recording.ending.await_writing();
    }

    fn end_body(&self, own: &Own) {
        self.comes(own, Ending::end_body);
    }

    fn end_sending(&self, own: &Own) {
        self.comes(own, Ending::end_writing);
    }

    fn comes(&self, own: &Own, end: impl FnOnce(&mut Ending) -> bool) {
        let is_last = {
            let mut recording = self.share.value().lock().unwrap();
            recording.came += 1;
            let is_last = end(&mut recording.ending);
            assert_eq!(is_last, recording.came == 2);
            is_last
        };
        if is_last {
            self.finish(own);
        }
    }

    fn finish(&self, own: &Own) {
        let mut recording = self.share.value().lock().unwrap();
        if !recording.ending.has_ended() {
            let number = recording.number.to_le_bytes();
            own.outbox.push(ROOM, |out| out.extend_from_slice(&number));
            recording.ending.end();
        }
    }

    /// Recording fails.
    fn abandon(&self) {
        if self.share.value().lock().unwrap().ending.end() {
            self.of.tally.breaks();
        }
    }

    fn number(&self) -> u64 {
        self.share.value().lock().unwrap().number
    }

    fn drop(mut self, own: &mut Own) {
        if let Some(recording) = self.share.give_up() {
            own.idle = Some(recording);
        }
    }
}

/// What comes of a cycle of which one thread drops the body, another writes the last of the response, and a third may do
/// something else.
fn ended(third: impl Fn(&Handle, &Own) + Send + Sync + 'static) {
    let third = std::sync::Arc::new(third);
    in_every_order(2, move || {
        let shared = Shared::new();
        let mut own = Own::new(&shared);
        let cycle = Handle::begin(&shared, &mut own);
        cycle.await_writing();
        let (of_body, of_writing) = (cycle.clone(), cycle.clone());
        let body = thread::spawn(move || {
            let mut own = Own::new(&of_body.of);
            of_body.end_body(&own);
            of_body.drop(&mut own);
            own.idle.is_some()
        });
        let writing = thread::spawn(move || {
            let mut own = Own::new(&of_writing.of);
            of_writing.end_sending(&own);
            of_writing.drop(&mut own);
            own.idle.is_some()
        });
        third(&cycle, &own);
        cycle.drop(&mut own);
        let idle = [
            body.join().unwrap(),
            writing.join().unwrap(),
            own.idle.is_some(),
        ];
        assert!(
            idle.into_iter().filter(|is| *is).count() <= 1,
            "one recording is idle twice"
        );
        let mut agent = Agent::new(&shared);
        agent.drain();
        assert_eq!(agent.look(), 0);
        let broken = shared.tally.figures(0).broken;
        assert_eq!(agent.ring.recorded() + broken, 1, "it ends once");
    });
}

#[test]
fn a_cycle_ends_once_with_whatever_comes_last() {
    ended(|_, _| ());
}

#[test]
fn so_it_does_if_its_recording_fails_meanwhile() {
    ended(|cycle, _| cycle.abandon());
}

#[test]
fn so_it_does_if_it_is_given_up_meanwhile() {
    ended(|cycle, own| cycle.finish(own));
}

/// A recording is not used again while anybody has a share in it, whoever drops theirs at the same time.
#[test]
fn what_is_used_again_belongs_to_nobody_else() {
    in_every_order(2, || {
        let shared = Shared::new();
        let mut own = Own::new(&shared);
        let first = Handle::begin(&shared, &mut own);
        let threads = [first.clone(), first.clone()].map(|first| {
            thread::spawn(move || {
                let mut own = Own::new(&first.of);
                assert_eq!(first.number(), 1);
                let of = first.of.clone();
                first.drop(&mut own);
                // The next one of this thread, perhaps in the recording of the first.
                let next = Handle::begin(&of, &mut own);
                assert!(next.number() > 1);
                next.finish(&own);
                next.drop(&mut own);
                assert!(own.idle.is_some(), "nobody else had a share in it");
            })
        });
        first.finish(&own);
        assert_eq!(first.number(), 1);
        first.drop(&mut own);
        for thread in threads {
            thread.join().unwrap();
        }
        let mut agent = Agent::new(&shared);
        agent.drain();
        assert_eq!(agent.look(), 0);
        assert_eq!(agent.numbers(), [1, 2, 3]);
    });
}
