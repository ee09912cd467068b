//! `onionskin send`: cycles of an inspector to a collector or Jaeger.

use super::{Asked, Misuse};
use crate::{headless::named, signals};
use anyhow::{Context, bail};
use clap::Args;
use futures_util::StreamExt as _;
use onionskin::{
    otel::{Protocol, Settings},
    spans::Content,
    text,
};
use onionskin_web::{
    Client,
    client::{ClientError, List},
    export::Wanted,
    model::LiveEvent,
    sending::Sender,
};
use std::time::Duration;

/// Lines asked for at once.
const PAGE: usize = 1_000;

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
    /// The cycle with this id, or with these; `last` is the newest
    #[arg(long, value_name = "ID", conflicts_with_all = ["filter", "follow"])]
    id: Vec<String>,
    /// Only the cycles that match this filter
    #[arg(long, value_name = "FILTER", default_value = "")]
    filter: String,
    /// Go on with what comes, until interrupted
    #[arg(long)]
    follow: bool,
    /// How long a receiver that is away or asks for patience gets it; with --follow it always does
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        conflicts_with = "follow"
    )]
    wait: u64,
    /// The kept heads of bodies too
    #[arg(long)]
    bodies: bool,
    #[command(flatten)]
    asked: Asked,
}

const EXAMPLES: &str = "\
Examples:
  onionskin send http://127.0.0.1:4318 --filter 'status:>=500'
  onionskin send http://127.0.0.1:4317 --grpc --follow";

pub(super) async fn send(args: Send, configured: crate::config::Settings) -> anyhow::Result<()> {
    let settings = settings(&args)?;
    // Asked here, so that the error can point at the part that is wrong.
    Wanted::matching(&args.filter).context("the filter is not understood")?;
    let content = match args.bodies {
        true => Content::Bodies,
        false => Content::Record,
    };
    let patience = (!args.follow).then_some(Duration::from_secs(args.wait));
    let work = Work {
        client: Client::new(&args.asked.url(&configured)?)?,
        sender: Sender::new(settings, content, patience)?,
    };
    let ended = signals::ended()?;
    let result = tokio::select! {
        result = work.run(&args) => result,
        () = ended => match args.follow {
            true => Ok(()),
            false => Err(anyhow::anyhow!("interrupted")),
        },
    };
    let sent = work.sender.status();
    eprintln!("onionskin: {sent}");
    result?;
    if sent.lost() {
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
        None => Settings::from_env()?.ok_or_else(|| {
            let say = "say where to send it: onionskin send http://127.0.0.1:4318, or OTEL_EXPORTER_OTLP_ENDPOINT";
            Misuse(say.into()).into()
        }),
    }
}

struct Work {
    client: Client,
    sender: Sender,
}

impl Work {
    async fn run(&self, args: &Send) -> anyhow::Result<()> {
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
    async fn follow(&self, filter: &str, position: u64) -> anyhow::Result<()> {
        let events = self.client.live_matching(filter, Some(position)).await?;
        let mut events = events.ready_chunks(Sender::BATCH);
        while let Some(events) = events.next().await {
            let mut ids = Vec::new();
            for event in events {
                match event?.event {
                    LiveEvent::Cycle(listed) => ids.push(listed.cycle.id),
                    LiveEvent::Lagged { missed } => {
                        self.sender.wants(missed);
                        self.sender.misses(missed);
                    }
                    _ => {}
                }
            }
            self.all(&ids).await?;
        }
        bail!("the inspector has ended")
    }

    async fn all(&self, ids: &[String]) -> anyhow::Result<()> {
        self.sender.wants(ids.len() as u64);
        let mut waits = false;
        for ids in ids.chunks(Sender::BATCH) {
            let mut cycles = Vec::new();
            for id in ids {
                match named(&self.client, id).await? {
                    Some(cycle) => cycles.push(cycle),
                    None => self.sender.misses(1),
                }
            }
            let told = |why: &str| {
                if !std::mem::replace(&mut waits, true) {
                    let why = text::escape(why);
                    eprintln!("onionskin: the receiver takes nothing: {why}; the cycles wait");
                }
            };
            self.sender.send(cycles, told).await?;
        }
        Ok(())
    }
}
