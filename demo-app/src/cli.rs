//! The flags of the `bookshop` command, and what it does with them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use tokio::sync::mpsc;

use crate::shop::{self, ShopConfig};
use crate::visitors::{self, Visited, VisitorConfig};

/// A small bookshop on axum, with simulated visitors.
#[derive(Clone, Debug, Parser)]
#[command(name = "bookshop", version)]
pub struct Args {
    /// Port on 127.0.0.1; the next free one when it is taken, any free one when 0.
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Folder for database, covers and samples [default: demo-app/data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What the visitors' order and choices follow from.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// How many requests the visitors make before they stop; without it they go on.
    #[arg(long, value_name = "N")]
    pub visits: Option<u64>,
    /// Mean time between two requests of the visitors, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 250)]
    pub pace_ms: u64,
    /// Nobody comes: the shop is yours.
    #[arg(long)]
    pub no_visitors: bool,
}

impl Args {
    /// How to run the shop.
    #[must_use]
    pub fn shop(&self) -> ShopConfig {
        let mut config = ShopConfig {
            port: self.port,
            ..ShopConfig::default()
        };
        if let Some(folder) = &self.data {
            config.data_dir.clone_from(folder);
        }
        config
    }

    /// Who comes; `None` with `--no-visitors`.
    #[must_use]
    pub fn visitors(&self) -> Option<VisitorConfig> {
        (!self.no_visitors).then(|| VisitorConfig {
            seed: self.seed,
            visits: self.visits,
            pace: Duration::from_millis(self.pace_ms),
            ..VisitorConfig::default()
        })
    }
}

/// Opens the shop, lets visitors in, prints a line for each of their requests, and closes at Ctrl-C.
///
/// # Errors
/// When the shop cannot be opened.
pub async fn run() -> anyhow::Result<()> {
    let args = Args::parse();
    let shop = shop::start(args.shop()).await?;
    println!("The shop is open at {} (Ctrl-C closes it).", shop.url());
    if let Some(mut config) = args.visitors() {
        let (log, visited) = mpsc::unbounded_channel();
        config.log = Some(log);
        let printing = tokio::spawn(print_visits(visited));
        tokio::select! {
            report = visitors::run(shop.addr(), config) => {
                printing.await?;
                println!("{} requests made; the visitors have gone home.", report?.made);
                tokio::signal::ctrl_c().await?;
            }
            pressed = tokio::signal::ctrl_c() => pressed?,
        }
    } else {
        tokio::signal::ctrl_c().await?;
    }
    shop.stop().await
}

async fn print_visits(mut visited: mpsc::UnboundedReceiver<Visited>) {
    while let Some(visited) = visited.recv().await {
        println!("{visited}");
    }
}
