//! The key that changes to books over the API ask for.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::state::AppState;

/// The request header with the key.
pub(crate) const API_KEY: &str = "x-api-key";

/// Answers 401 by itself when the key is missing or wrong.
pub(crate) async fn require_api_key(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(API_KEY).map(|key| key.as_bytes());
    if given == Some(state.api_key.as_bytes()) {
        next.run(request).await
    } else {
        let problem =
            json!({ "error": format!("a valid {API_KEY} header is needed to change books") });
        (StatusCode::UNAUTHORIZED, Json(problem)).into_response()
    }
}
