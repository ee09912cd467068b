//! `onionskin run -- COMMAND`.

mod app;

use super::{Own, View, farewell};
use crate::{
    config::Settings,
    run::{RunConfig, run_beside},
    signals,
};
use app::{App, Output};
use clap::Args;
use std::{
    ffi::OsString,
    path::Path,
    process::{ExitCode, ExitStatus},
    time::Duration,
};

/// How long the last cycles of an app that has ended may take to come.
const LAST: Duration = Duration::from_millis(500);

/// Start an app, and watch its cycles beside what it prints
///
/// If an inspector runs already its cycles go there, else one is started for as long. When you leave, the app is asked to end
/// (SIGTERM to it and all that it started) and killed after five seconds. Without a terminal this ends with the app, whose
/// output goes to standard error. Ends with the app's exit code if it ended by itself, with 128 and the signal's number if it
/// was killed, with 0 if you left first.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Run {
    #[command(flatten)]
    own: Own,
    #[command(flatten)]
    view: View,
    /// The app's command and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  onionskin run -- cargo run
  onionskin run --headless -- ./target/debug/shop --port 3000";

pub(super) async fn run(args: Run, mut settings: Settings) -> anyhow::Result<ExitCode> {
    args.own.apply(&mut settings);
    args.view.apply(&mut settings.ui);
    let (url, inspector) = args.own.join_or_start(&settings).await?;
    let status = match args.view.is_headless() {
        true => lines(args, &settings.socket, url, inspector.is_some()).await,
        false => {
            let status = beside(&args.command, settings, url.clone()).await;
            farewell(&url, inspector.is_some());
            status
        }
    };
    if let Some(inspector) = inspector {
        inspector.shutdown().await;
    }
    Ok(status?.map_or(ExitCode::SUCCESS, app::code))
}

/// Prints its cycles as lines. `ours`: those that came before anybody looked are its own too. Returns how it ended, if by
/// itself.
async fn lines(
    args: Run,
    path: &Path,
    url: String,
    ours: bool,
) -> anyhow::Result<Option<ExitStatus>> {
    let mut app = App::start(&args.command, path, Output::Inherited)?;
    let interrupted = signals::ended()?;
    let mut status = None;
    let enough = async {
        tokio::select! {
            ended = app.ended() => {
                status = ended.ok();
                tokio::time::sleep(LAST).await;
            }
            () = interrupted => {}
        }
    };
    let result = args.view.lines(url, ours, enough).await;
    app.stop().await;
    result.map(|()| status)
}

/// Shows its cycles beside what it prints. Returns how it ended, if by itself.
async fn beside(
    command: &[OsString],
    settings: Settings,
    url: String,
) -> anyhow::Result<Option<ExitStatus>> {
    let (output, printed) = Output::shown();
    let app = App::start(command, &settings.socket, output)?;
    let config = RunConfig {
        url,
        socket: Some(settings.socket),
        ui: settings.ui,
        ..RunConfig::default()
    };
    let result = run_beside(config, Some(printed), std::future::pending()).await;
    let status = app.status();
    app.stop().await;
    Ok(result.map(|()| status)?)
}
