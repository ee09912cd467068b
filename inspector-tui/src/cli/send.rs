//! `onionskin send`: cycles of an inspector to a collector or Jaeger.

use super::living;
use crate::{headless::whole, signals};
use anyhow::{Context, bail};
use clap::Args;
use futures_util::StreamExt as _;
use onionskin::{
    link::socket,
    otel::{Outlet, Protocol, Settings},
    spans::{Attribute, Content, Options, Span, encode},
    text,
};
use onionskin_web::{
    Client,
    client::{ClientError, List},
    model::LiveEvent,
};
use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

/// Cycles that are sent together, at most.
const BATCH: usize = 100;
/// Lines asked for at once.
const PAGE: usize = 1_000;
/// How long a receiver that asks for patience gets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Send cycles of the inspector that runs to a Collector or Jaeger, as OpenTelemetry traces
///
/// What was sent is the same however often it is sent, and comes back with `onionskin open jaeger:URL`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Send {
    /// Where it takes OTLP [default: what OTEL_EXPORTER_OTLP_ENDPOINT and its like say]
    url: Option<String>,
    /// Over gRPC instead of HTTP
    #[arg(long, requires = "url")]
    grpc: bool,
    /// The cycle with this id, or with these
    #[arg(long, value_name = "ID", conflicts_with_all = ["filter", "follow"])]
    id: Vec<String>,
    /// Only the cycles that match this filter
    #[arg(long, value_name = "FILTER", default_value = "")]
    filter: String,
    /// Go on with what comes, until interrupted
    #[arg(long)]
    follow: bool,
    /// The kept heads of bodies too
    #[arg(long)]
    bodies: bool,
    /// Socket of the inspector [default: $ONIONSKIN_SOCKET, or one in your runtime directory]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  onionskin send http://127.0.0.1:4318 --filter 'status:>=500'
  onionskin send http://127.0.0.1:4317 --grpc --follow";

pub(super) async fn send(args: Send) -> anyhow::Result<()> {
    let settings = settings(&args)?;
    let path = args.socket.clone().unwrap_or_else(socket::default_path);
    let mut sender = Sender {
        client: Client::new(&living(&path)?)?,
        outlet: Outlet::new(settings),
        options: Options {
            content: match args.bodies {
                true => Content::Bodies,
                false => Content::Record,
            },
            ..Options::default()
        },
        follows: args.follow,
        sum: Sum::default(),
    };
    let ended = signals::ended()?;
    let result = tokio::select! {
        result = sender.run(&args) => result,
        () = ended => match args.follow {
            true => Ok(()),
            false => Err(anyhow::anyhow!("interrupted")),
        },
    };
    eprintln!("onionskin: {}", sender.sum);
    result?;
    if sender.sum.lost() {
        bail!("not all of it was sent");
    }
    Ok(())
}

fn settings(args: &Send) -> anyhow::Result<Settings> {
    match &args.url {
        Some(url) => {
            let protocol = match args.grpc {
                true => Protocol::Grpc,
                false => Protocol::HttpProtobuf,
            };
            Ok(Settings::new(url, protocol)?)
        }
        None => Settings::from_env()?.context(
            "say where to send it: onionskin send http://127.0.0.1:4318, or OTEL_EXPORTER_OTLP_ENDPOINT",
        ),
    }
}

struct Sender {
    client: Client,
    outlet: Outlet,
    options: Options,
    /// Whether it goes on until interrupted, and so waits for a receiver however long it takes.
    follows: bool,
    sum: Sum,
}

/// What became of the cycles.
#[derive(Debug, Default)]
struct Sum {
    cycles: u64,
    spans: u64,
    bytes: u64,
    refused: u64,
    rejected_spans: u64,
    why: Option<String>,
    missing: u64,
}

