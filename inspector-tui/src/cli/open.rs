//! `onionskin open`: cycles that are kept elsewhere.

use crate::run::{RunConfig, run};
use anyhow::{Context, bail};
use clap::Args;
use onionskin::{
    spans::{Flaw, TraceId, to_json},
    text,
};
use onionskin_web::{
    Config,
    jaeger::{self, Jaeger, Search, Trace},
};
use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

/// How long a trace that was asked for by its id may take to be stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// Open cycles that were sent to Jaeger
///
/// They are shown as live ones are, step for step. Traces of apps without Onionskin have no deltas: they are counted, and
/// `--print TRACE_ID` shows their spans.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// jaeger:URL, the URL of Jaeger's UI: jaeger:http://127.0.0.1:16686
    target: String,
    /// Only of this service [default: all that Jaeger knows]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Begun at most so long ago: 90s, 15m, 1h, 2d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    since: Duration,
    /// So many traces at most, the newest
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only with a span that has this attribute: http.route=/books/{id}
    #[arg(long, value_name = "KEY=VALUE", value_parser = attribute)]
    attribute: Vec<(String, String)>,
    /// Print the cycles of one trace as text, or as JSON with --json, and end
    #[arg(long, value_name = "TRACE_ID")]
    print: Option<TraceId>,
    /// Print each cycle that is found as one JSON object a line, and end
    #[arg(long)]
    json: bool,
    /// Print a line for each cycle that is found, and end
    #[arg(long)]
    headless: bool,
}

pub(super) async fn open(args: Open) -> anyhow::Result<()> {
    let Some(url) = args.target.strip_prefix("jaeger:") else {
        bail!(
            "can't open {:?}: give jaeger: and the URL of Jaeger's UI, such as jaeger:http://127.0.0.1:16686",
            args.target
        );
    };
    let jaeger = Jaeger::new(url)?;
    let mut out = io::stdout().lock();
    if let Some(id) = args.print {
        let trace = jaeger.whole_trace(id, PATIENCE).await?;
        let trace = trace.with_context(|| format!("Jaeger at {url} has no trace {id}"))?;
        return Ok(write!(out, "{}", printed(&trace, args.json)?)?);
    }
    let search = Search {
        service: args.service,
        since: args.since,
        limit: args.limit as usize,
        attributes: args.attribute,
    };
    let traces = jaeger.search(&search).await?;
    let found = Sorted::of(&traces);
    if args.json || args.headless || !io::stdout().is_terminal() {
        eprintln!("onionskin: {}", found.summary());
        for flawed in &found.flawed {
            eprintln!("onionskin: {flawed}");
        }
        for cycle in found.cycles.iter().rev() {
            match args.json {
                true => writeln!(out, "{}", serde_json::to_string(cycle)?)?,
                false => writeln!(out, "{}", text::line(&cycle.summary()))?,
            }
        }
        return Ok(());
    }
    drop(out);
    show(url, found).await
}

/// Shows cycles in the UI, with an inspector of their own.
async fn show(url: &str, found: Sorted) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("onionskin-open-{}", std::process::id()));
    let socket = folder.join("link.sock");
    let inspector = onionskin_web::start(Config {
        socket: socket.clone(),
        ..Config::default()
    })
    .await?;
    let mut notices = vec![found.summary()];
    notices.extend(found.flawed);
    let fed = jaeger::feed(&socket, &format!("jaeger:{url}"), found.cycles).await?;
    let refused = fed.refused.into_iter();
    notices.extend(refused.map(|(what, why)| format!("{what}: {why}")));
    let config = RunConfig {
        url: inspector.url().to_owned(),
        socket: Some(socket),
        notices,
    };
    let result = run(config, std::future::pending()).await;
    inspector.shutdown().await;
    let _ = std::fs::remove_dir(&folder);
    Ok(result?)
}

/// What was found, told apart.
struct Sorted {
    cycles: Vec<onionskin::wire::Cycle>,
    /// Cycles that are not whole, and why.
    flawed: Vec<String>,
    /// Traces of other apps.
    foreign: usize,
}

impl Sorted {
    fn of(traces: &[Trace]) -> Self {
        let mut sorted = Self {
            cycles: Vec::new(),
            flawed: Vec::new(),
            foreign: 0,
        };
        for trace in traces {
            let cycles = trace.cycles();
            sorted.foreign += usize::from(cycles.is_empty());
            for found in cycles {
                match found.cycle {
                    Ok(cycle) => sorted.cycles.push(cycle),
                    Err(flaw) => sorted.flawed.push(said(&found.id, trace.id, &flaw)),
                }
            }
        }
        sorted
    }

    fn summary(&self) -> String {
        let mut summary = format!("{} cycles", self.cycles.len());
        if !self.flawed.is_empty() {
            summary += &format!(", {} that can't be replayed", self.flawed.len());
        }
        if self.foreign > 0 {
            summary += &format!(", {} traces of other apps (spans only)", self.foreign);
        }
        summary
    }
}

fn said(id: &str, trace: TraceId, flaw: &Flaw) -> String {
    format!("cycle {} of trace {trace}: {flaw}", text::escape(id))
}

/// All of one trace.
fn printed(trace: &Trace, json: bool) -> anyhow::Result<String> {
    let found = trace.cycles();
    if found.is_empty() {
        return Ok(match json {
            true => format!("{}\n", to_json(&trace.batches)),
            false => jaeger::waterfall(trace),
        });
    }
    let mut out = String::new();
    let mut whole = 0;
    for found in found {
        match found.cycle {
            Ok(cycle) => {
                whole += 1;
                out += &match json {
                    true => format!("{}\n", serde_json::to_string(&cycle)?),
                    false => text::timeline(&cycle).to_string(),
                };
            }
            Err(flaw) => eprintln!("onionskin: {}", said(&found.id, trace.id, &flaw)),
        }
    }
    if whole == 0 {
        bail!("trace {} has no cycle that can be replayed", trace.id);
    }
    Ok(out)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || String::from("a number and s, m, h or d, such as 15m");
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wanted)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wanted()),
    };
    let number: u64 = number.parse().map_err(|_| wanted())?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

fn attribute(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("KEY=VALUE, such as http.route=/books/{id}")?;
    Ok((key.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_attributes_are_read_and_nonsense_is_refused() {
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("2d"), Ok(Duration::from_secs(172_800)));
        for bad in ["", "h", "5", "5ms", "-1h", "5ö"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(attribute("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(attribute("a").is_err() && attribute("=b").is_err());
    }
}
