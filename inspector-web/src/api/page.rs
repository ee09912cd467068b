//! The dashboard: files of our own, with nothing in them that anybody recorded. They are built from `ui/` and committed in
//! `dist/`, so that a build needs no Node.

use super::Api;
use axum::{Router, response::IntoResponse, routing::get};
use http::header;

/// Path, type, content.
const FILES: [(&str, &str, &str); 3] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../../dist/index.html"),
    ),
    (
        "/app.js",
        "text/javascript; charset=utf-8",
        include_str!("../../dist/app.js"),
    ),
    (
        "/app.css",
        "text/css; charset=utf-8",
        include_str!("../../dist/app.css"),
    ),
];

/// Whether a path needs no token.
pub(crate) fn is_public(path: &str) -> bool {
    FILES.iter().any(|(file, ..)| *file == path)
}

pub(super) fn router() -> Router<Api> {
    FILES
        .iter()
        .fold(Router::new(), |router, (path, kind, text)| {
            let file = async || ([(header::CONTENT_TYPE, *kind)], *text).into_response();
            router.route(path, get(file))
        })
}
