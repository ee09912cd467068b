//! A hundred thousand requests, of which many are given up: the app and its inspector know of each.

use super::total;
use crate::{
    app::{LOAD, command},
    watch::Watch,
};
use onionskin::wire::Counters;
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

/// An app that is its own load; it is stopped with this value.
struct Load {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Load {
    fn start(watch: &Watch, ring_mib: &str, arguments: &[u64]) -> Self {
        let socket = watch.socket();
        let environment = [
            ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
            ("ONIONSKIN_IGNORE", "/peer"),
            ("ONIONSKIN_RING_MIB", ring_mib),
        ];
        let mut child = command(LOAD, &environment)
            .args(arguments.iter().map(ToString::to_string))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// Waits until the load is over: how many requests came to the app, and how many of them the filter names.
    fn wait(&mut self) -> [u64; 2] {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let mut words = line.split_whitespace();
        std::array::from_fn(|_| {
            words
                .next()
                .expect("the app's figures add up")
                .parse()
                .unwrap()
        })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the inspector says adds up, and is never more than what was seen.
fn look(watch: &Watch) -> Counters {
    let counters = watch.counters();
    assert_eq!(counters.seen, total(&counters), "{counters:?}");
    // The ring of the app was too small for what came while nobody listened. There is no other loss.
    let unsent = counters.dropped.get("unsent").copied().unwrap_or(0);
    assert_eq!(counters.dropped_total(), unsent, "{counters:?}");
    counters
}

/// Looks until the load is over and the inspector has heard of it.
fn look_on(watch: &Watch, load: &mut Load) -> (Counters, [u64; 2]) {
    let came = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| load.wait());
        while !waiting.is_finished() {
            look(watch);
            std::thread::sleep(Duration::from_millis(5));
        }
        waiting.join().unwrap()
    });
    // The app has handed all on before it said so; the last figures may still be on their way.
    watch.until("it has heard of all", || {
        let counters = look(watch);
        counters.open == 0
            && counters == {
                std::thread::sleep(Duration::from_millis(200));
                look(watch)
            }
    });
    let counters = look(watch);
    assert_eq!(watch.listed().len() as u64, counters.stored);
    (counters, came)
}

#[test]
fn of_every_request_with_inspectors_that_come_and_go() {
    let mut watch = Watch::not_yet(1 << 20);
    let mut load = Load::start(&watch, "1", &[7, 60_000]);
    for pause in [300, 2000, 1000] {
        watch.start();
        watch.wait_for_app();
        look(&watch);
        std::thread::sleep(Duration::from_millis(pause));
        look(&watch);
        watch.stop();
    }
    watch.start();
    watch.wait_for_app();
    let (counters, [came, ignored]) = look_on(&watch, &mut load);
    assert_eq!(
        [counters.seen, counters.filtered],
        [came, ignored],
        "{counters:?}"
    );
    assert!(
        came > 60_000 && counters.evicted > 0 && counters.stored > 0,
        "{counters:?}"
    );
}

#[test]
fn of_those_that_came_while_recording_was_on() {
    let watch = Watch::new();
    let mut load = Load::start(&watch, "64", &[8, 40_000, 100_000]);
    watch.wait_for_app();
    let (counters, [came, ignored]) = look_on(&watch, &mut load);
    assert!((1..came).contains(&counters.seen), "{counters:?} of {came}");
    assert_eq!(
        counters.seen,
        counters.stored + counters.filtered,
        "{counters:?}"
    );
    assert!(
        (1..ignored).contains(&counters.filtered),
        "{counters:?} of {ignored}"
    );
}
