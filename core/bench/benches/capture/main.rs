//! What recording costs, against plain axum: `cargo bench`.
//!
//! One [app](app) in several [variants](app::Variant), measured two ways:
//!
//! - [`count`]: instructions and allocations per request, exact, by `valgrind --tool=callgrind`. The app is served over a
//!   connection in memory, so that everything `serve` does is counted and nothing the kernel does. Each variant runs
//!   twice, with two numbers of requests: the difference is what requests cost, without start and end.
//! - [`sockets`]: CPU time of a server process per request, and its p99 at half of full load, over real sockets. Variants
//!   take turns in short slices and each slice is compared with plain axum's beside it, because other work on the machine
//!   makes times wander.
//!
//! Both [start](child) this program again as the app; [`inspector`] is what the attached variant is attached to.
//! [`report`] prints a table and writes `target/bench/capture.json`.
//!
//! ```text
//! cargo bench                 # both
//! cargo bench -- count        # instructions and allocations only
//! cargo bench -- sockets      # CPU and p99 only
//! cargo bench -- count ring   # of this variant only, beside bare; so also with `sockets`
//! ```
//!
//! To see where instructions go: `ONIONSKIN_BENCH_KEEP=1 cargo bench -- count` keeps callgrind's files and prints their
//! folders. The file that ends with `-01` is the thread that serves: `callgrind_annotate --inclusive=yes <file>`.

mod app;
mod child;
mod client;
mod count;
mod inspector;
mod report;
mod sockets;

use anyhow::{Result, bail};
use app::Variant;
use std::process::ExitCode;

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["child", "count", variant, requests] => {
            child::count(variant.parse()?, requests.parse()?)?;
            Ok(ExitCode::SUCCESS)
        }
        ["child", "serve", variant] => {
            child::serve(variant.parse()?)?;
            Ok(ExitCode::SUCCESS)
        }
        [] => measure(&Variant::ALL, &sockets::VARIANTS),
        ["count"] => measure(&Variant::ALL, &[]),
        ["count", ref variants @ ..] => measure(&named(variants)?, &[]),
        ["sockets"] => measure(&[], &sockets::VARIANTS),
        ["sockets", ref variants @ ..] => measure(&[], &named(variants)?),
        _ => bail!("usage: cargo bench [-- count [variant…] | -- sockets [variant…]]"),
    }
}

/// The variants of these names, and bare before them.
fn named(names: &[&str]) -> Result<Vec<Variant>> {
    let bare = std::iter::once(Ok(Variant::Bare));
    bare.chain(names.iter().map(|name| name.parse())).collect()
}

fn measure(counted: &[Variant], served: &[Variant]) -> Result<ExitCode> {
    let mut report = report::Report::default();
    let mut code = ExitCode::SUCCESS;
    if !counted.is_empty()
        && let Some(missing) = count::missing()
    {
        eprintln!("error: {missing}");
        code = ExitCode::FAILURE;
    } else {
        for variant in counted {
            eprintln!("counting: {variant}");
            report.counts.insert(*variant, count::measure(*variant)?);
        }
    }
    if !served.is_empty() {
        report.sockets = sockets::measure(served)?;
    }
    report.print();
    report.write()?;
    Ok(code)
}
