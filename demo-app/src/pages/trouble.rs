//! Pages for when something went wrong, and routes where it does.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse};

use super::{Frame, Page, draw};
use crate::error::{ReportError, ShopError};
use crate::layers::Session;
use crate::state::AppState;
use crate::store::books;

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    frame: Frame,
    status: StatusCode,
    title: &'a str,
    text: &'a str,
}

/// A page about a problem, for those who do not know who is asking.
pub(crate) fn problem_page(
    status: StatusCode,
    title: &str,
    text: &str,
) -> (StatusCode, Html<String>) {
    framed_problem_page(Frame::default(), status, title, text)
}

fn framed_problem_page(
    frame: Frame,
    status: StatusCode,
    title: &str,
    text: &str,
) -> (StatusCode, Html<String>) {
    let page = Problem {
        frame,
        status,
        title,
        text,
    };
    // The last resort must not fail in its turn.
    let html = page
        .render()
        .unwrap_or_else(|_| format!("<h1>{status}</h1>"));
    (status, Html(html))
}

/// Whatever no route matched.
pub(crate) async fn not_found(
    Extension(session): Extension<Session>,
    uri: Uri,
) -> impl IntoResponse {
    let text = format!("There is nothing at {}. Perhaps it was sold.", uri.path());
    framed_problem_page(session.into(), StatusCode::NOT_FOUND, "No such page", &text)
}

/// `GET /error`: a report on a setting that somebody mistyped fails, with its causes.
pub(crate) async fn error(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Page {
    let percent = margin_percent(&state).await?;
    draw(&Problem {
        frame: session.into(),
        status: StatusCode::OK,
        title: "Margins",
        text: &format!("The margin is {percent} %."),
    })
}

async fn margin_percent(state: &AppState) -> Result<i64, ShopError> {
    let name = "margin_percent";
    let value = books::setting(&state.db, name).await?;
    let parsed = match value {
        Some(value) => value.parse().map_err(|source| ReportError::Setting {
            name,
            value,
            source,
        }),
        None => Err(ReportError::Missing { name }),
    };
    parsed.map_err(|source| ShopError::Report {
        report: "margins",
        source,
    })
}

/// `GET /panic`: reaches past the end of the list, by one, as everybody has.
pub(crate) async fn panic(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Page {
    let shelves = books::categories(&state.db).await?;
    let last = &shelves[shelves.len()];
    draw(&Problem {
        frame: session.into(),
        status: StatusCode::OK,
        title: "The last shelf",
        text: &last.name,
    })
}
