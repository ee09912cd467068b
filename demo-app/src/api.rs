//! The JSON API.

mod draft;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use self::draft::BookBody;
use crate::error::ShopError;
use crate::pages::books::{ListQuery, page_count};
use crate::state::AppState;
use crate::store::books::{self, Book};

/// Why the API refused; always JSON with an `error`, and `fields` when fields were wrong.
#[derive(Debug)]
pub(crate) enum ApiError {
    NotFound,
    Invalid(BTreeMap<&'static str, &'static str>),
    Shop(ShopError),
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::Shop(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, json!({ "error": "not found" })),
            Self::Invalid(fields) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({ "error": "some fields are wrong", "fields": fields }),
            ),
            Self::Shop(error) => {
                tracing::error!(error = %error.chain(), "an API call failed");
                (error.status(), json!({ "error": error.to_string() }))
            }
        };
        (status, Json(body)).into_response()
    }
}

/// `GET /api/books?q=&category=&page=`
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Value>, ApiError> {
    let (books, total) = books::list(&state.db, &query.search(), query.page()).await?;
    Ok(Json(json!({
        "books": books,
        "page": query.page(),
        "pages": page_count(total),
        "total": total,
    })))
}

/// `GET /api/books/{id}`
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<Json<Book>, ApiError> {
    let book = books::find(&state.db, id).await?;
    book.map(Json).ok_or(ApiError::NotFound)
}

/// `POST /api/books`: 201 with the book and its `location`.
pub(crate) async fn create(
    State(state): State<AppState>,
    Json(body): Json<BookBody>,
) -> Result<Response, ApiError> {
    let draft = body.check(&state.db).await?;
    let id = books::create(&state.db, &draft).await?;
    tracing::info!(book = id, title = %draft.title, "new book");
    let book = show(State(state), Path(id)).await?;
    let location = [(header::LOCATION, format!("/api/books/{id}"))];
    Ok((StatusCode::CREATED, location, book).into_response())
}

/// `PUT /api/books/{id}`: the book as it is afterwards.
pub(crate) async fn update(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    Json(body): Json<BookBody>,
) -> Result<Json<Book>, ApiError> {
    let draft = body.check(&state.db).await?;
    if !books::update(&state.db, id, &draft).await? {
        return Err(ApiError::NotFound);
    }
    show(State(state), Path(id)).await
}

/// `DELETE /api/books/{id}`: 204.
pub(crate) async fn delete(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    if books::delete(&state.db, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}

/// Whatever else is asked for under `/api`.
pub(crate) async fn not_found() -> ApiError {
    ApiError::NotFound
}
