//! What the `bookshop` command does: opens the shop, lets visitors in, and shows their cycles.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Parser;
use onionskin_tui::{
    HeadlessConfig, RunConfig,
    config::{self, Settings},
    headless, signals,
};
use onionskin_web::{Client, Config, Inspector, model::Run};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::cli::Args;
use crate::shop::{self, RunningShop};
use crate::visitors;

/// How long everything that is on its way may take to arrive when the visits are made.
const SETTLE: Duration = Duration::from_secs(10);

/// Runs the command with the arguments of this process.
///
/// # Errors
/// When the shop can't be opened, or no inspector can be started or reached.
pub async fn run() -> anyhow::Result<()> {
    let mut args = Args::parse();
    let asked = args.headless || args.print.is_some();
    if !asked && !io::stdout().is_terminal() {
        eprintln!("bookshop: standard output is no terminal: printing lines, as with --headless");
    }
    args.headless = asked || !io::stdout().is_terminal();
    tracing_subscriber::registry()
        .with(axum::log_layer())
        .init();

    // With `OTEL_EXPORTER_OTLP_ENDPOINT` every cycle goes to a collector too.
    let otel = axum::otel::init();

    let mut watch = Watch::start(&args).await?;
    let shop = shop::start(args.shop()).await?;
    watch.notices.insert(0, format!("shop {}", shop.url()));
    if args.port != 0 && args.port != shop.addr().port() {
        watch.notices.push(format!("port {} was taken", args.port));
    }
    let result = if args.headless {
        watch.headless(&args, shop).await
    } else {
        watch.ui(&args, shop).await
    };
    if let Some(inspector) = watch.inspector {
        inspector.shutdown().await;
    }
    let ended = tokio::task::spawn_blocking(|| otel.shutdown(SETTLE)).await?;
    if ended.counters.offered > 0 {
        eprintln!("bookshop: {}", sent(&ended));
    }
    result
}

/// What became of the cycles that were to go to a collector.
fn sent(ended: &axum::otel::Left) -> String {
    let c = &ended.counters;
    let lost = c.rejected + c.dropped.values().sum::<u64>();
    let mut said = format!(
        "{} cycles sent as {} spans, {} bytes; {lost} lost",
        c.sent, c.spans, c.bytes
    );
    if c.rejected_spans > 0 {
        said += &format!("; {} spans of them refused", c.rejected_spans);
    }
    if let Some(why) = ended.why.as_ref().filter(|_| lost + c.rejected_spans > 0) {
        said += &format!(": {why}");
    }
    said
}

/// The inspector that watches the shop.
struct Watch {
    url: String,
    /// Ours; none if one was running already.
    inspector: Option<Inspector>,
    notices: Vec<String>,
}

impl Watch {
    /// Starts an inspector, or takes the one that is running: the shop attaches itself to it.
    async fn start(args: &Args) -> anyhow::Result<Self> {
        let config = Config {
            port: args.inspector_port,
            ..Config::default()
        };
        match onionskin_web::start(config).await {
            Ok(inspector) => {
                let taken = inspector
                    .port_was_taken()
                    .map(|port| format!("port {port} was taken"));
                Ok(Self {
                    url: inspector.url().to_owned(),
                    inspector: Some(inspector),
                    notices: taken.into_iter().collect(),
                })
            }
            Err(onionskin_web::Error::AlreadyRunning {
                running: Some(running),
                ..
            }) => Ok(Self {
                url: running.url,
                inspector: None,
                notices: vec![format!(
                    "shown by the inspector that runs already (pid {})",
                    running.pid
                )],
            }),
            Err(error) => Err(error).context("can't start the inspector"),
        }
    }

    /// Shows the UI until its user leaves.
    async fn ui(&self, args: &Args, shop: RunningShop) -> anyhow::Result<()> {
        let (Settings { ui, .. }, _) = config::load(None)?;
        let visiting = args
            .visitors()
            .map(|config| tokio::spawn(visitors::run(shop.addr(), config)));
        let config = RunConfig {
            url: self.url.clone(),
            notices: self.notices.clone(),
            ui,
            ..RunConfig::default()
        };
        let shown = onionskin_tui::run(config, std::future::pending()).await;
        // Where the terminal is gone nobody reads it.
        let said = format!("The shop is closed. Its cycles were shown at {}", self.url);
        let _ = writeln!(io::stdout(), "{said}");
        if let Some(visiting) = visiting {
            visiting.abort();
        }
        shop.stop().await?;
        Ok(shown?)
    }

    /// Prints lines, or one timeline.
    async fn headless(&self, args: &Args, shop: RunningShop) -> anyhow::Result<()> {
        eprintln!("bookshop: {}", self.notices.join(", "));
        eprintln!("bookshop: dashboard at {}", self.url);
        let lines = Arc::new(AtomicU64::new(0));
        let visited = async {
            let wait_for_end = signals::ended()?;
            let Some(config) = args.visitors() else {
                wait_for_end.await;
                return shop.stop().await.map(|()| None);
            };
            let visits = config.visits;
            let ended = tokio::select! {
                report = visitors::run(shop.addr(), config) => report.map(|_| visits.is_some())?,
                () = wait_for_end => false,
            };
            shop.stop().await?;
            Ok::<_, anyhow::Error>(if ended {
                Some(self.settled().await?)
            } else {
                None
            })
        };
        if args.print.is_some() {
            visited.await?;
            let text = headless::timeline(&self.url, None)
                .await?
                .context("nobody came: there is no cycle to print")?;
            return Ok(io::stdout().write_all(text.as_bytes())?);
        }
        let config = HeadlessConfig {
            url: self.url.clone(),
            history: if self.inspector.is_some() {
                usize::MAX
            } else {
                0
            },
            follow: true,
            ..HeadlessConfig::default()
        };
        let out = Lines {
            out: io::stdout().lock(),
            count: lines.clone(),
        };
        let mut result = Ok(());
        let all_printed = async {
            match visited.await {
                Ok(Some(run)) => {
                    wait(|| async { Ok(lines.load(Ordering::Relaxed) >= run.counters.stored) })
                        .await
                        .unwrap_or_default()
                }
                Ok(None) => {}
                Err(error) => result = Err(error),
            }
        };
        headless::run(config, out, all_printed).await?;
        result
    }

    /// Waits until every cycle of this process is with the inspector, and says what became of them.
    async fn settled(&self) -> anyhow::Result<Run> {
        tokio::task::spawn_blocking(|| axum::flush(SETTLE)).await?;
        let client = Client::new(&self.url)?;
        let mut ours = None;
        wait(async || {
            let seen = axum::counters().seen;
            let apps = client.apps().await?;
            ours = apps
                .into_iter()
                .flat_map(|app| app.runs)
                .find(|run| run.pid == std::process::id());
            Ok(ours
                .as_ref()
                .is_some_and(|run| run.counters.seen == seen && run.counters.open == 0))
        })
        .await?;
        ours.context("the inspector does not know the shop: is ONIONSKIN=off set?")
    }
}

/// Asks until the answer is yes, or for [`SETTLE`].
async fn wait(mut is_done: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + SETTLE;
    while !is_done().await? && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Counts the lines that go out.
struct Lines<W> {
    out: W,
    count: Arc<AtomicU64>,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let lines = bytes[..written].iter().filter(|b| **b == b'\n').count();
        self.count.fetch_add(lines as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
