//! `onionskin --print-config`, `--print-config-schema`, `--print-keys`: what is configured, and what can be.

use crate::config::{self, Settings, Source};

/// What is printed instead of watching.
#[derive(Debug, clap::Args)]
pub(super) struct Print {
    /// Print the configuration as it counts, as a file with comments, and where it is from
    #[arg(long, conflicts_with_all = ["print_config_schema", "print_keys"])]
    print_config: bool,
    /// Print the JSON schema of the configuration, for editors
    #[arg(long, conflicts_with = "print_keys")]
    pub(super) print_config_schema: bool,
    /// Print the keys of the UI, a command a line: keys, name, what it does
    #[arg(long)]
    print_keys: bool,
}

impl Print {
    pub(super) fn is_asked_for(&self) -> bool {
        self.print_config || self.print_keys
    }

    pub(super) fn run(&self, settings: &Settings, source: &Source) -> anyhow::Result<()> {
        let text = match self.print_keys {
            true => settings.ui.keys.table(),
            false => config::print(settings, source)?,
        };
        super::print(text.as_bytes())
    }
}

pub(super) fn schema() -> anyhow::Result<()> {
    super::print(config::schema().as_bytes())
}
