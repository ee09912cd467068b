//! `onionskin open jaeger:URL`.

use super::{
    super::{Misuse, NOTHING, print, units},
    Open,
};
use crate::config::Settings;
use anyhow::bail;
use onionskin::{
    spans::{Flaw, TraceId, to_json},
    text,
    wire::Cycle,
};
use onionskin_web::{
    jaeger::{self, Jaeger, Trace},
    recording::OpenedFile,
};
use std::{process::ExitCode, time::Duration};

/// How long a trace that was asked for by its id may take to be stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// Traces of other apps that are named where there is nothing else.
const NAMED: usize = 10;

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

pub(super) async fn run(url: &str, args: Open, settings: Settings) -> anyhow::Result<ExitCode> {
    let jaeger = Jaeger::new(url)?;
    if let Some(id) = &args.print {
        let id: TraceId = id.parse().map_err(|_| {
            let id = text::escape(id);
            Misuse(format!(
                "{id} is no trace id: that has 32 hexadecimal digits"
            ))
        })?;
        let Some(trace) = jaeger.whole_trace(id, PATIENCE).await? else {
            eprintln!("onionskin: Jaeger at {url} has no trace {id}");
            return Ok(ExitCode::from(NOTHING));
        };
        print(printed(&trace, args.view.json)?.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let search = jaeger::Search {
        service: args.search.service.clone(),
        since: args.search.since,
        limit: args.search.limit as usize,
        attributes: args.search.attribute.clone(),
    };
    let traces = jaeger.search(&search).await?;
    let found = Sorted::of(&traces);
    if found.cycles.is_empty() {
        found.say_nothing_to_show(&args.what);
        return Ok(ExitCode::from(NOTHING));
    }
    let mut notes = vec![found.summary()];
    notes.extend(found.flawed);
    let batches = traces.iter().flat_map(|trace| &trace.batches);
    let opened = OpenedFile::of_cycles(found.cycles, &args.what, notes, batches);
    super::shown(args, settings, opened).await
}

/// What was found, told apart.
struct Sorted {
    cycles: Vec<Cycle>,
    /// Cycles that are not whole, and why.
    flawed: Vec<String>,
    /// Traces of other apps.
    foreign: Vec<TraceId>,
}

impl Sorted {
    fn of(traces: &[Trace]) -> Self {
        let mut sorted = Self {
            cycles: Vec::new(),
            flawed: Vec::new(),
            foreign: Vec::new(),
        };
        for trace in traces {
            let cycles = trace.cycles();
            if cycles.is_empty() {
                sorted.foreign.push(trace.id);
            }
            for found in cycles {
                match found.cycle {
                    Ok(cycle) => sorted.cycles.push(cycle),
                    Err(flaw) => sorted.flawed.push(said(&found.id, trace.id, &flaw)),
                }
            }
        }
        // As they would have come: Jaeger gives the newest first.
        let ended = |cycle: &Cycle| {
            cycle
                .started_unix_us
                .saturating_add(cycle.duration_ns / 1_000)
        };
        sorted.cycles.sort_by_key(ended);
        sorted
    }

    fn summary(&self) -> String {
        let mut summary = text::counted(self.cycles.len() as u64, "cycle");
        if !self.flawed.is_empty() {
            summary += &format!(", {} that can't be replayed", self.flawed.len());
        }
        if !self.foreign.is_empty() {
            let traces = text::counted(self.foreign.len() as u64, "trace");
            summary += &format!(", {traces} of other apps (spans only)");
        }
        summary
    }

    /// Says what there is instead of cycles, and how to see it.
    fn say_nothing_to_show(&self, what: &str) {
        eprintln!("onionskin: {}", self.summary());
        for flaw in &self.flawed {
            eprintln!("onionskin: {flaw}");
        }
        for id in self.foreign.iter().take(NAMED) {
            eprintln!("onionskin: spans only: onionskin open {what} --print {id}");
        }
        if self.flawed.is_empty() && self.foreign.is_empty() {
            eprintln!(
                "onionskin: no trace is as it was asked for; --since 1d looks further back than an hour"
            );
        }
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
