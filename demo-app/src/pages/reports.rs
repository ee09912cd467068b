//! Pages that take their time, each for a different bad reason.

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{Frame, Page, draw};
use crate::layers::Session;
use crate::state::AppState;
use crate::store::books::{self, Author};

#[derive(Template)]
#[template(path = "authors.html")]
struct Authors {
    frame: Frame,
    authors: Vec<(Author, Vec<(i64, String)>)>,
}

/// `GET /authors`: asks for the books one author at a time, N + 1 queries where one would do. On purpose: it is the
/// mistake people look for most often.
pub(crate) async fn authors(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Page {
    let mut authors = Vec::new();
    for author in books::authors(&state.db).await? {
        let titles = books::by_author(&state.db, author.id).await?;
        authors.push((author, titles));
    }
    tracing::info!(authors = authors.len(), "listed authors");
    draw(&Authors {
        frame: session.into(),
        authors,
    })
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    frame: Frame,
    title: &'static str,
    text: String,
}

/// How long `/slow` shall take.
#[derive(Debug, Deserialize)]
pub(crate) struct SlowQuery {
    seconds: Option<f64>,
}

/// `GET /slow?seconds=`: waits without using the processor, 0.4 s unless told; the timeout layer gives up after 1.5 s.
pub(crate) async fn slow(
    Extension(session): Extension<Session>,
    Query(query): Query<SlowQuery>,
) -> Page {
    let seconds = query.seconds.unwrap_or(0.4).clamp(0.0, 60.0);
    tracing::info!(seconds, "counting the stock by hand");
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    draw(&Report {
        frame: session.into(),
        title: "The slow report",
        text: format!("Counted every book by hand. It took {seconds} s."),
    })
}

/// `GET /busy`: blocks its thread of the runtime for 60 ms, as a handler that hashes, resizes or reads a file does.
pub(crate) async fn busy(Extension(session): Extension<Session>) -> Page {
    std::thread::sleep(Duration::from_millis(60));
    draw(&Report {
        frame: session.into(),
        title: "The busy report",
        text: String::from(
            "Held on to a thread of the runtime for 60 ms and let nobody else use it.",
        ),
    })
}
