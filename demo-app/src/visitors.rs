//! People who visit the shop: simulated, seeded, over real sockets.
//!
//! Modules, in reading order: `kind` (every sort of request they make), `errand` (what people do one after the other),
//! [`Plan`] (who does what when), `browser` (one visitor's HTTP client), `headers` (what browsers send along).
//!
//! Who asks for what in which order follows from the seed alone. When it arrives does not: visitors wait for answers.

mod browser;
mod errand;
mod headers;
mod kind;
mod plan;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use self::browser::{Ending, Visited};
pub use self::kind::Kind;
pub use self::plan::{OPENING_VISITS, Plan, Visit};

use self::browser::Browser;
use crate::chance::Chance;

/// How many visits a visitor may be behind before the others wait: a slow shop is not flooded.
const PATIENCE: usize = 8;

/// Who comes, and how often.
#[derive(Clone, Debug)]
pub struct VisitorConfig {
    /// What order and choices follow from.
    pub seed: u64,
    /// How many requests to make; `None` goes on until the future is dropped.
    pub visits: Option<u64>,
    /// The mean time between two requests of all visitors together.
    pub pace: Duration,
    /// How many people, each with a browser, a cookie jar and connections of their own.
    pub people: usize,
    /// The key for changes over the API; the shop's `api_key`.
    pub api_key: String,
    /// Where every finished request is reported, when somebody wants to know.
    pub log: Option<mpsc::UnboundedSender<Visited>>,
}

impl Default for VisitorConfig {
    /// Seed 7, endless, four requests a second, twelve people.
    fn default() -> Self {
        Self {
            seed: 7,
            visits: None,
            pace: Duration::from_millis(250),
            people: 12,
            api_key: crate::shop::ShopConfig::default().api_key,
            log: None,
        }
    }
}

/// What came of the visits.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many requests were made.
    pub made: u64,
    /// The same, by kind.
    pub by_kind: BTreeMap<Kind, u64>,
    /// Those that ended otherwise than their kind should.
    pub surprises: Vec<Visited>,
}

impl Report {
    fn add(&mut self, visited: Visited) {
        self.made += 1;
        *self.by_kind.entry(visited.visit.kind).or_default() += 1;
        // A shop that is down for a night must not fill the memory.
        if !visited.as_expected() && self.surprises.len() < 1000 {
            self.surprises.push(visited);
        }
    }

    fn merge(&mut self, other: Self) {
        self.made += other.made;
        for (kind, count) in other.by_kind {
            *self.by_kind.entry(kind).or_default() += count;
        }
        self.surprises.extend(other.surprises);
    }
}

/// Visits the shop at `addr`. Dropping the future sends everybody home at once.
///
/// # Errors
/// When an HTTP client cannot be made. A shop that does not answer is no error: it is in the [`Report`].
pub async fn run(addr: SocketAddr, config: VisitorConfig) -> anyhow::Result<Report> {
    let people = config.people.max(1);
    let mut tasks = JoinSet::new();
    let mut errands = Vec::with_capacity(people);
    for number in 0..people {
        let browser = Browser::new(addr, number, &config.api_key)
            .context("cannot make the HTTP client of a visitor")?;
        let (give, take) = mpsc::channel(PATIENCE);
        errands.push(give);
        tasks.spawn(visit_all(browser, take, config.log.clone()));
    }
    let plan = Plan::new(config.seed, people);
    let mut rhythm = Chance::new(!config.seed);
    for visit in plan.take(usize::try_from(config.visits.unwrap_or(u64::MAX)).unwrap_or(usize::MAX))
    {
        tokio::time::sleep(uneven(config.pace, &mut rhythm)).await;
        errands[visit.visitor]
            .send(visit)
            .await
            .context("a visitor's task ended early")?;
    }
    drop(errands);
    let mut report = Report::default();
    while let Some(visited) = tasks.join_next().await {
        report.merge(visited.context("a visitor's task panicked")?);
    }
    Ok(report)
}

/// Between half and one and a half of `pace`: people do not keep time.
fn uneven(pace: Duration, rhythm: &mut Chance) -> Duration {
    let percent = 50 + u32::try_from(rhythm.below(101)).unwrap_or(50);
    pace * percent / 100
}

async fn visit_all(
    mut browser: Browser,
    mut errands: mpsc::Receiver<Visit>,
    log: Option<mpsc::UnboundedSender<Visited>>,
) -> Report {
    let mut report = Report::default();
    while let Some(visit) = errands.recv().await {
        let visited = browser.visit(visit).await;
        if let Some(log) = &log {
            // Nobody reads it any more: no reason to stop visiting.
            let _ = log.send(visited.clone());
        }
        report.add(visited);
    }
    report
}
