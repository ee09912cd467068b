//! Who may ask from where: a strict part and an open one.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header, request::Parts},
    routing::get,
};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

pub(crate) fn app() -> Router {
    let ours = |origin: &HeaderValue, _: &Parts| origin.as_bytes().ends_with(b".shop.example");
    let strict = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(ours))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::PUT])
        .allow_headers([header::CONTENT_TYPE, HeaderName::from_static("x-cart")])
        .expose_headers([HeaderName::from_static("x-total")])
        .max_age(Duration::from_secs(300));
    let open = CorsLayer::new().allow_origin(Any).allow_methods(Any);
    let cart = Router::new()
        .route(
            "/cart",
            get(|| async { ([("x-total", "3")], "cart") }).put(|| async {}),
        )
        .layer(strict);
    let books = Router::new()
        .route("/books", get(|| async { "books" }))
        .layer(open);
    cart.merge(books).route("/none", get(|| async { "none" }))
}
