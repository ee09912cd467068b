//! `onionskin completions`, `onionskin man`: what is made of the command's own description.

use anyhow::Context;
use clap::CommandFactory as _;
use clap_complete::Shell;
use std::path::PathBuf;

/// Print a script that completes this command in a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  onionskin completions bash > ~/.local/share/bash-completion/completions/onionskin
  onionskin completions fish > ~/.config/fish/completions/onionskin.fish")]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

/// Print the manual page, or write those of all subcommands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  onionskin man | man -l -
  onionskin man ~/.local/share/man/man1")]
pub(super) struct Man {
    /// Where to write one page for each subcommand [default: only the first page, to standard output]
    directory: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::Args::command(),
        "onionskin",
        &mut script,
    );
    super::print(&script)
}

pub(super) fn man(args: &Man) -> anyhow::Result<()> {
    let command = super::Args::command();
    let Some(directory) = &args.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        return super::print(&page);
    };
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(command, directory))
        .with_context(|| format!("can't write to {}", directory.display()))
}
