//! `onionskin attach`.

use super::{Asked, View, set};
use crate::config::Settings;
use clap::Args;
use onionskin_web::Client;

/// Watch the cycles of an inspector that runs, in one more terminal
///
/// It goes on when this ends. When it ends first, the UI waits for the next one on its socket; lines end with it.
#[derive(Debug, Args)]
pub(super) struct Attach {
    /// The inspector's URL as it printed it, token and all. Other users can see the arguments of a command: leave it out
    /// where the socket leads to it [default: the one on the socket]
    #[arg(conflicts_with = "socket")]
    url: Option<String>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    view: View,
}

pub(super) async fn run(args: Attach, mut settings: Settings) -> anyhow::Result<()> {
    set(&mut settings.socket, &args.asked.socket);
    args.view.apply(&mut settings.ui);
    let (url, socket) = match args.url {
        Some(url) => (url, None),
        None => (args.asked.url(&settings)?, Some(settings.socket)),
    };
    // What is no URL is said before anything is shown.
    Client::new(&url)?;
    args.view
        .run(url, socket, settings.ui, Vec::new(), false)
        .await
}
