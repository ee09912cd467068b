//! Instructions and allocations per request, by `valgrind --tool=callgrind`.
//!
//! Callgrind writes a file for each thread, with every call: so one run tells both, and an allocation is a call of the
//! system allocator (`malloc`, `calloc`, `realloc`, `posix_memalign`, `aligned_alloc`), which no allocator of the
//! benchmark's own has to count. The thread that serves is the first one; what the others do, the recorder's agent above
//! all, is put into the totals. The agent works by the clock and the app runs some fifty times slower here, so
//! totals are too high: take the CPU time of [`crate::sockets`] for the price of the agent.

use crate::{app::Variant, inspector::Inspector};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

/// The two numbers of requests.
const FEW: u32 = 200;
const MANY: u32 = 700;

const ALLOCATORS: [&str; 5] = [
    "malloc",
    "calloc",
    "realloc",
    "posix_memalign",
    "aligned_alloc",
];

/// Per request.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Count {
    /// On the thread that serves.
    pub(crate) instructions: f64,
    /// On the thread that serves.
    pub(crate) allocations: f64,
    /// On all threads.
    pub(crate) instructions_total: f64,
    /// On all threads.
    pub(crate) allocations_total: f64,
    /// Bytes of a cycle on the link; only where an inspector is attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_per_cycle: Option<f64>,
}

/// What is missing to count, and how to get it.
pub(crate) fn missing() -> Option<String> {
    let there = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    (!there).then(|| {
        "no instructions and allocations can be counted without valgrind; install it: \
         `apt install valgrind`, `dnf install valgrind` or https://valgrind.org"
            .to_owned()
    })
}

/// Counts a variant.
pub(crate) fn measure(variant: Variant) -> Result<Count> {
    let (few, many) = std::thread::scope(|scope| {
        let few = scope.spawn(|| run(variant, FEW));
        let many = scope.spawn(|| run(variant, MANY));
        (few.join(), many.join())
    });
    let [few, many] = [few, many].map(|run| run.expect("no panics in there"));
    let (few, many) = (few?, many?);
    let per_request = |few: u64, many: u64| (many as f64 - few as f64) / f64::from(MANY - FEW);
    Ok(Count {
        instructions: per_request(few.own.instructions, many.own.instructions),
        allocations: per_request(few.own.allocations, many.own.allocations),
        instructions_total: per_request(few.all.instructions, many.all.instructions),
        allocations_total: per_request(few.all.allocations, many.all.allocations),
        bytes_per_cycle: many.bytes_per_cycle,
    })
}

#[derive(Clone, Copy, Default)]
struct Work {
    instructions: u64,
    allocations: u64,
}

struct Run {
    own: Work,
    all: Work,
    bytes_per_cycle: Option<f64>,
}

fn run(variant: Variant, requests: u32) -> Result<Run> {
    let attached = variant == Variant::Attached;
    let inspector = if attached {
        Inspector::start()
    } else {
        Inspector::absent()
    }?;
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("callgrind");
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--separate-threads=yes", "--quiet"])
        .args(["--compress-strings=no"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["child", "count", variant.name(), &requests.to_string()])
        .env("ONIONSKIN_SOCKET", inspector.socket())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("valgrind does not start")?;
    let mut ready = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut ready)?;
    if attached && ready == "ready\n" {
        inspector.wait_for_app()?;
    }
    // A child that has failed does not listen any more; its status says so.
    let _ = child.stdin.take().expect("piped").write_all(b"go\n");
    let status = child.wait()?;
    ensure!(status.success(), "{variant} under valgrind: {status}");

    let mut all = Work::default();
    let mut own = None;
    for entry in fs::read_dir(dir.path())? {
        let path = entry?.path();
        let work = read(&path)?;
        all.instructions += work.instructions;
        all.allocations += work.allocations;
        if path.to_string_lossy().ends_with("-01") {
            own = Some(work);
        }
    }
    if std::env::var_os("ONIONSKIN_BENCH_KEEP").is_some() {
        eprintln!("  {}", dir.keep().display());
    }
    let (cycles, bytes) = inspector.seen();
    if attached {
        ensure!(
            cycles >= u64::from(requests),
            "{requests} requests, but {cycles} cycles on the link"
        );
    }
    Ok(Run {
        own: own.context("callgrind wrote nothing of the first thread")?,
        all,
        bytes_per_cycle: (cycles > 0).then(|| bytes as f64 / cycles as f64),
    })
}

/// Reads one of callgrind's files.
fn read(path: &Path) -> Result<Work> {
    let mut calls: HashMap<String, u64> = HashMap::new();
    let mut called = String::new();
    let mut work = Work::default();
    for line in BufReader::new(fs::File::open(path)?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if let Some(name) = line.strip_prefix("cfn=") {
            called = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("calls=") {
            let n = rest.split(' ').next().unwrap_or_default();
            *calls.entry(called.clone()).or_default() += n.parse::<u64>()?;
        } else if let Some(n) = line.strip_prefix("totals: ") {
            work.instructions = n.trim().parse()?;
        }
    }
    work.allocations = ALLOCATORS.iter().filter_map(|name| calls.get(*name)).sum();
    Ok(work)
}
