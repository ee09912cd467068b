//! Multipart forms, and what is too much of them.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Multipart, multipart::MultipartError},
    http::StatusCode,
    routing::post,
};
use serde::Serialize;
use tower_http::limit::RequestBodyLimitLayer;

#[derive(Serialize)]
struct Part {
    name: Option<String>,
    file: Option<String>,
    kind: Option<String>,
    bytes: usize,
    sum: u32,
}

pub(crate) fn app() -> Router {
    Router::new()
        .route("/upload", post(upload))
        .layer(DefaultBodyLimit::max(600))
        .route(
            "/streamed",
            post(streamed).layer((
                DefaultBodyLimit::disable(),
                RequestBodyLimitLayer::new(2000),
            )),
        )
}

fn refusal(error: MultipartError) -> (StatusCode, String) {
    (error.status(), error.body_text())
}

async fn upload(mut form: Multipart) -> Result<Json<Vec<Part>>, (StatusCode, String)> {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(refusal)? {
        let name = field.name().map(ToOwned::to_owned);
        let file = field.file_name().map(ToOwned::to_owned);
        let kind = field.content_type().map(ToOwned::to_owned);
        let bytes = field.bytes().await.map_err(refusal)?;
        parts.push(Part {
            name,
            file,
            kind,
            bytes: bytes.len(),
            sum: bytes.iter().map(|byte| u32::from(*byte)).sum(),
        });
    }
    Ok(Json(parts))
}

/// Counts as it comes.
async fn streamed(mut form: Multipart) -> Result<String, (StatusCode, String)> {
    let mut bytes = 0;
    while let Some(mut field) = form.next_field().await.map_err(refusal)? {
        while let Some(chunk) = field.chunk().await.map_err(refusal)? {
            bytes += chunk.len();
        }
    }
    Ok(bytes.to_string())
}
