//! The `onionskin` command.
//!
//! Without a subcommand it is the inspector. `record`, `open`, `export`, `merge`, `send`: one file each; `otlp`,
//! `progress` and `units` are for them.

mod export;
mod merge;
mod open;
mod otlp;
mod progress;
mod record;
mod send;
mod units;

use crate::{
    headless::{self, HeadlessConfig},
    run::{RunConfig, run},
    signals,
};
use anyhow::{Context, anyhow, bail};
use clap::{Parser, Subcommand};
use onionskin::{link::socket, text};
use onionskin_web::{
    Config, Error as StartError, Inspector, Running, config::DEFAULT_PORT, store::Store,
};
use std::{
    io::{self, IsTerminal, Write as _},
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
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    own: Own,
    /// Watch an inspector that is running: the one on the socket, or the one at URL (as it printed it)
    #[arg(long, value_name = "URL", num_args = 0..=1, conflicts_with_all = ["port", "memory", "otlp"])]
    attach: Option<Option<String>>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Record(record::Record),
    Open(open::Open),
    Export(export::Export),
    Merge(merge::Merge),
    Send(send::Send),
}

/// How cycles are shown.
#[derive(Debug, clap::Args)]
struct Show {
    /// Print a line for each cycle instead of showing the UI; the dashboard's URL goes to standard error
    #[arg(long)]
    headless: bool,
    /// Print each cycle whole, as one JSON object a line; implies --headless
    #[arg(long)]
    json: bool,
    /// End after N cycles; implies --headless
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// An inspector of one's own.
#[derive(Debug, clap::Args)]
struct Own {
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Socket where apps connect [default: $ONIONSKIN_SOCKET, or one in your runtime directory]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Memory for cycles, in MiB; the oldest make room
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    memory: u64,
    /// Receive spans of other services as OTLP, to show them beside the cycles of their traces [default: ports 4317 and 4318 of
    /// 127.0.0.1; other addresses: a port or IP:PORT, between commas]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, value_parser = otlp::addresses)]
    otlp: Option<Option<otlp::Addresses>>,
}

const EXAMPLES: &str = "\
Examples:
  onionskin                                 watch all apps of this machine
  onionskin --attach                        one more view of the same cycles
  onionskin --headless | grep ' 500 '       only what failed, as lines
  onionskin --json --count 1 > cycle.json   the next cycle, whole
  onionskin --socket /tmp/mine/link.sock    beside another (apps: ONIONSKIN_SOCKET)
  onionskin record shop.onionskin           into a file, to be opened later
  onionskin open shop.onionskin             the same views of it
  onionskin open jaeger:http://localhost:16686
                                            and of what apps sent to Jaeger
  onionskin send http://localhost:4318      the cycles kept here, to a collector
  onionskin --otlp                          with the spans of other services beside
  onionskin export -f curl --id last        the newest request, to be sent again

An app is watched once its Cargo.toml says
  axum = { package = \"onionskin\", version = \"0.1\" }";

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match start(args) {
        Ok(code) => code,
        // Who reads the output has enough of it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onionskin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn start(args: Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("can't start the async runtime")?;
    runtime.block_on(async {
        match args.command {
            None => watch(args).await?,
            Some(Command::Record(args)) => record::run(args).await?,
            Some(Command::Open(args)) => open::run(args).await?,
            Some(Command::Export(args)) => return export::run(args).await,
            Some(Command::Merge(args)) => merge::run(args)?,
            Some(Command::Send(args)) => send::send(args).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn watch(args: Args) -> anyhow::Result<()> {
    let socket = args.own.socket.clone();
    let path = socket.clone().unwrap_or_else(socket::default_path);
    if let Some(url) = args.attach {
        let url = match url {
            Some(url) => url,
            None => living(&path)?,
        };
        return args.show.run(url, socket, Vec::new(), false).await;
    }
    let inspector = args.own.start(path).await?;
    let result = args
        .show
        .run(inspector.url().to_owned(), socket, Vec::new(), true)
        .await;
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

impl Own {
    async fn start(&self, socket: PathBuf) -> anyhow::Result<Inspector> {
        let config = Config {
            port: self.port,
            socket,
            memory: self.memory << 20,
            otlp: otlp::config(self.otlp.as_ref()),
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
        otlp::tell(&inspector);
        Ok(inspector)
    }
}

impl Show {
    /// Shows what the inspector at `url` has, until it is enough. `ours`: it ends with this.
    async fn run(
        mut self,
        url: String,
        socket: Option<PathBuf>,
        notices: Vec<String>,
        ours: bool,
    ) -> anyhow::Result<()> {
        let asked = self.headless || self.json || self.count.is_some();
        self.headless = asked || !io::stdout().is_terminal();
        if self.headless && !asked {
            eprintln!(
                "onionskin: standard output is no terminal: printing lines, as with --headless"
            );
        }
        if self.headless {
            eprintln!("onionskin: dashboard at {url}");
            let config = HeadlessConfig {
                url,
                json: self.json,
                count: self.count,
                history: ours,
            };
            let ended = signals::ended()?;
            return Ok(headless::run(config, io::stdout().lock(), ended).await?);
        }
        let config = RunConfig {
            url: url.clone(),
            socket,
            notices,
        };
        let result = run(config, std::future::pending()).await;
        match ours {
            true => println!("The inspector has ended; its dashboard was at {url}"),
            false => println!("The inspector goes on; its dashboard is at {url}"),
        }
        Ok(result?)
    }
}

/// Prints the timeline of a cycle: of the newest, or of the one with this id.
fn print(store: &Store, id: &str) -> anyhow::Result<()> {
    let newest = (id == "last").then(|| store.newest_id()).flatten();
    let cycle = store.cycle(newest.as_deref().unwrap_or(id));
    let cycle = cycle.ok_or_else(|| anyhow!("no cycle {id} can be read"))?;
    write!(io::stdout(), "{}", text::timeline(&cycle)).context("can't write to standard output")
}
