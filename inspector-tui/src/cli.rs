//! The `onionskin` command.
//!
//! Without a subcommand it is the inspector. Each subcommand has a file; `configure` prints what is
//! configured; `addresses`, `link`, `otlp`, `progress` and `units` are for them.

mod addresses;
mod attach;
mod configure;
mod export;
mod generate;
mod link;
mod merge;
mod open;
mod otlp;
mod progress;
mod record;
mod run;
mod send;
mod show;
mod tail;
mod units;

use crate::{
    config::{self, Settings, Source, Ui},
    headless::{self, HeadlessConfig},
    run::{RunConfig, run},
    signals,
    theme::ThemeName,
};
use addresses::Addresses;
use anyhow::{Context, anyhow, bail};
use clap::{
    Arg, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind, parser::ValueSource,
};
use onionskin::otel::SettingsError;
use onionskin_web::{
    Config, Error as StartError, Inspector, Running, client::ClientError, export::BadFilter,
    jaeger::JaegerError,
};
use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Watch what every layer of your axum app does to each request and response.
///
/// Starts the inspector: apps built with onionskin find it by its socket, and their cycles show up here and in the
/// browser. One inspector serves all of your apps.
#[derive(Debug, Parser)]
#[command(name = "onionskin", version, after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration, instead of $ONIONSKIN_CONFIG or onionskin/config.toml in $XDG_CONFIG_HOME or ~/.config
    #[arg(long, value_name = "PATH", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    print: configure::Print,
    #[command(flatten)]
    view: View,
    #[command(flatten)]
    own: Own,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Attach(attach::Attach),
    Tail(tail::Tail),
    Show(show::Show),
    Record(record::Record),
    Open(open::Open),
    Export(export::Export),
    Merge(merge::Merge),
    Send(send::Send),
    Completions(generate::Completions),
    Man(generate::Man),
}

/// How cycles are shown.
#[derive(Debug, clap::Args)]
struct View {
    /// Print a line for each cycle instead of showing the UI; the dashboard's URL goes to standard error
    #[arg(long)]
    headless: bool,
    /// Print each cycle whole, as one JSON object a line; implies --headless
    #[arg(long)]
    json: bool,
    /// End after N cycles; implies --headless
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Draw the UI with ASCII only; so it is too where the locale names another encoding than UTF-8
    #[arg(long)]
    ascii: bool,
    /// Colours of the UI [default: none if NO_COLOR is set, else what the configuration says, else auto]
    #[arg(long, value_name = "NAME", hide_possible_values = false)]
    theme: Option<ThemeName>,
}

/// An inspector of one's own.
#[derive(Debug, clap::Args)]
struct Own {
    /// Port of the dashboard on 127.0.0.1; if taken, the next free one [default: 7335, unless configured]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Socket where apps connect [default: $ONIONSKIN_SOCKET, or the configured one, or one in your runtime directory]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Let apps connect by TCP too, that can't reach the socket: in a container, say. They are given the ONIONSKIN_LINK that is
    /// printed [default: port 7334 of 127.0.0.1; other addresses: a port or IP:PORT, between commas]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, value_parser = addresses::addresses)]
    link: Option<Option<Addresses>>,
    /// Memory for cycles, in MiB; the oldest make room [default: 256, unless configured]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    memory: Option<u64>,
    /// Receive spans of other services as OTLP, to show them beside the cycles of their traces [default: ports 4317 and 4318 of
    /// 127.0.0.1; other addresses: a port or IP:PORT, between commas]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, value_parser = addresses::addresses)]
    otlp: Option<Option<Addresses>>,
}

