//! `onionskin attach`.

use super::{View, living};
use clap::Args;
use onionskin::link::socket;
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

pub(super) async fn run(args: Attach) -> anyhow::Result<()> {
    let (url, socket) = match args.url {
        Some(url) => (url, None),
        None => {
            let socket = args.socket.unwrap_or_else(socket::default_path);
            (living(&socket)?, Some(socket))
        }
    };
    args.view.run(url, socket, Vec::new(), false).await
}
