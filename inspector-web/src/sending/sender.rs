//! Cycles as spans to one receiver, and what became of them.

use crate::{export::resource, model::Sending};
use onionskin::{
    otel::{Outlet, SendError, Settings, SettingsError},
    spans::{Attribute, Content, Options, Span, encode},
    text,
    wire::Cycle,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Sends cycles to one receiver. Clones are the same, so that one of them can tell how it stands.
#[derive(Clone, Debug)]
pub struct Sender {
    outlet: Outlet,
    options: Options,
    /// How long a receiver that asks for patience gets it; none: as long as it wants.
    patience: Option<Duration>,
    said: Arc<Mutex<Sending>>,
}

impl Sender {
    /// Cycles that are best sent together, at most.
    pub const BATCH: usize = 100;

    /// A sender to this receiver. Nothing is sent yet. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// If the certificates or the key that the settings name are of no use.
    pub fn new(
        settings: Settings,
        content: Content,
        patience: Option<Duration>,
    ) -> Result<Self, SettingsError> {
        let said = Sending {
            endpoint: settings.shown(),
            protocol: settings.protocol.to_string(),
            running: true,
            follows: patience.is_none(),
            ..Sending::default()
        };
        Ok(Self {
            outlet: Outlet::new(settings)?,
            options: Options {
                content,
                ..Options::default()
            },
            patience,
            said: Arc::new(Mutex::new(said)),
        })
    }

    /// How it stands.
    pub fn status(&self) -> Sending {
        self.said().clone()
    }

    /// So many more cycles are to be sent.
    pub fn wants(&self, cycles: u64) {
        self.said().wanted += cycles;
    }

    /// So many of the cycles that were to be sent can't be had.
    pub fn misses(&self, cycles: u64) {
        self.said().missing += cycles;
    }

    /// Sends some cycles. `waits` is told why, each time it has to be tried again.
    ///
    /// # Errors
    /// If the receiver takes nothing, and its time is over. Some of it may have arrived; sending it again does no harm.
    pub async fn send(
        &self,
        cycles: Vec<Cycle>,
        mut waits: impl FnMut(&str) + Send,
    ) -> Result<(), SendError> {
        let mut runs: BTreeMap<(String, String), Vec<Vec<Span>>> = BTreeMap::new();
        for cycle in cycles {
            let spans = encode(&cycle, &self.options);
            runs.entry((cycle.app, cycle.run)).or_default().push(spans);
        }
        for ((app, run), cycles) in runs {
            let resource = resource(&app, &run);
            self.deliver(&resource, cycles, &mut waits).await?;
        }
        Ok(())
    }

    async fn deliver(
        &self,
        resource: &[Attribute],
        cycles: Vec<Vec<Span>>,
        waits: &mut (impl FnMut(&str) + Send),
    ) -> Result<(), SendError> {
        let count = cycles.len() as u64;
        let sent = self.outlet.deliver(resource, cycles, |why| {
            self.said().waits_because = Some(why.to_owned());
            waits(why);
        });
        let sent = match self.patience {
            None => sent.await,
            Some(patience) => match tokio::time::timeout(patience, sent).await {
                Ok(sent) => sent,
                Err(_) => {
                    let why = self.said().waits_because.take();
                    return Err(SendError::Unreachable {
                        why: why.unwrap_or_else(|| "it does not answer".into()),
                    });
                }
            },
        };
        let mut said = self.said();
        let refused = sent.refused.len() as u64;
        said.cycles += count - refused;
        said.spans += sent.spans;
        said.bytes += sent.bytes;
        said.refused += refused;
        said.rejected_spans += sent.rejected_spans;
        said.refused_because = sent.why.or(said.refused_because.take());
        said.waits_because = None;
        Ok(())
    }

    /// It is over, and why if it is not done.
    pub(super) fn ends(&self, because: Option<String>) {
        let mut said = self.said();
        said.running = false;
        said.stopped_because = because;
    }

    fn said(&self) -> MutexGuard<'_, Sending> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sending {
    /// Cycles that were to be sent and are not.
    pub fn left(&self) -> u64 {
        let done = self.cycles + self.refused + self.missing;
        self.wanted.saturating_sub(done)
    }

    /// Whether something was refused, or not kept any more.
    pub fn lost(&self) -> bool {
        self.refused + self.rejected_spans + self.missing > 0
    }
}

/// What became of the cycles, as a line of text for people. What others said is escaped.
impl fmt::Display for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cycles = text::counted(self.cycles, "cycle");
        let spans = text::counted(self.spans, "span");
        write!(f, "{cycles} sent as {spans}, {} bytes", self.bytes)?;
        for (count, thing, what) in [
            (self.left(), "cycle", "not sent"),
            (self.refused, "cycle", "refused"),
            (self.rejected_spans, "more span", "refused"),
            (self.missing, "cycle", "could not be had: not kept any more"),
        ] {
            if count > 0 {
                write!(f, "; {} {what}", text::counted(count, thing))?;
            }
        }
        match &self.refused_because {
            Some(why) => write!(f, " ({})", text::escape(why)),
            None => Ok(()),
        }
    }
}
