//! `onionskin attach`.

use super::{View, living, set};
use crate::config::Settings;
use clap::Args;
use std::path::PathBuf;

/// Watch the cycles of an inspector that runs, in one more terminal
///
/// It goes on when this ends. When it ends first, this waits for the next one on its socket.
#[derive(Debug, Args)]
pub(super) struct Attach {
    /// The inspector's URL as it printed it, token and all. Other users can see the arguments of a command: leave it out
    /// where the socket leads to it [default: the one on the socket]
    url: Option<String>,
    /// Socket of the inspector [default: $ONIONSKIN_SOCKET, or one in your runtime directory]
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    socket: Option<PathBuf>,
    #[command(flatten)]
    view: View,
}

pub(super) async fn run(args: Attach, mut settings: Settings) -> anyhow::Result<()> {
    set(&mut settings.socket, &args.socket);
    args.view.apply(&mut settings.ui);
    let (url, socket) = match args.url {
        Some(url) => (url, None),
        None => (living(&settings.socket)?, Some(settings.socket)),
    };
    args.view
        .run(url, socket, settings.ui, Vec::new(), false)
        .await
}
