//! An app that is told to end while clients ask it.

use crate::{
    app::{AXUM, App, ONIONSKIN},
    raw::{LONG, request},
    watch::Watch,
};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::ExitStatus,
    sync::atomic::{AtomicU64, Ordering},
};

const CLIENTS: usize = 4;

/// Asks again and again until nobody answers any more. Counts before it asks, and when it has the whole answer.
fn ask_on(at: SocketAddr, asked: &AtomicU64, answered: &AtomicU64) {
    loop {
        let Ok(mut stream) = TcpStream::connect(at) else {
            return;
        };
        stream.set_read_timeout(Some(LONG)).unwrap();
        asked.fetch_add(1, Ordering::SeqCst);
        let mut answer = Vec::new();
        let done = stream
            .write_all(&request("GET / HTTP/1.1", b""))
            .and_then(|()| stream.read_to_end(&mut answer));
        if done.is_err() || answer.is_empty() {
            return;
        }
        answered.fetch_add(1, Ordering::SeqCst);
    }
}

/// Ends it under load, when so many were answered. How it ended, how many requests were sent, and how many answered.
fn end_under_load(mut app: App, after: u64) -> (ExitStatus, u64, u64) {
    let (asked, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    let at = app.at;
    let status = std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| ask_on(at, &asked, &answered));
        }
        while answered.load(Ordering::SeqCst) < after {
            std::thread::yield_now();
        }
        app.terminate()
    });
    (status, asked.into_inner(), answered.into_inner())
}

#[test]
fn sigterm_under_load_ends_the_app_as_on_axum_and_the_figures_add_up() {
    let (theirs, ..) = end_under_load(App::start(AXUM, &[]), 200);
    let (alone, ..) = end_under_load(App::start(ONIONSKIN, &[]), 200);
    assert_eq!(alone, theirs);

    let watch = Watch::new();
    let app = App::attached(&watch.socket());
    watch.wait_for_app();
    let (watched, asked, answered) = end_under_load(app, 2000);
    assert_eq!(watched, theirs);
    watch.until("the app is gone", || watch.status().connected == 0);
    let counters = watch.counters();
    // What was in the app's memory when it ended is gone with it; what was told is kept, and adds up.
    assert_eq!(counters.seen, crate::accounting::total(&counters));
    assert!(counters.seen <= asked, "{counters:?} of {asked}");
    assert_eq!(watch.listed().len() as u64, counters.stored);
    assert!(counters.stored > 0, "{counters:?} of {answered}");
}
