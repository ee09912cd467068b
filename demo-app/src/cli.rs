//! The flags of the `bookshop` command.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use onionskin_web::config::DEFAULT_PORT;

use crate::shop::ShopConfig;
use crate::visitors::VisitorConfig;

/// A small bookshop on axum, with simulated visitors, and Onionskin to watch it.
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
    /// Print a line for each cycle instead of showing the UI; with --visits it ends after them.
    #[arg(long)]
    pub headless: bool,
    /// Print the timeline of one cycle, when the visits are made, and nothing else.
    #[arg(long, value_name = "WHICH", requires = "visits")]
    pub print: Option<Print>,
    /// Port of the inspector's dashboard on 127.0.0.1; the next free one when it is taken.
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    pub inspector_port: u16,
}

/// Which cycle is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Print {
    /// The one that ended last.
    Last,
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
