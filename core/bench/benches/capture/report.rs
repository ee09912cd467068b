//! The table in the terminal and the file beside it.

use crate::{app::Variant, count::Count, sockets::Socket};
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::{collections::BTreeMap, fs, path::PathBuf};

/// What was measured.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) counts: BTreeMap<Variant, Count>,
    pub(crate) sockets: BTreeMap<Variant, Socket>,
}

/// One variant in `capture.json`.
#[derive(Serialize)]
struct Row {
    variant: &'static str,
    #[serde(flatten)]
    count: Option<Count>,
    /// More than bare.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions_over_bare: Option<f64>,
    /// More than bare.
    #[serde(skip_serializing_if = "Option::is_none")]
    allocations_over_bare: Option<f64>,
    #[serde(flatten)]
    socket: Option<Socket>,
}

impl Report {
    /// Prints the table. What was not measured is left blank.
    pub(crate) fn print(&self) {
        println!(
            "\nper request     instructions             allocations        bytes  over sockets: CPU          p99"
        );
        println!(
            "                       total     + bare    total  + bare  a cycle         µs  × bare     µs  × bare"
        );
        let bare = self.counts.get(&Variant::Bare);
        for variant in Variant::ALL {
            let count = self.counts.get(&variant);
            let socket = self.sockets.get(&variant);
            println!(
                "{variant:<14} {} {} {} {} {} {} {} {} {}",
                cell(count.map(|c| c.instructions), 13, 0),
                cell(over(count, bare, |c| c.instructions), 10, 0),
                cell(count.map(|c| c.allocations), 8, 1),
                cell(over(count, bare, |c| c.allocations), 7, 1),
                cell(count.and_then(|c| c.bytes_per_cycle), 8, 0),
                cell(socket.map(|s| s.cpu_us), 10, 1),
                cell(socket.map(|s| s.cpu_ratio), 7, 3),
                cell(socket.map(|s| s.p99_us), 6, 0),
                cell(socket.map(|s| s.p99_ratio), 7, 3),
            );
        }
    }

    /// Writes `capture.json` into the target folder's `bench`. What was not measured keeps no old value.
    pub(crate) fn write(&self) -> Result<()> {
        let bare = self.counts.get(&Variant::Bare);
        let rows: Vec<Row> = Variant::ALL
            .into_iter()
            .map(|variant| {
                let count = self.counts.get(&variant);
                Row {
                    variant: variant.name(),
                    count: count.copied(),
                    instructions_over_bare: over(count, bare, |c| c.instructions),
                    allocations_over_bare: over(count, bare, |c| c.allocations),
                    socket: self.sockets.get(&variant).copied(),
                }
            })
            .collect();
        let dir = target()?.join("bench");
        fs::create_dir_all(&dir)?;
        let path = dir.join("capture.json");
        fs::write(&path, serde_json::to_string_pretty(&rows)? + "\n")?;
        println!("\n{}", path.display());
        Ok(())
    }
}

fn over(count: Option<&Count>, bare: Option<&Count>, of: impl Fn(&Count) -> f64) -> Option<f64> {
    Some(of(count?) - of(bare?))
}

fn cell(value: Option<f64>, width: usize, digits: usize) -> String {
    match value {
        Some(value) => format!("{value:>width$.digits$}"),
        None => format!("{:>width$}", ""),
    }
}

/// The target folder: this program lies in its `<profile>/deps`.
fn target() -> Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let target = exe.ancestors().nth(3);
    Ok(target.context("the program lies in no folder")?.to_owned())
}
