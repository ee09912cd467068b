//! A system clock that jumps.

use crate::{
    app::{AXUM, App, ONIONSKIN, command},
    raw::{ask, without_date},
    watch::Watch,
};
use std::{path::Path, process::Command};

/// Twenty years back, right, twenty years ahead, and so on: whenever anybody asks for the time of day.
const SHIM: &str = r"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static unsigned asked;
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, __func__);
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += ((int)(__atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED) % 3) - 1) * 20L * 365 * 86400;
    return result;
}
";

const YEAR_US: u64 = 365 * 86_400 * 1_000_000;

fn compiled(dir: &Path) -> String {
    let (source, shim) = (dir.join("clock.c"), dir.join("clock.so"));
    std::fs::write(&source, SHIM).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source);
    assert!(cc.arg("-ldl").status().unwrap().success());
    shim.into_os_string().into_string().unwrap()
}

#[test]
fn a_system_clock_that_jumps_changes_nothing_but_when_a_cycle_began() {
    const ASKED: u64 = 30;
    let dir = tempfile::tempdir().unwrap();
    let shim = compiled(dir.path());
    let watch = Watch::new();
    let socket = watch.socket();
    let start = |program| {
        let environment = [
            ("LD_PRELOAD", &*shim),
            ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
        ];
        App::start_command(command(program, &environment))
    };
    let (theirs, ours) = (start(AXUM), start(ONIONSKIN));
    watch.wait_for_app();
    for _ in 0..ASKED {
        let [theirs, ours] = [&theirs, &ours].map(|app| ask(app.at, "GET / HTTP/1.1", b""));
        assert!(ours.starts_with(b"HTTP/1.1 200"));
        assert_eq!(without_date(&ours), without_date(&theirs));
    }
    watch.wait_for(ASKED);
    let mut began = Vec::new();
    for listed in watch.listed() {
        let cycle = watch.cycle(&listed.cycle.id);
        began.push(cycle.started_unix_us);
        // Within a cycle another clock counts, which does not jump.
        assert!(cycle.duration_ns < 60_000_000_000, "{cycle:?}");
        assert!(cycle.steps.is_sorted_by_key(|step| step.t_ns), "{cycle:?}");
        let last = cycle.steps.last().unwrap();
        assert!(last.t_ns <= cycle.duration_ns, "{cycle:?}");
        let connection = cycle.connection.as_ref().unwrap();
        assert!(connection.first_byte_before_ns < 60_000_000_000);
        let sent = last.sent.as_ref().unwrap();
        assert!(sent.last_byte_ns <= Some(cycle.duration_ns), "{cycle:?}");
    }
    let [first, last] = [began.iter().min(), began.iter().max()].map(|t| *t.unwrap());
    assert!(last - first > 19 * YEAR_US, "it did jump: {began:?}");
    assert_eq!(watch.counters().seen, ASKED);
}
