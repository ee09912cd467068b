//! How long the shop took: a `server-timing` header, and the number in the foot of every page.

use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// What pages carry where the elapsed time goes.
pub const MARKER: &str = "<!--process-time-->";

/// Pages are small; a larger one is a mistake, not something to buffer.
const LARGEST_PAGE: usize = 4 * 1024 * 1024;

/// Times what is inside of it. Changes the body of HTML responses and repairs their `content-length`.
pub(crate) async fn process_time(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let mut response = next.run(request).await;
    let millis = started.elapsed().as_secs_f64() * 1000.0;
    let timing = HeaderValue::from_str(&format!("app;dur={millis:.2}"));
    if let Ok(timing) = timing {
        response.headers_mut().insert("server-timing", timing);
    }
    if is_html(&response) {
        write_into_page(response, millis).await
    } else {
        response
    }
}

fn is_html(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

async fn write_into_page(response: Response, millis: f64) -> Response {
    let (mut head, body) = response.into_parts();
    let page = match to_bytes(body, LARGEST_PAGE).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "cannot read a page to write its process time into it");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let page = match std::str::from_utf8(&page) {
        Ok(text) if text.contains(MARKER) => {
            text.replace(MARKER, &format!("{millis:.1} ms")).into()
        }
        _ => page,
    };
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(page.len()));
    Response::from_parts(head, Body::from(page))
}
