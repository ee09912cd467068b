//! How long the terminal UI takes for a picture: `cargo bench -p onionskin-bench --bench tui`.
//!
//! A real inspector holds as many cycles as a case says, from a small [app] that recorded some, as in the bench `store`. The
//! state of the UI hears of them all; its questions are answered by that inspector, outside of the time that counts. What
//! counts is, picture by picture: what happened since the last one goes into the state, the picture is made, and compared
//! with the last one; the bytes for the terminal are made too, and thrown away. Criterion runs the cases; of all pictures the
//! median and the 99th percentile are printed, of the processor's time and of the clock's, and the program fails where the 99th
//! percentile of the processor's exceeds its limit. The two differ by what other work on the machine takes.

#[path = "../store/app.rs"]
mod app;
#[path = "../store/sample.rs"]
mod sample;
mod terminal;

use anyhow::{Result, ensure};
use criterion::Criterion;
use crossterm::event::KeyCode;
use onionskin_web::{Client, Config, Inspector, start};
use sample::Sample;
use std::{process::ExitCode, time::Duration};
use terminal::{Took, Ui};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    runtime::Runtime,
};

/// What 99 of 100 pictures may take of the processor.
const LIMIT: Duration = Duration::from_millis(4);

/// Cycles that come between two pictures, in cases with news: a thousand a second, at ten pictures.
const NEWS: usize = 100;

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
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut lines = Vec::new();
    for cycles in [10_000, 100_000] {
        let inspector = runtime.block_on(filled(&sample, cycles))?;
        lines.extend(cases(&mut criterion, &runtime, &inspector.0, cycles)?);
        runtime.block_on(inspector.0.shutdown());
    }
    criterion.final_summary();
    let mut failed = false;
    println!("in ms: work p50 and p99 (at most {LIMIT:?}), clock p50 and p99; pictures");
    for (name, took) in lines {
        let [work, clock] = [
            percentiles(took.iter().map(|took| took.work)),
            percentiles(took.iter().map(|took| took.clock)),
        ];
        let figures = [work[0], work[1], clock[0], clock[1]];
        let figures = figures.map(|time| format!("{:>8.3}", time.as_secs_f64() * 1e3));
        println!("{} {:>7}  {name}", figures.join(" "), took.len());
        failed |= work[1] > LIMIT;
    }
    if failed {
        println!("a limit is exceeded");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The median, and the 99th.
fn percentiles(times: impl Iterator<Item = Duration>) -> [Duration; 2] {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    [50, 99].map(|percent| times[(times.len() - 1) * percent / 100])
}

/// Every case with what its pictures took.
fn cases(
    criterion: &mut Criterion,
    runtime: &Runtime,
    inspector: &Inspector,
    cycles: u64,
) -> Result<Vec<(String, Vec<Took>)>> {
    let client = Client::new(inspector.url())?;
    let mut measured = Vec::new();
    for (name, keys, opened, news) in [
        ("list, selection moving", MOVES, false, 0),
        ("list, selection moving, news", MOVES, false, NEWS),
        ("list, nobody there, news", &[][..], false, NEWS),
        ("cycle, step by step", STEPS, true, 0),
        ("cycle, step by step, news", STEPS, true, NEWS),
    ] {
        let mut ui = Ui::new(runtime, client.clone(), cycles)?;
        if opened {
            ui.press(KeyCode::Up);
            ui.press(KeyCode::Enter);
        }
        let mut keys = keys.iter().cycle();
        let mut took = Vec::new();
        criterion.bench_function(&format!("{cycles} cycles: {name}"), |bencher| {
            bencher.iter_custom(|pictures| {
                let begun = took.len();
                took.extend((0..pictures).map(|_| ui.picture(keys.next().copied(), news)));
                took[begun..].iter().map(|took| took.work).sum()
            });
        });
        ui.check()?;
        if !took.is_empty() {
            measured.push((format!("{cycles} cycles: {name}"), took));
        }
    }
    Ok(measured)
}

/// Up, away from the newest, and sometimes a page.
const MOVES: &[KeyCode] = &[
    KeyCode::Up,
    KeyCode::Up,
    KeyCode::PageUp,
    KeyCode::Up,
    KeyCode::Down,
];

/// Through a cycle, and back to its first step.
const STEPS: &[KeyCode] = &[
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Right,
    KeyCode::Home,
];

/// An inspector with so many cycles, and its link: with that the app would go.
async fn filled(sample: &Sample, cycles: u64) -> Result<(Inspector, UnixStream)> {
    let dir = tempfile::tempdir()?;
    let config = Config {
        port: 0,
        socket: dir.path().join("link.sock"),
        memory: 4 << 30,
        ..Config::default()
    };
    let inspector = start(config).await?;
    let mut link = UnixStream::connect(inspector.socket()).await?;
    link.write_all(&sample.hello).await?;
    let mut welcome = vec![0; 4096];
    ensure!(link.read(&mut welcome).await? > 0, "no welcome");
    link.write_all(&sample.said(1..=cycles)).await?;
    while inspector.store().counters().stored < cycles {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok((inspector, link))
}
