//! `onionskin open FILE`.

use super::Show;
use clap::Args;
use onionskin::text;
use onionskin_web::{Config, config::DEFAULT_PORT, recording::OpenedFile};
use std::path::PathBuf;

/// Look at a recording, a HAR file or cycles as JSON lines, as if they came just now
#[derive(Debug, Args)]
pub(super) struct Open {
    /// The file
    file: PathBuf,
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Print the timeline of the cycle with this id as text, and end; `last` is the newest
    #[arg(long, value_name = "ID", conflicts_with_all = ["headless", "json", "count"])]
    print: Option<String>,
    #[command(flatten)]
    show: Show,
}

pub(super) async fn run(args: Open) -> anyhow::Result<()> {
    let file = args.file.clone();
    let opened = tokio::task::spawn_blocking(move || OpenedFile::open(&file)).await??;
    for note in opened.notes() {
        eprintln!("onionskin: {}", text::escape(note));
    }
    if let Some(id) = args.print {
        return super::print(opened.store(), &id);
    }
    let mut notices: Vec<String> = vec![format!("file {}", args.file.display())];
    notices.extend(opened.notes().iter().cloned());
    let config = Config {
        port: args.port,
        ..Config::default()
    };
    let inspector = onionskin_web::open(config, opened).await?;
    let result = args
        .show
        .run(inspector.url().to_owned(), None, notices, true)
        .await;
    inspector.shutdown().await;
    result
}
