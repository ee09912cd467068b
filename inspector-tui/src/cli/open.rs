//! `onionskin open`: a file, or what apps sent to Jaeger.

mod jaeger;

use super::{Misuse, View, show};
use crate::config::Settings;
use clap::Args;
use onionskin::text;
use onionskin_web::{Config, recording::OpenedFile};
use std::{path::PathBuf, process::ExitCode};

/// Look at a recording, a HAR file, cycles as JSON lines or traces of Jaeger, as if they came just now
///
/// Traces of apps without Onionskin have no deltas: they are counted, and `--print TRACE_ID` shows their spans.
///
/// Ends with 3 if there is no such cycle or trace.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// A file, or jaeger: and the URL of Jaeger's UI: jaeger:http://127.0.0.1:16686
    #[arg(value_name = "FILE|jaeger:URL")]
    what: String,
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one [default: 7335, unless configured]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Print the timeline of the cycle with this id as text, and end; `last` is the newest. Of Jaeger: all cycles of the trace
    /// with this id
    #[arg(long, value_name = "ID", conflicts_with_all = ["headless", "count"])]
    print: Option<String>,
    #[command(flatten)]
    view: View,
    #[command(flatten)]
    search: jaeger::Search,
}

pub(super) async fn run(args: Open, mut settings: Settings) -> anyhow::Result<ExitCode> {
    settings.port = args.port.unwrap_or(settings.port);
    args.view.apply(&mut settings.ui);
    if let Some(url) = args.what.clone().strip_prefix("jaeger:") {
        return jaeger::run(url, args, settings).await;
    }
    let file = PathBuf::from(&args.what);
    if args.what.contains("://") && !file.exists() {
        let what = &args.what;
        let hint =
            format!("{what} is no file; what a Jaeger has is opened with jaeger:http://HOST:16686");
        return Err(Misuse(hint).into());
    }
    let opened = tokio::task::spawn_blocking(move || OpenedFile::open(&file)).await??;
    shown(args, settings, opened).await
}

/// Shows what was opened, with an inspector of its own.
async fn shown(args: Open, settings: Settings, opened: OpenedFile) -> anyhow::Result<ExitCode> {
    for note in opened.notes() {
        eprintln!("onionskin: {}", text::escape(note));
    }
    if let Some(id) = args.print {
        return show::print(opened.store(), &id, args.view.json);
    }
    let mut notices = vec![args.what];
    notices.extend(opened.notes().iter().cloned());
    let config = Config {
        port: settings.port,
        ..Config::default()
    };
    let inspector = onionskin_web::open(config, opened).await?;
    let url = inspector.url().to_owned();
    let result = args.view.run(url, None, settings.ui, notices, true).await;
    inspector.shutdown().await;
    result.map(|()| ExitCode::SUCCESS)
}
