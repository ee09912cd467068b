//! `onionskin show`.

mod step;

use super::{Asked, NOTHING};
use crate::{
    config::Settings,
    headless::{NEWEST, named},
};
use anyhow::{Context, bail};
use clap::Args;
use onionskin::{text, wire::Cycle};
use onionskin_web::{Client, recording::OpenedFile, store::Store, view};
use std::{path::PathBuf, process::ExitCode};

/// Print one cycle: step by step, or how request and response stood at one step
///
/// Ends with 0 if it was printed, with 1 if that failed, with 2 if the command is not understood, with 3 if there is no such
/// cycle.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// The cycle with this id; `last` is the newest
    id: String,
    /// A recording, a HAR file or cycles as JSON lines [default: the inspector that runs]
    #[arg(conflicts_with = "socket")]
    file: Option<PathBuf>,
    /// Request and response as they stood right after step K (the first is 0), and who set each value
    #[arg(long, value_name = "K")]
    step: Option<u32>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    asked: Asked,
}

const EXAMPLES: &str = "\
Examples:
  onionskin show last
  onionskin show 0123456789ab-7 --step 5      what the layers before it had done by then
  onionskin show last shop.onionskin --json | jq .outcome";

pub(super) async fn run(args: Show, settings: Settings) -> anyhow::Result<ExitCode> {
    let Some(cycle) = find(&args, &settings).await? else {
        return Ok(none(&args.id));
    };
    let printed = match args.step {
        None if args.json => serde_json::to_string(&cycle)? + "\n",
        None => text::timeline(&cycle).to_string(),
        Some(step) => at_step(&cycle, step, args.json)?,
    };
    super::print(printed.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn find(args: &Show, settings: &Settings) -> anyhow::Result<Option<Cycle>> {
    let Some(file) = args.file.clone() else {
        let url = args.asked.url(settings)?;
        return Ok(named(&Client::new(&url)?, &args.id).await?);
    };
    let opened = tokio::task::spawn_blocking(move || OpenedFile::open(&file)).await??;
    for note in opened.notes() {
        eprintln!("onionskin: {}", text::escape(note));
    }
    Ok(of_store(opened.store(), &args.id))
}

fn of_store(store: &Store, id: &str) -> Option<Cycle> {
    let newest = (id == NEWEST).then(|| store.newest_id()).flatten();
    store.cycle(newest.as_deref().unwrap_or(id))
}

fn at_step(cycle: &Cycle, step: u32, json: bool) -> anyhow::Result<String> {
    let shown = view::step(cycle, step).context("the cycle can't be replayed")?;
    let Some(shown) = shown else {
        match cycle.steps.len() {
            0 => bail!("cycle {} has no steps", text::escape(&cycle.id)),
            n => bail!(
                "cycle {} has the steps 0 to {}",
                text::escape(&cycle.id),
                n - 1
            ),
        }
    };
    Ok(match json {
        true => serde_json::to_string(&shown)? + "\n",
        false => step::text(cycle, &shown),
    })
}

/// Prints a cycle, the newest or the one with this id: its timeline, or all of it as JSON.
pub(super) fn print(store: &Store, id: &str, json: bool) -> anyhow::Result<ExitCode> {
    let Some(cycle) = of_store(store, id) else {
        return Ok(none(id));
    };
    let printed = match json {
        true => serde_json::to_string(&cycle)? + "\n",
        false => text::timeline(&cycle).to_string(),
    };
    super::print(printed.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn none(id: &str) -> ExitCode {
    match id {
        NEWEST => eprintln!("onionskin: there is no cycle"),
        id => eprintln!("onionskin: there is no cycle {}", text::escape(id)),
    }
    ExitCode::from(NOTHING)
}
