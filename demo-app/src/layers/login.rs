//! The door to account and cart.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Session;
use crate::pages::trouble::problem_page;

/// Answers 401 by itself when nobody is logged in; otherwise handlers find the `User` in the extensions.
pub(crate) async fn require_login(mut request: Request, next: Next) -> Response {
    let user = request
        .extensions()
        .get::<Session>()
        .and_then(|session| session.user.clone());
    let Some(user) = user else {
        let page = problem_page(
            StatusCode::UNAUTHORIZED,
            "Please log in first",
            "Carts, orders and accounts belong to somebody.",
        );
        return page.into_response();
    };
    request.extensions_mut().insert(user);
    next.run(request).await
}
