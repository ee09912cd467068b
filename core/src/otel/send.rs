//! Requests, one after the other, until the receiver has taken them.

mod connect;
mod grpc;
mod http;
mod pace;

use super::{Protocol, Settings, SettingsError, proto};
use crate::spans::{Attribute, Span};
pub(super) use connect::{Connector, connector};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest},
    trace::v1 as message,
};
use pace::Pace;
use prost::Message as _;
use std::{
    collections::{BTreeSet, VecDeque},
    error::Error,
    fmt,
    time::Duration,
};

/// Most bytes of a request before compression: gRPC servers take 4 MiB, HTTP ones 20.
const MOST_GRPC: usize = 3 << 20;
const MOST_HTTP: usize = 16 << 20;

/// What a receiver makes of one request.
#[derive(Debug)]
enum Answer {
    /// It has it; some of the spans it may have refused.
    Taken(Option<ExportTracePartialSuccess>),
    /// It may take it later.
    Later {
        after: Option<Duration>,
        why: String,
    },
    /// It takes no request of this size.
    TooLarge { why: String },
    /// It will never take it.
    Refused { why: String },
}

/// What is said of an error, and what it came from.
fn chain(mut said: String, error: &dyn Error) -> String {
    let mut source = error.source();
    while let Some(error) = source {
        said += &format!(": {error}{}", connect::advice(error));
        source = error.source();
    }
    said
}

/// What became of spans that were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Spans that the receiver has.
    pub spans: u64,
    /// Bytes of the requests it took, before compression.
    pub bytes: u64,
    /// Requests it took.
    pub requests: u64,
    /// Spans that it refused in an answer that was otherwise good.
    pub rejected_spans: u64,
    /// Cycles that it refused, by their place in what was given.
    pub refused: BTreeSet<usize>,
    /// What it said about what it refused, last.
    pub why: Option<String>,
}

/// Why spans were not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The receiver was asked as long as there was time for.
    Unreachable {
        /// What was wrong at the last attempt.
        why: String,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { why } => write!(f, "the receiver takes nothing: {why}"),
        }
    }
}

impl Error for SendError {}

/// A receiver.
#[derive(Clone, Debug)]
pub struct Outlet {
    wire: Wire,
    settings: Settings,
}

#[derive(Clone, Debug)]
enum Wire {
    Http(http::Http),
    Grpc(grpc::Grpc),
}

impl Outlet {
    /// The receiver of these settings. Nothing is sent yet. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// If it is behind `https`, and the certificates or the key for that are of no use.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let connector = connector(&settings)?;
        Ok(Self::over(connector, settings))
    }

    /// The same, with what opens its connections.
    pub(super) fn over(connector: Connector, settings: Settings) -> Self {
        let wire = match settings.protocol {
            Protocol::Grpc => Wire::Grpc(grpc::Grpc::new(connector, &settings)),
            _ => Wire::Http(http::Http::new(connector)),
        };
        Self { wire, settings }
    }

    /// Where it is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends the spans of some cycles, for at most `patience`: again and again while the receiver asks for that.
    ///
    /// # Errors
    /// If it could not be done in that time. Some of it may have arrived; sending it again does no harm.
    pub async fn send(
        &self,
        resource: &[Attribute],
        cycles: Vec<Vec<Span>>,
        patience: Duration,
    ) -> Result<Sent, SendError> {
        let mut why = String::from("it does not answer");
        let sent = self.deliver(resource, cycles, |said| why = said.to_owned());
        match tokio::time::timeout(patience, sent).await {
            Ok(sent) => Ok(sent),
            Err(_) => Err(SendError::Unreachable { why }),
        }
    }

    /// Sends the spans of some cycles, however long that takes. `waits` is told why, each time it has to be tried again.
    pub async fn deliver(
        &self,
        resource: &[Attribute],
        cycles: Vec<Vec<Span>>,
        mut waits: impl FnMut(&str) + Send,
    ) -> Sent {
        let mut delivery = Delivery::new(resource, cycles);
        delivery.run(self, &mut waits).await;
        delivery.sent
    }

    async fn ask(&self, request: ExportTraceServiceRequest) -> Answer {
        let asked = async {
            match &self.wire {
                Wire::Http(http) => http.ask(&self.settings, request).await,
                Wire::Grpc(grpc) => grpc.ask(&self.settings, request).await,
            }
        };
        let timeout = self.settings.timeout;
        match tokio::time::timeout(timeout, asked).await {
            Ok(answer) => answer,
            Err(_) => Answer::Later {
                after: None,
                why: format!("no answer within {timeout:?}"),
            },
        }
    }
}

