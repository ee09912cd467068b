//! What the terminal UI costs as a process: `cargo bench -p onionskin-tui --bench process` (Linux).
//!
//! The command, optimised, in a pseudo-terminal of 200 by 50, over cycles that come on its socket: what it takes while
//! nothing happens, its memory, and how long it takes to be seen. It fails where a limit is exceeded.

#[path = "../tests/terminal/app.rs"]
mod app;
#[path = "../tests/terminal/pty.rs"]
mod pty;
#[path = "../tests/terminal/start.rs"]
mod start;

use app::App;
use pty::Pty;
use start::{onionskin, socket_dir};
use std::{
    fs,
    path::Path,
    process::{Child, ExitCode, Stdio},
    time::{Duration, Instant},
};

const SIZE: (u16, u16) = (200, 50);
/// What a thousand MiB hold is not of interest here: all cycles are kept.
const MEMORY: [&str; 2] = ["--memory", "4096"];
/// Of one processor, while nothing happens.
const MOST_IDLE: f64 = 1.0;
/// How long it is looked at then.
const QUIET: Duration = Duration::from_secs(10);
/// Starts of which the median is told.
const STARTS: usize = 11;

fn main() -> ExitCode {
    // `cargo test --benches` only has to build it.
    if !std::env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut failed = false;
    for (what, keys) in [
        ("nothing selected", ""),
        ("a cycle open", "k\r"),
        ("the map", "2"),
    ] {
        let percent = idle(10_000, keys);
        println!(
            "{percent:>9.2} % of a processor, idle, 10,000 cycles, {what} (less than {MOST_IDLE} %)"
        );
        failed |= percent >= MOST_IDLE;
    }
    memory(100_000);
    for cycles in [0, 10_000, 100_000] {
        starts(cycles);
    }
    if failed {
        println!("a limit is exceeded");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What UI and inspector in one process take of a processor while nothing happens.
fn idle(cycles: u64, keys: &str) -> f64 {
    let mut pty = Pty::start(&MEMORY, SIZE.0, SIZE.1);
    pty.wait_for("No cycle yet");
    let mut app = App::connect(&pty.socket);
    send(&mut app, cycles);
    until_kept(&pty, cycles);
    pty.type_keys(keys);
    pty.settle();
    let (before, written) = (cpu(pty.pid()), pty.written());
    std::thread::sleep(QUIET);
    let took = cpu(pty.pid()) - before;
    assert_eq!(pty.written(), written, "something was drawn");
    pty.type_keys("q");
    pty.exit_code();
    took.as_secs_f64() / QUIET.as_secs_f64() * 100.0
}

/// The memory of a UI beside its inspector: one that heard of all cycles live, one that came when they were there.
fn memory(cycles: u64) {
    let (dir, inspector) = inspector();
    let socket = dir.path().join("link.sock");
    let live = Pty::attach_to(&socket, SIZE.0, SIZE.1);
    live.wait_for("No cycle yet");
    println!("{:>9.1} MiB of a UI, no cycle", resident(live.pid()));
    let mut app = App::connect(&socket);
    send(&mut app, cycles);
    until_kept(&live, cycles);
    let late = Pty::attach_to(&socket, SIZE.0, SIZE.1);
    until_kept(&late, cycles);
    for (mut pty, what) in [(live, "heard of all of them"), (late, "came afterwards")] {
        let opened = resident(pty.pid());
        // Cycles are opened, one after the other, more than it keeps answers of.
        for _ in 0..150 {
            pty.type_keys("k");
        }
        pty.type_keys("\r");
        pty.wait_for("step 1/");
        let used = resident(pty.pid());
        println!(
            "{opened:>9.1} MiB of a UI that {what}, {cycles} cycles; {used:.1} MiB after 150 were looked at"
        );
        pty.type_keys("q");
        pty.exit_code();
    }
    end(inspector);
}

/// From the start of the process to the first picture, and to the first cycle on it.
fn starts(cycles: u64) {
    let (dir, inspector) = inspector();
    let socket = dir.path().join("link.sock");
    let mut app = App::connect(&socket);
    send(&mut app, cycles);
    let counted = Pty::attach_to(&socket, SIZE.0, SIZE.1);
    until_kept(&counted, cycles);
    drop(counted);
    let (mut pictures, mut lists) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut pty = Pty::attach_to(&socket, SIZE.0, SIZE.1);
        pictures.push(seen(&pty, begun, "onionskin"));
        let first = if cycles == 0 {
            "No cycle yet"
        } else {
            "/books/7"
        };
        lists.push(seen(&pty, begun, first));
        pty.type_keys("q");
        pty.exit_code();
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    let (picture, list) = (median(&mut pictures), median(&mut lists));
    println!("{picture:>9.1} ms to the first picture, {list:.1} ms to the list, {cycles} cycles");
    end(inspector);
}

fn seen(pty: &Pty, begun: Instant, text: &str) -> Duration {
    while !pty.screen().contains(text) {
        assert!(begun.elapsed() < Duration::from_secs(60), "no {text:?}");
        std::thread::sleep(Duration::from_micros(500));
    }
    begun.elapsed()
}

/// An inspector in a process of its own, and the directory of its socket.
fn inspector() -> (tempfile::TempDir, Child) {
    let dir = socket_dir();
    let socket = dir.path().join("link.sock");
    let child = onionskin(&socket)
        .args(["--headless", "--port", "0"])
        .args(MEMORY)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while onionskin_web::running(&socket).is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no inspector");
        std::thread::sleep(Duration::from_millis(5));
    }
    (dir, child)
}

fn end(mut inspector: Child) {
    inspector.kill().unwrap();
    inspector.wait().unwrap();
}

/// Sends so many cycles, of four kinds.
fn send(app: &mut App, cycles: u64) {
    let kinds = app::cycles();
    for (number, kind) in (1..=cycles).zip(kinds.iter().cycle()) {
        let mut cycle = kind.clone();
        cycle.number = number;
        cycle.id = format!("{}-{number}", cycle.run);
        app.send(cycle);
    }
}

fn until_kept(pty: &Pty, cycles: u64) {
    let digits = cycles.to_string();
    let shown = match digits.len() {
        4.. => format!(
            "{},{} kept",
            &digits[..digits.len() - 3],
            &digits[digits.len() - 3..]
        ),
        _ => format!("{digits} kept"),
    };
    let begun = Instant::now();
    while !pty.screen().contains(&shown) {
        assert!(
            begun.elapsed() < Duration::from_secs(300),
            "{}",
            pty.screen()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Time on a processor so far, of all threads: `utime` and `stime` in ticks of 10 ms, proc_pid_stat(5).
fn cpu(pid: u32) -> Duration {
    let stat = read(pid, "stat");
    let fields = stat.rsplit_once(')').unwrap().1;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// `VmRSS` in MiB, proc_pid_status(5).
fn resident(pid: u32) -> f64 {
    let status = read(pid, "status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<f64>().unwrap() / 1024.0
}

fn read(pid: u32, file: &str) -> String {
    fs::read_to_string(Path::new("/proc").join(pid.to_string()).join(file)).unwrap()
}
