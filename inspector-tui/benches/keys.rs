//! How long a key takes to be seen on the screen: `cargo bench -p onionskin-tui --bench keys`. The command runs in a
//! pseudo-terminal with an inspector of its own, while an app sends it no cycle, then 1,000 a second.
//!
//! - `app`: an app that speaks JSON on the link
//! - `pty`: a terminal with a command in it, and what it shows; `start`: the command, started

#[path = "../tests/terminal/app.rs"]
mod app;
#[path = "../tests/terminal/pty.rs"]
mod pty;
#[path = "../tests/terminal/start.rs"]
mod start;

use app::App;
use pty::Pty;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// Keys that are measured.
const KEYS: u32 = 400;
/// Cycles that come in a second.
const RATE: u32 = 1_000;
/// What the screen shows that the key opens, and closes.
const SHOWN: &str = "these keys";

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let keys = match std::env::args().any(|argument| argument == "--bench") {
        true => KEYS,
        false => 4,
    };
    println!("from a key to the screen, {keys} keys, 120x40");
    let mut pty = Pty::start(&[], 120, 40);
    pty.wait_for("No cycle yet");
    report("no cycle", &mut latencies(&mut pty, keys));
    let load = Load::start(&pty.socket);
    pty.wait_for("/books/7");
    thread::sleep(Duration::from_secs(1));
    let (begun, before) = (Instant::now(), load.sent());
    let mut measured = latencies(&mut pty, keys);
    let rate = f64::from((load.sent() - before) as u32) / begun.elapsed().as_secs_f64();
    report(&format!("{rate:.0} cycles a second"), &mut measured);
    load.stop();
    pty.type_keys("q");
    assert!(pty.ended_well());
}

/// Presses a key that opens a screen, and closes it, again and again.
fn latencies(pty: &mut Pty, keys: u32) -> Vec<Duration> {
    let press = |n: u32| {
        // At no fixed place between two pictures.
        thread::sleep(Duration::from_millis(40 + u64::from(n * 7 % 33)));
        let is_open = n.is_multiple_of(2);
        let begun = Instant::now();
        pty.write("?");
        while pty.screen().contains(SHOWN) != is_open {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{}",
                pty.screen()
            );
            thread::sleep(Duration::from_micros(200));
        }
        begun.elapsed()
    };
    (0..keys).map(press).collect()
}

fn report(what: &str, latencies: &mut [Duration]) {
    latencies.sort_unstable();
    let at = |percent: usize| latencies[(latencies.len() * percent).div_ceil(100) - 1];
    println!(
        "{what:<24} p50 {:>8.1?}  p95 {:>8.1?}  p99 {:>8.1?}  max {:>8.1?}",
        at(50),
        at(95),
        at(99),
        at(100)
    );
}

/// An app whose cycles come at an even pace.
struct Load {
    sent: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Load {
    fn start(socket: &Path) -> Self {
        let (sent, over) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (counted, is_over) = (sent.clone(), over.clone());
        let mut app = App::connect(socket);
        let thread = thread::spawn(move || {
            let begun = Instant::now();
            while !is_over.load(Relaxed) {
                let n = counted.fetch_add(1, Relaxed) as u32;
                app.send_numbered(n.into());
                let due = begun + Duration::from_secs(1) * n / RATE;
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        Self { sent, over, thread }
    }

    fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    fn stop(self) {
        self.over.store(true, Relaxed);
        self.thread.join().expect("it sent to the end");
    }
}
