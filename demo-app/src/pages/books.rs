//! The list of books, one book, and what readers say about it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::{Frame, Page, draw};
use crate::error::ShopError;
use crate::layers::Session;
use crate::state::AppState;
use crate::store::books::{self, Book, Category, PER_PAGE, Review, Search};

/// What the list is asked for in the query string.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    q: String,
    category: String,
    page: Option<i64>,
}

impl ListQuery {
    /// Pages count from one.
    pub(crate) fn page(&self) -> i64 {
        self.page.unwrap_or(1).max(1)
    }

    pub(crate) fn search(&self) -> Search {
        Search {
            text: self.q.trim().to_owned(),
            category: self.category.clone(),
        }
    }
}

/// How many pages `total` books fill; an empty list is one empty page.
pub(crate) fn page_count(total: i64) -> i64 {
    (total.max(1) + PER_PAGE - 1) / PER_PAGE
}

#[derive(Template)]
#[template(path = "books.html")]
struct List {
    frame: Frame,
    books: Vec<Book>,
    categories: Vec<Category>,
    search: Search,
    total: i64,
    page: i64,
    pages: i64,
}

/// `GET /books?q=&category=&page=`
pub(crate) async fn list(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    Query(query): Query<ListQuery>,
) -> Page {
    let (search, page) = (query.search(), query.page());
    let (books, total) = books::list(&state.db, &search, page).await?;
    let categories = books::categories(&state.db).await?;
    tracing::info!(q = %search.text, category = %search.category, page, total, "listed books");
    draw(&List {
        frame: session.into(),
        books,
        categories,
        search,
        total,
        page,
        pages: page_count(total),
    })
}

#[derive(Template)]
#[template(path = "book.html")]
struct Show {
    frame: Frame,
    book: Book,
    reviews: Vec<Review>,
    draft: ReviewForm,
    problem: Option<&'static str>,
}

/// `GET /books/{id}`
pub(crate) async fn show(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    Path(id): Path<i64>,
) -> Page {
    draw(&Show::load(&state, session, id).await?)
}

impl Show {
    async fn load(state: &AppState, session: Session, id: i64) -> Result<Self, ShopError> {
        let Some(book) = books::find(&state.db, id).await? else {
            return Err(ShopError::NotFound { what: "book", id });
        };
        Ok(Self {
            frame: session.into(),
            reviews: books::reviews(&state.db, id).await?,
            book,
            draft: ReviewForm::default(),
            problem: None,
        })
    }
}

/// The review form of a book's page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReviewForm {
    reader: String,
    stars: i64,
    body: String,
}

impl ReviewForm {
    fn problem(&self) -> Option<&'static str> {
        if self.reader.trim().is_empty() || self.reader.chars().count() > 40 {
            Some("Please give a name of at most 40 letters.")
        } else if !(1..=5).contains(&self.stars) {
            Some("Please give one to five stars.")
        } else if !(10..=500).contains(&self.body.trim().chars().count()) {
            Some("Please write between 10 and 500 letters.")
        } else {
            None
        }
    }
}

/// `POST /books/{id}/reviews`: back to the book, or the page again with what is wrong and status 422.
pub(crate) async fn review(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    Path(id): Path<i64>,
    Form(form): Form<ReviewForm>,
) -> Result<Response, ShopError> {
    if let Some(problem) = form.problem() {
        tracing::info!(book = id, problem, "refused a review");
        let page = draw(&Show {
            draft: form,
            problem: Some(problem),
            ..Show::load(&state, session, id).await?
        })?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (reader, body) = (form.reader.trim(), form.body.trim());
    if !books::add_review(&state.db, id, reader, form.stars, body).await? {
        return Err(ShopError::NotFound { what: "book", id });
    }
    tracing::info!(book = id, stars = form.stars, "took a review");
    Ok(Redirect::to(&format!("/books/{id}#reviews")).into_response())
}

/// `GET /old-books`: where the list was in the shop's first year.
pub(crate) async fn moved() -> Redirect {
    Redirect::permanent("/books")
}

#[cfg(test)]
mod tests {
    use super::page_count;

    #[test]
    fn the_last_page_may_be_short() {
        assert_eq!(page_count(0), 1);
        assert_eq!(page_count(12), 1);
        assert_eq!(page_count(13), 2);
    }
}
