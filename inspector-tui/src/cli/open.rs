//! `onionskin open`: a file, or what apps sent to Jaeger.

mod jaeger;

use super::{View, show};
use clap::Args;
use onionskin::text;
use onionskin_web::{Config, config::DEFAULT_PORT, recording::OpenedFile};
use std::path::PathBuf;

/// Look at a recording, a HAR file, cycles as JSON lines or traces of Jaeger, as if they came just now
///
/// Traces of apps without Onionskin have no deltas: they are counted, and `--print TRACE_ID` shows their spans.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// A file, or jaeger: and the URL of Jaeger's UI: jaeger:http://127.0.0.1:16686
    #[arg(value_name = "FILE|jaeger:URL")]
    what: String,
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Print the timeline of the cycle with this id as text, and end; `last` is the newest. Of Jaeger: all cycles of the trace
    /// with this id
    #[arg(long, value_name = "ID", conflicts_with_all = ["headless", "count"])]
    print: Option<String>,
    #[command(flatten)]
    search: jaeger::Search,
    #[command(flatten)]
    view: View,
}

pub(super) async fn run(args: Open) -> anyhow::Result<()> {
    if let Some(url) = args.what.clone().strip_prefix("jaeger:") {
        return jaeger::run(url, args).await;
    }
    let file = PathBuf::from(&args.what);
    let opened = tokio::task::spawn_blocking(move || OpenedFile::open(&file)).await??;
    shown(args, opened).await
}

/// Shows what was opened, with an inspector of its own.
async fn shown(args: Open, opened: OpenedFile) -> anyhow::Result<()> {
    for note in opened.notes() {
        eprintln!("onionskin: {}", text::escape(note));
    }
    if let Some(id) = args.print {
        return show::print(opened.store(), &id);
    }
    let mut notices = vec![args.what];
    notices.extend(opened.notes().iter().cloned());
    let config = Config {
        port: args.port,
        ..Config::default()
    };
    let inspector = onionskin_web::open(config, opened).await?;
    let result = args
        .view
        .run(inspector.url().to_owned(), None, notices, true)
        .await;
    inspector.shutdown().await;
    result
}
