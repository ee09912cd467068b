//! What the inspector takes in and how fast it answers with 100,000 cycles: `cargo bench --bench store`.
//!
//! A small [app] in a process of its own records some requests; what it says on the link is taken down ([sample]) and
//! said to a real inspector, over its socket, as often as it takes. Then questions are asked over HTTP, as the UIs ask
//! them. Every figure is the best of a few, because other work on the machine makes times wander; for those with a limit
//! it is printed, and the program fails where one is exceeded.

mod app;
mod sample;

use anyhow::{Result, ensure};
use onionskin_web::{
    Client, Config,
    client::List,
    recording::{OpenedFile, Recorder, Retention},
    start,
    store::Store,
};
use sample::Sample;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// Cycles in the store.
const CYCLES: u64 = 100_000;

fn main() -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if std::env::args().any(|arg| arg == "app") {
        runtime.block_on(app::record())?;
        return Ok(ExitCode::SUCCESS);
    }
    let sample = Sample::take()?;
    let (dir, mut report) = (tempfile::tempdir()?, Report::default());
    runtime.block_on(measure(dir.path(), &sample, &mut report))?;
    Ok(report.end())
}

async fn measure(dir: &std::path::Path, sample: &Sample, report: &mut Report) -> Result<()> {
    let config = Config {
        port: 0,
        socket: dir.join("link.sock"),
        memory: 4 << 30,
        ..Config::default()
    };
    let inspector = start(config).await?;
    let client = Client::new(inspector.url())?;

    let mut link = UnixStream::connect(inspector.socket()).await?;
    link.write_all(&sample.hello).await?;
    let mut welcome = vec![0; 4096];
    ensure!(link.read(&mut welcome).await? > 0, "no welcome");
    let bytes = sample.said(1..=CYCLES);
    let begun = Instant::now();
    link.write_all(&bytes).await?;
    while inspector.store().counters().stored < CYCLES {
        ensure!(
            begun.elapsed() < Duration::from_secs(120),
            "cycles are missing"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let rate = CYCLES as f64 / begun.elapsed().as_secs_f64();
    report.rate("cycles taken in per second", rate, 20_000.0, 50_000.0);
    let memory = client.status().await?.memory.bytes;
    println!(
        "{:>12} bytes kept per cycle, {} of them sent",
        memory / CYCLES,
        bytes.len() as u64 / CYCLES
    );

    let run = client.apps().await?.remove(0).runs.remove(0).run;
    let id = format!("{run}-{}", CYCLES / 2);
    for (filter, limit) in [
        ("status:404", Some(50)),
        ("path:/books/* time:>1ns !health", Some(50)),
        ("books or cart", Some(50)),
        ("changed-by:session", Some(50)),
        ("level:warn or header:x-request-id~^7", None),
    ] {
        let list = List {
            filter,
            ..List::default()
        };
        let begun = Instant::now();
        let found = client.list(&list).await?.matched;
        let what = format!("filter of {CYCLES} cycles, first time: {filter} ({found})");
        report.time(&what, begun.elapsed(), limit);
        let again = best(async || client.list(&list).await.map(drop)).await?;
        report.time("  the same, again", again, Some(10));
    }
    let far = List {
        skip: CYCLES as u32 / 2,
        ..List::default()
    };
    report.time(
        "a page in the middle",
        best(async || client.list(&far).await.map(drop)).await?,
        Some(10),
    );
    report.time(
        "one cycle",
        best(async || client.cycle(&id).await.map(drop)).await?,
        Some(2),
    );
    report.time(
        "the map",
        best(async || client.map(&run, "").await.map(drop)).await?,
        None,
    );
    let help = best(async || client.filter("path:", 5).await.map(drop)).await?;
    report.time("completion of a value", help, None);
    record(dir, inspector.store(), report)?;
    inspector.shutdown().await;
    Ok(())
}

/// All of it goes into a file, which is opened.
fn record(dir: &std::path::Path, store: &Store, report: &mut Report) -> Result<()> {
    let file = dir.join("all.onionskin");
    let begun = Instant::now();
    let said = Recorder::start(store, &file, Retention::default(), true)?.stop();
    ensure!(said.cycles == CYCLES, "{said:?}");
    let rate = CYCLES as f64 / begun.elapsed().as_secs_f64();
    println!("{rate:>12.0} cycles recorded per second");
    println!("{:>12} bytes of the file per cycle", said.bytes / CYCLES);
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let begun = Instant::now();
        let opened = OpenedFile::open(&file)?;
        ensure!(opened.store().newest_id().is_some(), "nothing is in it");
        best = best.min(begun.elapsed());
    }
    report.time("a recording opened", best, Some(1_000));
    Ok(())
}

/// The best of some.
async fn best<E>(ask: impl AsyncFn() -> Result<(), E>) -> Result<Duration, E> {
    let mut best = Duration::MAX;
    for _ in 0..7 {
        let begun = Instant::now();
        ask().await?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}

#[derive(Default)]
struct Report {
    failed: bool,
}

impl Report {
    fn rate(&mut self, what: &str, rate: f64, least: f64, goal: f64) {
        println!("{rate:>12.0} {what} (at least {least:.0}; the goal is {goal:.0})");
        self.failed |= rate < least;
    }

    fn time(&mut self, what: &str, time: Duration, limit_ms: Option<u64>) {
        let limit = limit_ms
            .map(|ms| format!(" (at most {ms} ms)"))
            .unwrap_or_default();
        println!("{:>9.2} ms {what}{limit}", time.as_secs_f64() * 1e3);
        self.failed |= limit_ms.is_some_and(|ms| time > Duration::from_millis(ms));
    }

    fn end(&self) -> ExitCode {
        match self.failed {
            true => {
                println!("a limit is exceeded");
                ExitCode::FAILURE
            }
            false => ExitCode::SUCCESS,
        }
    }
}