/// Spans on their way. What has arrived is taken out at once, so that one that is given up knows what is left.
pub(super) struct Delivery {
    resource: message::ResourceSpans,
    /// Spans, each with the place of its cycle, in the requests that are to be made of them.
    pending: VecDeque<Vec<(usize, message::Span)>>,
    pub(super) sent: Sent,
}

impl Delivery {
    pub(super) fn new(resource: &[Attribute], cycles: Vec<Vec<Span>>) -> Self {
        let batch = crate::spans::Batch {
            resource: resource.to_vec(),
            spans: Vec::new(),
        };
        let cycles = cycles.into_iter().enumerate();
        let all = cycles
            .flat_map(|(place, spans)| spans.into_iter().map(move |s| (place, proto::span(s))));
        Self {
            resource: proto::to_proto(vec![batch]).resource_spans.remove(0),
            pending: [all.collect::<Vec<_>>()].into(),
            sent: Sent::default(),
        }
    }

    /// Places of cycles that have spans on their way still.
    pub(super) fn left(&self) -> BTreeSet<usize> {
        self.pending
            .iter()
            .flatten()
            .map(|(cycle, _)| *cycle)
            .collect()
    }

    /// Sends all of it, however long that takes. `waits` is told every time why it has to be tried again.
    pub(super) async fn run(&mut self, outlet: &Outlet, waits: &mut (dyn FnMut(&str) + Send)) {
        let most = match outlet.settings.protocol {
            Protocol::Grpc => MOST_GRPC,
            _ => MOST_HTTP,
        };
        self.pack(most);
        let mut pace = Pace::default();
        while let Some(spans) = self.pending.front() {
            if spans.is_empty() {
                self.pending.pop_front();
                continue;
            }
            let request = self.request(spans);
            let bytes = request.encoded_len() as u64;
            match outlet.ask(request).await {
                Answer::Taken(partial) => {
                    pace = Pace::default();
                    self.taken(bytes, partial);
                }
                Answer::Later { after, why } => {
                    waits(&why);
                    tokio::time::sleep(pace.next(after)).await;
                }
                Answer::TooLarge { .. } if spans.len() > 1 => {
                    let mut first = self.pending.pop_front().unwrap_or_default();
                    let second = first.split_off(first.len() / 2);
                    self.pending.push_front(second);
                    self.pending.push_front(first);
                }
                Answer::TooLarge { why } | Answer::Refused { why } => {
                    let spans = self.pending.pop_front().unwrap_or_default();
                    self.sent
                        .refused
                        .extend(spans.iter().map(|(cycle, _)| *cycle));
                    self.sent.why = Some(why);
                }
            }
        }
    }

    /// Splits what is one request into as many as it takes.
    fn pack(&mut self, most: usize) {
        let room = most.saturating_sub(self.resource.encoded_len());
        let mut packed: VecDeque<Vec<_>> = VecDeque::new();
        let mut used = usize::MAX;
        for span in std::mem::take(&mut self.pending).into_iter().flatten() {
            let bytes = span.1.encoded_len() + 8;
            if used.saturating_add(bytes) > room {
                packed.push_back(Vec::new());
                used = 0;
            }
            used += bytes;
            if let Some(last) = packed.back_mut() {
                last.push(span);
            }
        }
        self.pending = packed;
    }

    fn request(&self, spans: &[(usize, message::Span)]) -> ExportTraceServiceRequest {
        let mut resource = self.resource.clone();
        if let Some(scope) = resource.scope_spans.first_mut() {
            scope.spans = spans.iter().map(|(_, span)| span.clone()).collect();
        }
        ExportTraceServiceRequest {
            resource_spans: vec![resource],
        }
    }

    fn taken(&mut self, bytes: u64, partial: Option<ExportTracePartialSuccess>) {
        let spans = self.pending.pop_front().map_or(0, |s| s.len() as u64);
        let partial = partial.unwrap_or_default();
        let rejected = u64::try_from(partial.rejected_spans)
            .unwrap_or(0)
            .min(spans);
        self.sent.requests += 1;
        self.sent.bytes += bytes;
        self.sent.spans += spans - rejected;
        self.sent.rejected_spans += rejected;
        if !partial.error_message.is_empty() {
            self.sent.why = Some(partial.error_message);
        }
    }
}

#[cfg(test)]
mod tests;
