//! The way of a finished cycle to the ring, in every order in which its threads can run: loom tries them all.
//!
//! The modules are those of `core`, included by their paths, on loom's mutexes and atomics.

#![allow(dead_code)]

mod capture {
    pub(crate) mod sync {
        pub(crate) use loom::sync::{
            Arc, Mutex, MutexGuard,
            atomic::{AtomicBool, AtomicU64, Ordering},
        };
        pub(crate) use std::sync::PoisonError;
    }
}

#[path = "../../core/src/capture/outbox/boxes.rs"]
mod boxes;
#[path = "../../core/src/capture/recording/ending.rs"]
mod ending;
mod ends;
#[path = "../../core/src/capture/agent/rest.rs"]
mod rest;
#[path = "../../core/src/capture/ring.rs"]
mod ring;
#[path = "../../core/src/capture/share.rs"]
mod share;
#[path = "../../core/src/capture/tally.rs"]
mod tally;

use boxes::{Outbox, Outboxes};
use capture::sync::{Arc, AtomicBool, AtomicU64};
use loom::{sync::Notify, thread};
use rest::Rest;
use ring::Ring;
use tally::Tally;

/// What the threads of an app and the agent share.
struct Shared {
    outboxes: Outboxes,
    tally: Tally,
    rest: Rest,
    wake: Notify,
}

impl Shared {
    fn new() -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        Arc::new(Self {
            outboxes: Outboxes::default(),
            tally: Tally {
                seen: zero(),
                filtered: zero(),
                full: zero(),
                broken: zero(),
            },
            rest: Rest {
                resting: AtomicBool::new(false),
            },
            wake: Notify::new(),
        })
    }

    /// A cycle from its beginning to its end, as the app's thread goes through it.
    fn cycle(&self, outbox: &Outbox, cap: usize) {
        let number = self.tally.begins();
        if !outbox.push(cap, |out| out.extend_from_slice(&number.to_le_bytes())) {
            self.tally.finds_it_full();
        }
        if self.rest.is_to_be_ended() {
            self.wake.notify();
        }
    }
}

/// The agent, as far as it empties outboxes and counts.
struct Agent {
    shared: Arc<Shared>,
    ring: Ring,
    spare: Vec<u8>,
}

impl Agent {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: shared.clone(),
            ring: Ring::new(0),
            spare: Vec::new(),
        }
    }

    fn drain(&mut self) -> bool {
        let ring = &mut self.ring;
        let moved = self
            .shared
            .outboxes
            .drain(&mut self.spare, |frame| ring.push(frame));
        self.look();
        moved
    }

    /// The figures add up, and are those that the ring allows.
    fn look(&self) -> u64 {
        let recorded = self.ring.recorded();
        let f = self.shared.tally.figures(recorded);
        assert_eq!(
            f.seen,
            f.open + recorded + f.filtered + f.full + f.broken,
            "{f:?}"
        );
        f.open
    }

    /// The numbers of the cycles in the ring, each once.
    fn numbers(&self) -> Vec<u64> {
        let mut cursor = self.ring.seek(0);
        let mut numbers = Vec::new();
        while let Some(frame) = self.ring.read(&mut cursor) {
            numbers.push(u64::from_le_bytes(frame.try_into().expect("whole")));
        }
        numbers.sort_unstable();
        numbers
    }
}

const ROOM: usize = 1 << 20;

/// All orders with at most so many switches from a thread that could have gone on: two find most of what there is to find,
/// and with more it soon takes hours.
fn in_every_order(switches: usize, code: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(switches);
    model.check(code);
}

/// Every cycle comes to the ring once and whole, whenever the agent looks and whenever threads end.
#[test]
fn none_is_lost_and_none_comes_twice() {
    in_every_order(2, || {
        let shared = Shared::new();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    // The outbox of a thread comes with its first cycle and goes with the thread.
                    let outbox = shared.outboxes.register();
                    shared.cycle(&outbox, ROOM);
                })
            })
            .collect();
        let mut agent = Agent::new(&shared);
        agent.drain();
        agent.drain();
        for thread in threads {
            thread.join().unwrap();
        }
        agent.drain();
        assert_eq!(agent.numbers(), [1, 2]);
        assert_eq!(agent.look(), 0);
    });
}

/// The figures add up at every look, with a filter, a failure and an outbox that is full.
#[test]
fn the_figures_add_up_at_every_look() {
    in_every_order(2, || {
        let shared = Shared::new();
        let of_app = shared.clone();
        let app = thread::spawn(move || {
            let outbox = of_app.outboxes.register();
            of_app.cycle(&outbox, 12);
            // Full, unless the agent was here.
            of_app.cycle(&outbox, 12);
            of_app.tally.begins();
            of_app.tally.is_filtered();
        });
        let of_other = shared.clone();
        let other = thread::spawn(move || {
            of_other.tally.begins();
            of_other.tally.breaks();
        });
        let mut agent = Agent::new(&shared);
        agent.look();
        agent.drain();
        app.join().unwrap();
        other.join().unwrap();
        agent.drain();
        assert_eq!(agent.look(), 0);
        let figures = shared.tally.figures(agent.ring.recorded());
        assert_eq!(agent.ring.recorded() + figures.full, 2);
        assert_eq!((figures.seen, figures.filtered, figures.broken), (4, 1, 1));
    });
}

/// The agent does not rest while a cycle waits that nobody will wake it for: if it did, it would wait for ever, which loom
/// sees.
#[test]
fn nothing_waits_while_the_agent_rests() {
    for (switches, cycles) in [(4, [1, 0]), (3, [2, 0]), (2, [1, 1])] {
        in_every_order(switches, move || rests_and_is_woken(cycles));
    }
}

/// So many cycles on each of two threads.
fn rests_and_is_woken(cycles: [u64; 2]) {
    let shared = Shared::new();
    let threads: Vec<_> = cycles
        .into_iter()
        .filter(|n| *n > 0)
        .map(|n| {
            let shared = shared.clone();
            thread::spawn(move || {
                let outbox = shared.outboxes.register();
                for _ in 0..n {
                    shared.cycle(&outbox, ROOM);
                }
            })
        })
        .collect();
    let all = cycles.iter().sum();
    let mut agent = Agent::new(&shared);
    while agent.ring.recorded() < all {
        shared.rest.begin();
        if !agent.drain() {
            shared.wake.wait();
        }
        shared.rest.end();
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(agent.numbers(), (1..=all).collect::<Vec<_>>());
}
