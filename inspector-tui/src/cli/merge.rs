//! `onionskin merge FILE… --output NEW`.

use super::{NOTHING, progress::Bar};
use anyhow::Context;
use clap::Args;
use onionskin::text;
use onionskin_web::{
    export::Wanted,
    recording::{RecordingError, edit},
};
use std::{path::PathBuf, process::ExitCode};

/// Put cycles of recordings into a new one: join, cut by a filter, anonymise, save what can be read of a damaged one
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// Recordings, HAR files, cycles as JSON lines
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The new recording
    #[arg(long, short, value_name = "NEW")]
    output: PathBuf,
    /// Only the cycles that match this filter
    #[arg(long, value_name = "FILTER", default_value = "")]
    filter: String,
    /// Mask e-mail and IP addresses
    #[arg(long)]
    redact: bool,
}

pub(super) fn run(args: Merge) -> anyhow::Result<ExitCode> {
    let wanted = Wanted::matching(&args.filter).context("the filter is not understood")?;
    let mut bar = Bar::of_cycles();
    let copied = edit::copy(
        &args.files,
        &args.output,
        &wanted,
        args.redact,
        |done, all| bar.at(done, all),
    );
    bar.end();
    let copied = match copied {
        Err(nothing @ RecordingError::Nothing { .. }) => {
            eprintln!("onionskin: {nothing}");
            return Ok(ExitCode::from(NOTHING));
        }
        copied => copied?,
    };
    for note in &copied.notes {
        eprintln!("onionskin: {}", text::escape(note));
    }
    if copied.left_out > 0 {
        eprintln!(
            "onionskin: {} left out: there twice, or not to be read",
            text::counted(copied.left_out, "cycle")
        );
    }
    if copied.spans_left_out > 0 {
        eprintln!(
            "onionskin: at least {} of other services left out: not to be read",
            text::counted(copied.spans_left_out, "span")
        );
    }
    eprintln!(
        "onionskin: {} in {}",
        text::counted(copied.cycles, "cycle"),
        args.output.display()
    );
    Ok(ExitCode::SUCCESS)
}
