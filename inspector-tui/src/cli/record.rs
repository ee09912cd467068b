//! `onionskin record FILE`.

use super::{Own, units};
use crate::{config::Settings, signals};
use anyhow::{Context, bail};
use clap::Args;
use onionskin::text;
use onionskin_web::{
    Client,
    model::{Recording, StartRecording},
};
use std::{
    io::{self, IsTerminal, Write as _},
    path::PathBuf,
    time::Duration,
};

/// How often the inspector is asked how the recording stands.
const LOOK: Duration = Duration::from_secs(1);

/// Record cycles into a file, until Ctrl-C
///
/// What the inspector gets that runs goes into the file; if none runs, one is started for as long.
#[derive(Debug, Args)]
pub(super) struct Record {
    /// The file: a new one, or a recording to add to
    file: PathBuf,
    /// Let the oldest cycles go when the file has this size, such as 2GiB
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    keep_size: Option<u64>,
    /// Let cycles go that are older than this, such as 7d
    #[arg(long, value_name = "AGE", value_parser = units::age)]
    keep_age: Option<Duration>,
    /// What the running inspector has already goes into the file too
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    own: Own,
}

pub(super) async fn run(args: Record, mut settings: Settings) -> anyhow::Result<()> {
    args.own.apply(&mut settings);
    let ended = signals::ended()?;
    let (url, inspector) = args.own.join_or_start(&settings).await?;
    let client = Client::new(&url)?;
    let file = std::path::absolute(&args.file).context("can't tell where the file is")?;
    let wanted = StartRecording {
        file: Some(
            file.to_str()
                .context("the path of the file must be UTF-8")?
                .to_owned(),
        ),
        history: args.history,
        keep_bytes: args.keep_size,
        keep_seconds: args.keep_age.map(|age| age.as_secs()),
    };
    client.start_recording(&wanted).await?;
    eprintln!(
        "onionskin: recording into {}; Ctrl-C ends it",
        file.display()
    );
    eprintln!("onionskin: dashboard at {url}");
    let stopped = tokio::select! {
        stopped = watch(&client) => Some(stopped?),
        () = ended => None,
    };
    let recording = match stopped {
        Some(recording) => recording,
        None => client.stop_recording().await?,
    };
    if let Some(inspector) = inspector {
        inspector.shutdown().await;
    }
    say(&recording);
    match recording.stopped_because {
        Some(why) => bail!("the recording stopped: {why}"),
        None => Ok(()),
    }
}

/// Shows how it stands, until it stops by itself.
async fn watch(client: &Client) -> anyhow::Result<Recording> {
    loop {
        tokio::time::sleep(LOOK).await;
        let recording = client
            .status()
            .await?
            .recording
            .context("the inspector knows of no recording")?;
        if !recording.running {
            return Ok(recording);
        }
        if io::stderr().is_terminal() {
            eprint!(
                "\r{}, {}\x1b[K",
                text::counted(recording.cycles, "cycle"),
                text::size(recording.bytes)
            );
            io::stderr().flush()?;
        }
    }
}

fn say(recording: &Recording) {
    let clear = if io::stderr().is_terminal() {
        "\r\x1b[K"
    } else {
        ""
    };
    let (cycles, bytes) = (recording.cycles, text::size(recording.bytes));
    eprintln!(
        "{clear}onionskin: {} recorded, {bytes} in {}",
        text::counted(cycles, "cycle"),
        text::escape(&recording.file)
    );
    for (n, what) in [
        (recording.missed, "not in it: the disk was too slow"),
        (recording.expired, "made room for newer ones"),
    ] {
        if n > 0 {
            eprintln!("onionskin: {} {what}", text::counted(n, "cycle"));
        }
    }
}