/// Where the inspector is that runs already.
#[derive(Debug, clap::Args)]
struct Asked {
    /// Socket of the inspector [default: $ONIONSKIN_SOCKET, or the configured one, or one in your runtime directory]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Exit code where the command, or the configuration, is not understood.
const NOT_UNDERSTOOD: u8 = 2;
/// Exit code where no cycle matches.
const NOTHING: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  onionskin                                 watch all apps of this machine
  onionskin run -- cargo run                start an app, and watch it
  onionskin attach                          one more view of the same cycles
  onionskin tail --follow --filter 'status:>=500'
                                            only what failed, as lines
  onionskin show last                       the newest cycle, step by step
  onionskin --json --count 1 > cycle.json   the next cycle, whole
  onionskin --socket /tmp/mine/link.sock    beside another (apps: ONIONSKIN_SOCKET)
  onionskin --link                          with apps in containers (apps: ONIONSKIN_LINK)
  onionskin record shop.onionskin           into a file, to be opened later
  onionskin open shop.onionskin             the same views of it
  onionskin open jaeger:http://localhost:16686
                                            and of what apps sent to Jaeger
  onionskin send http://localhost:4318      the cycles kept here, to a collector
  onionskin --otlp                          with the spans of other services beside
  onionskin export -f curl --id last        the newest request, to be sent again

An app is watched once its Cargo.toml says
  axum = { package = \"onionskin\", path = \"…/onionskin/core\" }";

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let args = arguments();
    match start(args) {
        Ok(code) => code,
        // Who reads the output has enough of it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "onionskin: {}", said(&error));
            match is_not_understood(&error) {
                true => ExitCode::from(NOT_UNDERSTOOD),
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// What this process was asked for. Only the configuration can be named before a subcommand.
fn arguments() -> Args {
    let mut command = Args::command();
    let matches = command.get_matches_mut();
    if let Some(subcommand) = matches.subcommand_name() {
        let is_given = |arg: &&Arg| {
            let source = matches.value_source(arg.get_id().as_str());
            source == Some(ValueSource::CommandLine) && arg.get_id() != "config"
        };
        let lost = command.get_arguments().find(is_given).map(Arg::to_string);
        if let Some(lost) = lost {
            let text = format!(
                "{lost} stands before `{subcommand}`, where it says nothing; write it behind, if `{subcommand}` takes it"
            );
            command.error(ErrorKind::ArgumentConflict, text).exit();
        }
    }
    Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Whether it is the command or the configuration that is wrong, and not what came of it.
fn is_not_understood(error: &anyhow::Error) -> bool {
    error.is::<config::Error>()
        || error.is::<Misuse>()
        || error.is::<BadFilter>()
        || matches!(error.downcast_ref(), Some(ClientError::Url))
        || matches!(error.downcast_ref(), Some(JaegerError::Url { .. }))
        || matches!(
            error.downcast_ref(),
            Some(SettingsError::Endpoint { .. } | SettingsError::Value { .. })
        )
}

/// A command that says too little, or what does not go together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(String);

/// What went wrong, and why: each reason once. Some errors say their reason themselves.
pub fn said(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if said.contains(&cause) {
            break;
        }
        said += &format!(": {cause}");
    }
    said
}

/// Writes to standard output, to the last byte.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(bytes).and_then(|()| out.flush());
    printed.context("can't write to standard output")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn start(mut args: Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("can't start the async runtime")?;
    runtime.block_on(async {
        // Where it is not needed it may be wrong.
        let file = args.config.take();
        let load = || config::load(file.as_deref());
        let settings = || load().map(|(settings, _)| settings);
        match args.command {
            None if args.print.print_config_schema => configure::schema()?,
            None => watch(args, load()?).await?,
            Some(Command::Run(args)) => return run::run(args, settings()?).await,
            Some(Command::Attach(args)) => attach::run(args, settings()?).await?,
            Some(Command::Tail(args)) => return tail::run(args, settings()?).await,
            Some(Command::Show(args)) => return show::run(args, settings()?).await,
            Some(Command::Completions(args)) => generate::completions(&args)?,
            Some(Command::Man(args)) => generate::man(&args)?,
            Some(Command::Record(args)) => record::run(args, settings()?).await?,
            Some(Command::Open(args)) => return open::run(args, settings()?).await,
            Some(Command::Export(args)) => return export::run(args, settings()?).await,
            Some(Command::Merge(args)) => return merge::run(args),
            Some(Command::Send(args)) => send::send(args, settings()?).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn watch(args: Args, loaded: (Settings, Source)) -> anyhow::Result<()> {
    let (mut settings, source) = loaded;
    args.own.apply(&mut settings);
    args.view.apply(&mut settings.ui);
    if args.print.is_asked_for() {
        return args.print.run(&settings, &source);
    }
    let inspector = args.own.start(&settings).await?;
    let url = inspector.url().to_owned();
    let Settings { socket, ui, .. } = settings;
    let result = args.view.run(url, Some(socket), ui, Vec::new(), true).await;
    inspector.shutdown().await;
    result
}

impl Asked {
    /// The URL of the inspector that runs.
    fn url(&self, settings: &Settings) -> anyhow::Result<String> {
        let socket = self.socket.as_ref().unwrap_or(&settings.socket);
        let running = onionskin_web::running(socket);
        running.map(|r| r.url).ok_or_else(|| {
            anyhow!(
                "no inspector is running on {}; start one with `onionskin`",
                socket.display()
            )
        })
    }
}

impl Own {
    /// Puts what the command line says above the settings.
    fn apply(&self, settings: &mut Settings) {
        settings.port = self.port.unwrap_or(settings.port);
        settings.memory = self.memory.unwrap_or(settings.memory);
        set(&mut settings.socket, &self.socket);
    }

    /// The inspector that runs, or one that is started for as long: its URL, and itself where it is ours.
    async fn join_or_start(
        &self,
        settings: &Settings,
    ) -> anyhow::Result<(String, Option<Inspector>)> {
        let Some(running) = onionskin_web::running(&settings.socket) else {
            let inspector = self.start(settings).await?;
            return Ok((inspector.url().to_owned(), Some(inspector)));
        };
        link::check(self.link.as_ref(), &running).await?;
        otlp::check(self.otlp.as_ref(), &running).await?;
        let unused = [
            ("--port", self.port.is_some()),
            ("--memory", self.memory.is_some()),
        ];
        for (option, _) in unused.into_iter().filter(|(_, given)| *given) {
            eprintln!(
                "onionskin: {option} is not used: an inspector runs already (pid {})",
                running.pid
            );
        }
        Ok((running.url, None))
    }

    async fn start(&self, settings: &Settings) -> anyhow::Result<Inspector> {
        let config = Config {
            port: settings.port,
            socket: settings.socket.clone(),
            link: link::config(self.link.as_ref())?,
            memory: settings.memory << 20,
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
             watch it here          onionskin attach\n  \
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
        link::tell(inspector.links());
        otlp::tell(&inspector);
        Ok(inspector)
    }
}

/// What stays on the terminal after the UI. `ours`: the inspector ends with it.
fn farewell(url: &str, ours: bool) {
    let said = match ours {
        true => format!("The inspector has ended; its dashboard was at {url}"),
        false => format!("The inspector goes on; its dashboard is at {url}"),
    };
    // Where the terminal is gone nobody reads it.
    let _ = writeln!(io::stdout(), "{said}");
}

/// Puts a path of the command line, if there is one, in the place of another.
fn set(path: &mut PathBuf, given: &Option<PathBuf>) {
    if let Some(given) = given {
        path.clone_from(given);
    }
}

impl View {
    /// Puts what the command line says above the settings.
    fn apply(&self, settings: &mut Ui) {
        settings.theme = self.theme.unwrap_or(settings.theme);
        settings.ascii |= self.ascii;
    }

    /// Shows what the inspector at `url` has, until it is enough. `ours`: it ends with this.
    async fn run(
        self,
        url: String,
        socket: Option<PathBuf>,
        ui: Ui,
        notices: Vec<String>,
        ours: bool,
    ) -> anyhow::Result<()> {
        if self.is_headless() {
            return self.lines(url, ours, signals::ended()?).await;
        }
        let config = RunConfig {
            url: url.clone(),
            // One that was named by its URL is not looked for elsewhere.
            attached: !ours && socket.is_some(),
            socket,
            notices,
            ui,
        };
        let result = run(config, std::future::pending()).await;
        farewell(&url, ours);
        Ok(result?)
    }

    /// Whether lines are printed: also where there is no terminal.
    fn is_headless(&self) -> bool {
        self.is_asked_for_lines() || !io::stdout().is_terminal()
    }

    fn is_asked_for_lines(&self) -> bool {
        self.headless || self.json || self.count.is_some()
    }

    /// Prints lines until it is enough.
    async fn lines(
        self,
        url: String,
        ours: bool,
        ended: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        if !self.is_asked_for_lines() {
            eprintln!(
                "onionskin: standard output is no terminal: printing lines, as with --headless"
            );
        }
        eprintln!("onionskin: dashboard at {url}");
        let config = HeadlessConfig {
            url,
            json: self.json,
            count: self.count,
            history: if ours { usize::MAX } else { 0 },
            follow: true,
            ..HeadlessConfig::default()
        };
        headless::run(config, io::stdout().lock(), ended).await?;
        Ok(())
    }
}
