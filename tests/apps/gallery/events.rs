//! Server-sent events: a list that can be resumed, what others say, and silence kept alive.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::sse::{Event, KeepAlive, Sse},
    routing::{get, post},
};
use futures_util::{Stream, stream};
use std::{convert::Infallible, time::Duration};
use tokio::sync::broadcast::{self, Sender};

type Item = Result<Event, Infallible>;

pub(crate) fn app() -> Router {
    Router::new()
        .route("/count", get(count))
        .route("/silence", get(silence))
        .route("/feed", get(feed))
        .route("/say", post(say))
        .with_state(broadcast::channel::<String>(16).0)
}

/// Five numbers, those after the last that the client has.
async fn count(headers: HeaderMap) -> Sse<impl Stream<Item = Item>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let next = last
        .and_then(|id| id.parse().ok())
        .map_or(1, |id: u8| id + 1);
    let events = (next..=5).map(|n| {
        let event = Event::default().event("number").id(n.to_string());
        Ok(event.data(format!("{n}\nof 5")))
    });
    Sse::new(stream::iter(events))
}

async fn silence() -> Sse<impl Stream<Item = Item>> {
    let every = KeepAlive::new()
        .interval(Duration::from_millis(30))
        .text("still here");
    Sse::new(stream::pending()).keep_alive(every)
}

/// What is said from now on, until `bye`.
async fn feed(State(said): State<Sender<String>>) -> Sse<impl Stream<Item = Item>> {
    let first = stream::iter([Ok(Event::default().comment("listening"))]);
    let heard = stream::unfold(said.subscribe(), |mut heard| async {
        let text = heard.recv().await.ok().filter(|text| text != "bye")?;
        Some((Event::default().json_data(text), heard))
    });
    let heard = futures_util::StreamExt::map(heard, |event| Ok(event.expect("text is JSON")));
    Sse::new(futures_util::StreamExt::chain(first, heard)).keep_alive(KeepAlive::default())
}

async fn say(State(said): State<Sender<String>>, text: String) -> (StatusCode, String) {
    let heard_by = said.send(text).unwrap_or(0);
    (StatusCode::ACCEPTED, heard_by.to_string())
}
