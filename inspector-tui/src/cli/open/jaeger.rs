//! `onionskin open jaeger:URL`.

use super::{super::units, Open};
use crate::config::Settings;
use anyhow::{Context, anyhow, bail};
use onionskin::{
    spans::{Flaw, TraceId, to_json},
    text,
};
use onionskin_web::{
    jaeger::{self, Jaeger, Trace},
    recording::OpenedFile,
};
use std::time::Duration;

/// How long a trace that was asked for by its id may take to be stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which traces are opened.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Of Jaeger")]
pub(super) struct Search {
    /// Only of this service [default: all that Jaeger knows]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Begun at most so long ago: 90s, 15m, 1h, 2d
    #[arg(long, value_name = "AGE", default_value = "1h", value_parser = units::age)]
    since: Duration,
    /// So many traces at most, the newest
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only with a span that has this attribute: http.route=/books/{id}
    #[arg(long, value_name = "KEY=VALUE", value_parser = attribute)]
    attribute: Vec<(String, String)>,
}

pub(super) async fn run(url: &str, args: Open, settings: Settings) -> anyhow::Result<()> {
    let jaeger = Jaeger::new(url)?;
    if let Some(id) = &args.print {
        let id: TraceId = id
            .parse()
            .map_err(|why| anyhow!("{id:?} is no trace id: {why}"))?;
        let trace = jaeger.whole_trace(id, PATIENCE).await?;
        let trace = trace.with_context(|| format!("Jaeger at {url} has no trace {id}"))?;
        return super::super::print(printed(&trace, args.view.json)?.as_bytes());
    }
    let search = jaeger::Search {
        service: args.search.service.clone(),
        since: args.search.since,
        limit: args.search.limit as usize,
        attributes: args.search.attribute.clone(),
    };
    let found = Sorted::of(&jaeger.search(&search).await?);
    let mut notes = vec![found.summary()];
    notes.extend(found.flawed);
    let opened = OpenedFile::of_cycles(found.cycles, &args.what, notes);
    super::shown(args, settings, opened).await
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

fn attribute(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("KEY=VALUE, such as http.route=/books/{id}")?;
    Ok((key.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_and_nonsense_is_refused() {
        assert_eq!(attribute("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(attribute("a").is_err() && attribute("=b").is_err());
    }
}
