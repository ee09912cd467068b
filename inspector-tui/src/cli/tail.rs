//! `onionskin tail`.

use super::{Asked, NOTHING};
use crate::{
    config::Settings,
    headless::{self, HeadlessConfig},
    signals,
};
use anyhow::Context;
use clap::Args;
use onionskin_web::export::Wanted;
use std::{io, process::ExitCode};

/// Print the newest cycles of the inspector that runs, a line each
///
/// Ends with 0 if there were any, with 1 if that failed, with 2 if the command is not understood, with 3 if no cycle matches.
/// With --follow it goes on until it is interrupted, and ends with 0.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Tail {
    /// So many of those that are there, or `all`
    #[arg(long, short = 'n', value_name = "N", default_value = "10", value_parser = lines)]
    lines: usize,
    /// Only the cycles that match this filter
    #[arg(long, value_name = "FILTER", default_value = "")]
    filter: String,
    /// Go on with what comes, until interrupted
    #[arg(long, short = 'f')]
    follow: bool,
    /// Each cycle whole, as one JSON object a line
    #[arg(long)]
    json: bool,
    /// End after N cycles
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    asked: Asked,
}

const EXAMPLES: &str = "\
Examples:
  onionskin tail -f --filter 'status:>=500'
  onionskin tail -n all --json > all.jsonl
  onionskin tail -n 0 -f --count 1 --json | jq .steps   the next one";

fn lines(text: &str) -> Result<usize, String> {
    match text {
        "all" => Ok(usize::MAX),
        text => text
            .parse()
            .map_err(|_| "a number of cycles, or `all`".to_owned()),
    }
}

pub(super) async fn run(args: Tail, settings: Settings) -> anyhow::Result<ExitCode> {
    // Asked here, so that the error can point at the part that is wrong.
    Wanted::matching(&args.filter).context("the filter is not understood")?;
    let url = args.asked.url(&settings)?;
    let config = HeadlessConfig {
        url,
        json: args.json,
        filter: args.filter,
        count: args.count,
        history: args.lines,
        follow: args.follow,
    };
    let printed = headless::run(config, io::stdout().lock(), signals::ended()?).await?;
    if printed == 0 && !args.follow {
        eprintln!("onionskin: no cycle matches");
        return Ok(ExitCode::from(NOTHING));
    }
    Ok(ExitCode::SUCCESS)
}
