//! The front page.

use askama::Template;
use axum::Extension;
use axum::extract::State;

use super::{Frame, Page, draw};
use crate::layers::Session;
use crate::state::AppState;
use crate::store::books::{self, Book, Category};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    best: Vec<Book>,
    categories: Vec<Category>,
}

/// `GET /`
pub(crate) async fn home(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Page {
    let best = books::best(&state.db, 8).await?;
    let categories = books::categories(&state.db).await?;
    tracing::info!(shown = best.len(), "front page");
    draw(&Home {
        frame: session.into(),
        best,
        categories,
    })
}
