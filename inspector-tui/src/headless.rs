//! Cycles as lines, without a terminal.

use crate::error::Error;
use futures_util::StreamExt;
use onionskin::{text, wire::Cycle};
use onionskin_web::{
    Client,
    client::{ClientError, List},
    model::{ListedCycle, LiveEvent},
};
use std::{
    future::Future,
    io::{self, Write},
    pin::pin,
    time::Duration,
};

/// Cycles asked for at once.
const PAGE: usize = 1_000;
/// How long to wait before an inspector that did not answer is asked again, and how often.
const RETRY: Duration = Duration::from_millis(500);
const TRIES: u32 = 10;

/// What is to be printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadlessConfig {
    /// URL of the inspector, its token in the fragment.
    pub url: String,
    /// Each cycle whole, as one JSON object a line.
    pub json: bool,
    /// Only the cycles that match this filter: docs/FILTER.md.
    pub filter: String,
    /// End after so many cycles.
    pub count: Option<u64>,
    /// How many of the newest cycles that the inspector has already are printed first, oldest of them first.
    pub history: usize,
    /// Go on with what comes.
    pub follow: bool,
}

/// Prints a line for each cycle until `shutdown` resolves, the count is reached, nobody reads `out` any more, or all that was
/// asked for is printed. Returns how many were.
///
/// # Errors
/// If the filter is not understood, the inspector does not answer for some seconds, or `out` can't be written.
pub async fn run(
    config: HeadlessConfig,
    out: impl Write,
    shutdown: impl Future<Output = ()>,
) -> Result<u64, Error> {
    let client = Client::new(&config.url)?;
    let mut printer = Printer {
        printed: 0,
        client,
        config,
        out,
        last: None,
    };
    tokio::select! {
        () = pin!(shutdown) => {}
        result = printer.run() => result?,
    }
    Ok(printer.printed)
}

/// A cycle's timeline as text: of the cycle with this id, or of the newest. None if there is no such cycle.
///
/// # Errors
/// If the inspector does not answer.
pub async fn timeline(url: &str, id: Option<&str>) -> Result<Option<String>, Error> {
    let client = Client::new(url)?;
    let cycle = named(&client, id.unwrap_or(NEWEST)).await?;
    Ok(cycle.map(|c| text::timeline(&c).to_string()))
}

/// What the newest cycle is called where an id is asked for.
pub(crate) const NEWEST: &str = "last";

/// The cycle with this id, or the newest, if there is one.
pub(crate) async fn named(client: &Client, id: &str) -> Result<Option<Cycle>, ClientError> {
    if id != NEWEST {
        return whole(client, id).await;
    }
    match client.cycles(1, None, None).await?.cycles.pop() {
        Some(listed) => whole(client, &listed.cycle.id).await,
        None => Ok(None),
    }
}

/// A cycle, if the inspector has it still.
pub(crate) async fn whole(client: &Client, id: &str) -> Result<Option<Cycle>, ClientError> {
    match client.cycle(id).await {
        Ok(cycle) => Ok(Some(cycle)),
        Err(ClientError::Refused(problem)) if problem.status == 404 => Ok(None),
        Err(e) => Err(e),
    }
}

struct Printer<W> {
    client: Client,
    config: HeadlessConfig,
    out: W,
    printed: u64,
    /// Position of the last cycle printed.
    last: Option<u64>,
}

/// Why printing stopped.
enum Stop {
    /// All that was wanted is printed, or nobody reads it.
    Done,
    Client(ClientError),
    Output(io::Error),
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Done,
            _ => Self::Output(error),
        }
    }
}

impl<W: Write> Printer<W> {
    async fn run(&mut self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let before = self.last;
            let error = match self.once().await {
                Ok(()) => None,
                Err(Stop::Done) => return Ok(()),
                Err(Stop::Output(error)) => return Err(Error::Output(error)),
                // It will say the same again.
                Err(Stop::Client(ClientError::Refused(why))) if why.status < 500 => {
                    return Err(ClientError::Refused(why).into());
                }
                Err(Stop::Client(error)) => Some(error),
            };
            tries = if self.last == before { tries + 1 } else { 0 };
            if let Some(error) = error.filter(|_| tries >= TRIES) {
                return Err(error.into());
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Prints what is there, and what comes on one connection.
    async fn once(&mut self) -> Result<(), Stop> {
        if self.config.count == Some(self.printed) {
            return Err(Stop::Done);
        }
        if !self.config.follow {
            self.history().await?;
            return Err(Stop::Done);
        }
        let filter = &self.config.filter;
        let mut events = self.client.live_matching(filter, self.last).await?;
        if self.last.is_none() {
            self.history().await?;
        }
        while let Some(event) = events.next().await {
            match event?.event {
                LiveEvent::Cycle(cycle) => self.print(&cycle).await?,
                LiveEvent::Lagged { missed } => {
                    let missed = text::counted(missed, "cycle");
                    eprintln!("onionskin: {missed} not printed: they came too fast");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Prints what the inspector had before it was asked for live events, oldest first.
    async fn history(&mut self) -> Result<(), Stop> {
        let mut all = Vec::new();
        let mut before = None;
        while all.len() < self.config.history {
            let list = List {
                limit: Some(PAGE.min(self.config.history - all.len())),
                before,
                filter: &self.config.filter,
                ..List::default()
            };
            let page = self.client.list(&list).await?;
            all.extend(page.cycles);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        for cycle in all.iter().rev() {
            self.print(cycle).await?;
        }
        Ok(())
    }

    async fn print(&mut self, listed: &ListedCycle) -> Result<(), Stop> {
        if self.last.is_some_and(|last| listed.position <= last) {
            return Ok(());
        }
        if self.config.json {
            let id = &listed.cycle.id;
            let Some(cycle) = whole(&self.client, id).await? else {
                eprintln!("onionskin: cycle {id} made room for newer ones before it was printed");
                return Ok(());
            };
            let json = serde_json::to_string(&cycle).map_err(io::Error::from)?;
            writeln!(self.out, "{json}")?;
        } else {
            writeln!(self.out, "{}", text::line(&listed.cycle))?;
        }
        self.out.flush()?;
        self.last = Some(listed.position);
        self.printed += 1;
        match self.config.count == Some(self.printed) {
            true => Err(Stop::Done),
            false => Ok(()),
        }
    }
}
