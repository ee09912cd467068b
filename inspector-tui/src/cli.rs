//! The `onionskin` command.

mod open;
mod send;

use crate::{
    headless::{self, HeadlessConfig},
    run::{RunConfig, run},
    signals,
};
use anyhow::{Context, anyhow, bail};
use clap::{Parser, Subcommand};
use onionskin::link::socket;
use onionskin_web::{Config, Error as StartError, Inspector, Running, config::DEFAULT_PORT};
use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

/// Watch what every layer of your axum app does to each request and response.
///
/// Starts the inspector: apps built with onionskin find it by its socket, and their cycles show up here and in the
/// browser. One inspector serves all of your apps.
#[derive(Debug, Parser)]
#[command(name = "onionskin", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct Args {
    /// Print a line for each cycle instead of showing the UI; the dashboard's URL goes to standard error
    #[arg(long)]
    headless: bool,
    /// Print each cycle whole, as one JSON object a line; implies --headless
    #[arg(long)]
    json: bool,
    /// End after N cycles; implies --headless
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Socket where apps connect [default: $ONIONSKIN_SOCKET, or one in your runtime directory]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Memory for cycles, in MiB; the oldest make room
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    memory: u64,
    /// Watch an inspector that is running: the one on the socket, or the one at URL (as it printed it)
    #[arg(long, value_name = "URL", num_args = 0..=1, conflicts_with_all = ["port", "memory"])]
    attach: Option<Option<String>>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Open(open::Open),
    Send(send::Send),
}

const EXAMPLES: &str = "\
Examples:
  onionskin                                 watch all apps of this machine
  onionskin --attach                        one more view of the same cycles
  onionskin --headless | grep ' 500 '       only what failed, as lines
  onionskin --json --count 1 > cycle.json   the next cycle, whole
  onionskin open jaeger:http://localhost:16686
                                            cycles that apps sent to Jaeger
  onionskin send http://localhost:4318      the cycles kept here, to a collector
  onionskin --socket /tmp/mine/link.sock    beside another (apps: ONIONSKIN_SOCKET)

An app is watched once its Cargo.toml says
  axum = { package = \"onionskin\", version = \"0.1\" }";

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match start(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onionskin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(args: Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("can't start the async runtime")?;
    runtime.block_on(command(args))
}

async fn command(mut args: Args) -> anyhow::Result<()> {
    match args.command.take() {
        Some(Command::Open(args)) => return open::open(args).await,
        Some(Command::Send(args)) => return send::send(args).await,
        None => {}
    }
    let asked = args.headless || args.json || args.count.is_some();
    args.headless = asked || !io::stdout().is_terminal();
    if args.headless && !asked {
        eprintln!("onionskin: standard output is no terminal: printing lines, as with --headless");
    }
    let path = args.socket.clone().unwrap_or_else(socket::default_path);
    if let Some(url) = &args.attach {
        let url = match url {
            Some(url) => url.clone(),
            None => living(&path)?,
        };
        return show(&args, url, false).await;
    }
    let inspector = inspector(&args, path).await?;
    let url = inspector.url().to_owned();
    let result = show(&args, url, true).await;
    inspector.shutdown().await;
    result
}

fn living(path: &std::path::Path) -> anyhow::Result<String> {
    let running = onionskin_web::running(path);
    running.map(|r| r.url).ok_or_else(|| {
        anyhow!(
            "no inspector is running on {}; start one with `onionskin`",
            path.display()
        )
    })
}

async fn inspector(args: &Args, socket: PathBuf) -> anyhow::Result<Inspector> {
    let config = Config {
        port: args.port,
        socket,
        memory: args.memory << 20,
        ..Config::default()
    };
    let inspector = match onionskin_web::start(config).await {
        Ok(inspector) => inspector,
        Err(StartError::AlreadyRunning {
            running: Some(Running { pid, url, .. }),
            socket,
        }) => bail!(
            "an inspector is running already (pid {pid}) on {}\n\n  \
             its dashboard          {url}\n  \
             watch it here          onionskin --attach\n  \
             start another one      onionskin --socket PATH, and your app with ONIONSKIN_SOCKET=PATH",
            socket.display()
        ),
        Err(error) => return Err(error.into()),
    };
    if let Some(port) = inspector.port_was_taken() {
        eprintln!(
            "onionskin: port {port} is taken: the dashboard is at {}",
            inspector.base_url()
        );
    }
    Ok(inspector)
}

async fn show(args: &Args, url: String, history: bool) -> anyhow::Result<()> {
    if args.headless {
        eprintln!("onionskin: dashboard at {url}");
        let config = HeadlessConfig {
            url,
            json: args.json,
            count: args.count,
            history,
        };
        let ended = signals::ended()?;
        return Ok(headless::run(config, io::stdout().lock(), ended).await?);
    }
    let config = RunConfig {
        url: url.clone(),
        socket: args.socket.clone(),
        ..RunConfig::default()
    };
    let result = run(config, std::future::pending()).await;
    match history {
        true => println!("The inspector has ended; its dashboard was at {url}"),
        false => println!("The inspector goes on; its dashboard is at {url}"),
    }
    Ok(result?)
}
