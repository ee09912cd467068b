//! Events as they happen.
//!
//! A client is a cursor into the store, not a queue: it is written to when it has read what came before. One that is slow
//! skips what it is too far behind to get and is told how much; one that does not read at all is cut by the server.

use super::{Api, Problem, filter};
use crate::{
    filter::Filter,
    model::{ListedCycle, LiveEvent, Memory, SpanCounters},
    store::{Cursor, Matches, Since},
};
use axum::{
    body::{Body, Bytes},
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderMap, StatusCode, header};
use onionskin::wire::Counters;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep_until},
};

/// A busy app's events are gathered for so long.
const GATHER: Duration = Duration::from_millis(20);

/// Figures are sent this often at most.
const COUNTERS_EVERY: Duration = Duration::from_millis(250);

/// Something is sent this often at least, so that a client knows that the line is up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The query of the live events.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct LiveQuery {
    /// Only cycles that match this filter.
    filter: Option<String>,
}

pub(super) async fn live(
    State(api): State<Api>,
    query: Result<Query<LiveQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let filter = filter::of(query.filter.as_deref(), None)?;
    let Ok(place) = api.live.clone().try_acquire_owned() else {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "full",
            format!(
                "{} clients follow the live events already; close one.",
                api.limits.live_clients
            ),
        ));
    };
    let last = match headers
        .get("last-event-id")
        .map(|v| v.to_str().unwrap_or(""))
    {
        None | Some("") => None,
        Some(id) => Some(id.parse().map_err(|_| {
            let detail = "Last-Event-ID must be the position of a cycle.";
            Problem::new(StatusCode::BAD_REQUEST, "parameter", detail)
        })?),
    };
    let client = Client {
        wake: api.store.watch(),
        cursor: api.store.cursor(last),
        filter: (!filter.is_empty()).then_some(filter),
        counted: None,
        spans: None,
        due: Instant::now(),
        gather_until: Instant::now(),
        closing: api.closing.clone(),
        _place: place,
        api,
    };
    let events = stream::unfold(client, async |mut client| {
        let chunk = client.next().await?;
        Some((Ok::<_, Infallible>(chunk), client))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// What became of all cycles, the use of memory, and how many match.
type Figures = (Counters, Memory, Option<u64>);

/// One client.
struct Client {
    api: Api,
    wake: watch::Receiver<()>,
    cursor: Cursor,
    filter: Option<Filter>,
    /// The figures that it has.
    counted: Option<Figures>,
    /// Those of the spans.
    spans: Option<SpanCounters>,
    /// When it may get figures again.
    due: Instant,
    /// When it may be asked for again what is new.
    gather_until: Instant,
    closing: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Client {
    /// The next events, as bytes; none when the inspector stops.
    async fn next(&mut self) -> Option<Bytes> {
        let silent_until = Instant::now() + KEEP_ALIVE;
        loop {
            sleep_until(self.gather_until).await;
            if *self.closing.borrow() {
                return None;
            }
            self.wake.mark_unchanged();
            let backlog = self.api.limits.live_backlog;
            let matches = self.ask().await?;
            let store = &self.api.store;
            let since = store.since(&mut self.cursor, backlog, matches.as_ref());
            let more = since.more;
            if !more {
                self.gather_until = Instant::now() + GATHER;
            }
            let (chunk, counters_wait) = self.encode(since);
            if !chunk.is_empty() {
                return Some(chunk.into());
            }
            if more {
                continue;
            }
            let until = match counters_wait {
                true => self.due,
                false => silent_until,
            };
            tokio::select! {
                changed = self.wake.changed() => changed.ok()?,
                closed = self.closing.changed() => closed.ok()?,
                () = sleep_until(until) => {
                    if !counters_wait {
                        return Some(Bytes::from_static(b": still here\n\n"));
                    }
                }
            }
        }
    }

    /// Asks the cycles that came since the last time; none when that fails.
    async fn ask(&self) -> Option<Option<Matches>> {
        let Some(filter) = &self.filter else {
            return Some(None);
        };
        // At every turn: others may have used so many filters that the matches of this one were dropped.
        let matches = self.api.store.matches(filter);
        let (store, asked) = (self.api.store.clone(), matches.clone());
        let work = self.api.patiently(move |stop| asked.advance(&store, stop));
        work.await.ok().map(|()| Some(matches))
    }

    /// The events, and whether there are figures that must wait.
    fn encode(&mut self, since: Since) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        for run in since.runs {
            put(&mut out, None, &LiveEvent::Run(Box::new(run)));
        }
        if since.missed > 0 {
            let missed = since.missed;
            put(&mut out, None, &LiveEvent::Lagged { missed });
        }
        for (position, entry) in since.cycles {
            let listed = ListedCycle::new(position, entry.summary.clone());
            let event = LiveEvent::Cycle(Box::new(listed));
            put(&mut out, Some(position), &event);
        }
        let figures = Some((since.counters, since.memory, since.matched));
        let spans = self.api.otlp.as_ref().map(|otlp| otlp.spans.counters());
        if self.counted == figures && self.spans == spans {
            return (out, false);
        }
        if Instant::now() < self.due {
            return (out, true);
        }
        if self.counted != figures {
            self.counted = figures;
            self.put_figures(&mut out);
        }
        if self.spans != spans {
            self.spans = spans;
            let event = self.spans.clone().map(LiveEvent::Spans);
            event.iter().for_each(|event| put(&mut out, None, event));
        }
        self.due = Instant::now() + COUNTERS_EVERY;
        (out, false)
    }

    fn put_figures(&self, out: &mut Vec<u8>) {
        let Some((counters, memory, matched)) = self.counted.clone() else {
            return;
        };
        let event = LiveEvent::Counters {
            counters,
            memory,
            matched,
        };
        put(out, Some(self.cursor.after), &event);
    }
}

/// Appends one server-sent event. JSON has no line feed in it, so `data` is one line.
fn put(out: &mut Vec<u8>, id: Option<u64>, event: &LiveEvent) {
    let value = serde_json::to_value(event).expect("the model has only string keys");
    let name = value["event"].as_str().expect("the tag is a string");
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    out.extend_from_slice(format!("event: {name}\n{id}data: {}\n\n", value["data"]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_name_and_one_line_of_data() {
        let mut out = Vec::new();
        put(&mut out, Some(7), &LiveEvent::Lagged { missed: 3 });
        assert_eq!(out, b"event: lagged\nid: 7\ndata: {\"missed\":3}\n\n");
    }
}
