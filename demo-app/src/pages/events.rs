//! The stock ticker: server-sent events until somebody leaves.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;

use crate::state::AppState;
use crate::store::books;

/// `GET /events`: one book's stock per event, the first at once.
pub(crate) async fn ticker(
    State(state): State<AppState>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let closing = state.closing.clone();
    let clock = tokio::time::interval(state.ticker_period);
    let events = stream::unfold(
        (state, clock, 1_u64),
        |(state, mut clock, number)| async move {
            clock.tick().await;
            let event = match books::any(&state.db).await {
                Ok(Some((id, title, stock))) => Event::default()
                    .event("stock")
                    .data(json!({ "id": id, "title": title, "stock": stock }).to_string()),
                Ok(None) => Event::default().comment("no books"),
                Err(error) => {
                    tracing::error!(%error, "the ticker cannot read the stock");
                    return None;
                }
            };
            let event = event.id(number.to_string());
            Some((Ok(event), (state, clock, number + 1)))
        },
    );
    Sse::new(events.take_until(closing.cancelled_owned())).keep_alive(KeepAlive::default())
}
