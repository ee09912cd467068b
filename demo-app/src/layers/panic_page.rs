//! What a reader sees when a handler panicked.

use std::any::Any;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::pages::trouble::problem_page;

/// For tower-http's `CatchPanicLayer`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is tower-http's"
)]
pub(crate) fn panic_page(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    problem_page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "A shelf fell over",
        "Something in the shop broke while it was fetching this page. Nobody was hurt.",
    )
    .into_response()
}