impl Sum {
    fn lost(&self) -> bool {
        self.refused > 0 || self.rejected_spans > 0 || self.missing > 0
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cycles, spans, bytes) = (self.cycles, self.spans, self.bytes);
        write!(f, "{cycles} cycles sent as {spans} spans, {bytes} bytes")?;
        if self.refused > 0 {
            write!(f, "; {} cycles refused", self.refused)?;
        }
        if self.rejected_spans > 0 {
            write!(f, "; {} more spans refused", self.rejected_spans)?;
        }
        if self.missing > 0 {
            write!(
                f,
                "; {} cycles could not be had: they are not kept any more",
                self.missing
            )?;
        }
        match &self.why {
            Some(why) => write!(f, " ({})", text::escape(why)),
            None => Ok(()),
        }
    }
}

impl Sender {
    async fn run(&mut self, args: &Send) -> anyhow::Result<()> {
        if !args.id.is_empty() {
            return self.all(&args.id).await;
        }
        let (ids, until) = self.kept(&args.filter).await?;
        self.all(&ids).await?;
        match args.follow {
            true => self.follow(&args.filter, until).await,
            false => Ok(()),
        }
    }

    /// Ids of what is kept, oldest first, and the position up to which that is all.
    async fn kept(&self, filter: &str) -> Result<(Vec<String>, u64), ClientError> {
        let mut ids = Vec::new();
        let mut list = List {
            limit: Some(PAGE),
            filter,
            ..List::default()
        };
        loop {
            let page = self.client.list(&list).await?;
            ids.extend(page.cycles.into_iter().map(|listed| listed.cycle.id));
            let until = *list.until.get_or_insert(page.until);
            if page.next.is_none() {
                ids.reverse();
                return Ok((ids, until));
            }
            list.before = page.next;
        }
    }

    /// Sends what comes behind this position, as long as the inspector runs.
    async fn follow(&mut self, filter: &str, position: u64) -> anyhow::Result<()> {
        let events = self.client.live_matching(filter, Some(position)).await?;
        let mut events = events.ready_chunks(BATCH);
        while let Some(events) = events.next().await {
            let mut ids = Vec::new();
            for event in events {
                match event?.event {
                    LiveEvent::Cycle(listed) => ids.push(listed.cycle.id),
                    LiveEvent::Lagged { missed } => self.sum.missing += missed,
                    _ => {}
                }
            }
            self.batch(&ids).await?;
        }
        bail!("the inspector has ended")
    }

    async fn all(&mut self, ids: &[String]) -> anyhow::Result<()> {
        for ids in ids.chunks(BATCH) {
            self.batch(ids).await?;
        }
        Ok(())
    }

    async fn batch(&mut self, ids: &[String]) -> anyhow::Result<()> {
        let mut runs: BTreeMap<(String, String), Vec<Vec<Span>>> = BTreeMap::new();
        for id in ids {
            let Some(cycle) = whole(&self.client, id).await? else {
                self.sum.missing += 1;
                continue;
            };
            let spans = encode(&cycle, &self.options);
            let of_run = runs.entry((cycle.app, cycle.run)).or_default();
            of_run.push(spans);
        }
        for ((app, run), cycles) in runs {
            let resource = [
                Attribute::new("service.name", app),
                Attribute::new("service.instance.id", run),
            ];
            self.deliver(&resource, cycles).await?;
        }
        Ok(())
    }

    async fn deliver(
        &mut self,
        resource: &[Attribute],
        cycles: Vec<Vec<Span>>,
    ) -> anyhow::Result<()> {
        let count = cycles.len() as u64;
        let mut waits = false;
        let sent = loop {
            match self.outlet.send(resource, cycles.clone(), PATIENCE).await {
                Ok(sent) => break sent,
                Err(error) if self.follows => {
                    if !std::mem::replace(&mut waits, true) {
                        eprintln!("onionskin: {error}; the cycles wait");
                    }
                }
                Err(error) => return Err(error.into()),
            }
        };
        let refused = sent.refused.len() as u64;
        self.sum.cycles += count - refused;
        self.sum.spans += sent.spans;
        self.sum.bytes += sent.bytes;
        self.sum.refused += refused;
        self.sum.rejected_spans += sent.rejected_spans;
        self.sum.why = sent.why.or(self.sum.why.take());
        Ok(())
    }
}
