//! Every cycle is accounted for, exactly, whatever clients do and whoever looks.

mod load;

use crate::{
    app::{App, ONIONSKIN},
    raw::{Act, converse, request},
    watch::Watch,
};
use onionskin::wire::Counters;
use onionskin_tests::random::Random;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};

const CLIENTS: u64 = 8;
const EACH: u64 = 375;

/// What the clients know to have happened.
#[derive(Default)]
struct Sent {
    /// Requests that were answered.
    answered: AtomicU64,
    /// Requests that the app may or may not have seen before the client went away.
    doubtful: AtomicU64,
    /// Answered requests whose path the filter names.
    ignored: AtomicU64,
}

fn client(to: SocketAddr, seed: u64, sent: &Sent) {
    let mut random = Random::new(seed);
    for _ in 0..EACH {
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        let answered = match random.below(10) {
            0 => {
                count(&sent.ignored);
                converse(to, &[Act::Send(request("GET /peer HTTP/1.1", b""))])
            }
            1 => {
                count(&sent.doubtful);
                let half =
                    b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\nhalf".to_vec();
                converse(to, &[Act::Send(half), Act::Leave]);
                continue;
            }
            2 => {
                count(&sent.doubtful);
                let stream = b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
                converse(to, &[Act::Send(stream), Act::Leave]);
                continue;
            }
            3 if random.percent(20) => {
                count(&sent.doubtful);
                let slow = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
                let wait = std::time::Duration::from_millis(random.any() % 120);
                converse(to, &[Act::Send(slow), Act::Wait(wait), Act::Leave]);
                continue;
            }
            4 => converse(to, &[Act::Send(request("GET /panic HTTP/1.1", b""))]),
            5 => converse(to, &[Act::Send(request("POST /echo HTTP/1.1", &[7; 3000]))]),
            6 => converse(to, &[Act::Send(request("GET /stream HTTP/1.1", b""))]),
            _ => converse(to, &[Act::Send(request("GET / HTTP/1.1", b""))]),
        };
        assert!(answered.starts_with(b"HTTP/1.1 "));
        count(&sent.answered);
    }
}

fn run_clients(to: SocketAddr, seed: u64, sent: &Sent) {
    std::thread::scope(|scope| {
        for n in 0..CLIENTS {
            scope.spawn(move || client(to, seed + n, sent));
        }
    });
}

/// What becomes of cycles, added up.
pub(crate) fn total(counters: &Counters) -> u64 {
    let c = counters;
    c.open + c.stored + c.evicted + c.dropped_total() + c.filtered
}

/// Waits until all is told, and checks the sum at every look on the way.
fn settled(watch: &Watch, sent: &Sent) -> Counters {
    let answered = sent.answered.load(Ordering::Relaxed);
    watch.until("all is settled", || {
        let counters = watch.counters();
        assert_eq!(counters.seen, total(&counters), "{counters:?}");
        counters.open == 0 && counters.seen >= answered
    });
    // The last clients went away without a word; what they left behind ends too.
    std::thread::sleep(notes_axum::PATIENCE * 3);
    watch.until("nothing is open", || watch.counters().open == 0);
    let counters = watch.counters();
    assert_eq!(counters.seen, total(&counters), "{counters:?}");
    let most = answered + sent.doubtful.load(Ordering::Relaxed);
    assert!(
        (answered..=most).contains(&counters.seen),
        "{counters:?} of {answered} to {most}"
    );
    assert_eq!(counters.filtered, sent.ignored.load(Ordering::Relaxed));
    counters
}

#[test]
fn with_an_inspector_that_keeps_all() {
    let watch = Watch::new();
    let app = App::ignoring("/peer", &watch.socket());
    watch.wait_for_app();
    let sent = Sent::default();
    run_clients(app.at, 1, &sent);
    let counters = settled(&watch, &sent);
    assert_eq!(
        counters.stored + counters.filtered,
        counters.seen,
        "{counters:?}"
    );
    let mut numbers: Vec<_> = watch
        .listed()
        .iter()
        .map(|listed| listed.cycle.number)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len() as u64, counters.stored);
}

#[test]
fn with_little_room_on_both_ends_and_a_late_inspector() {
    let mut watch = Watch::not_yet(1 << 20);
    let socket = watch.socket();
    let environment = [
        ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
        ("ONIONSKIN_IGNORE", "/peer"),
        ("ONIONSKIN_RING_MIB", "1"),
    ];
    let app = App::start(ONIONSKIN, &environment);
    let sent = Sent::default();
    run_clients(app.at, 100, &sent);
    watch.start();
    watch.wait_for_app();
    let early = watch.counters();
    assert_eq!(early.seen, total(&early), "{early:?}");
    run_clients(app.at, 200, &sent);
    let counters = settled(&watch, &sent);
    assert!(counters.evicted > 0 && counters.stored > 0, "{counters:?}");
    assert_eq!(watch.listed().len() as u64, counters.stored);
}
