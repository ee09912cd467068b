//! What is not a page: the style sheet, and a word for whoever watches over the shop.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::error::ShopError;
use crate::state::AppState;
use crate::store::books;

/// `GET /assets/shop.css`
pub(crate) async fn style_sheet() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ],
        include_str!("../../assets/shop.css"),
    )
}

/// `GET /health`: the database answers.
pub(crate) async fn health(State(state): State<AppState>) -> Result<Json<Value>, ShopError> {
    let books = books::count(&state.db).await?;
    Ok(Json(json!({ "status": "ok", "books": books })))
}
