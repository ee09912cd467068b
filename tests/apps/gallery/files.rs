//! Files of a directory, and one page for every other path.

use axum::{Router, routing::get};
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

pub(crate) fn app() -> Router {
    let site = crate::directory().join("site");
    let page = ServeFile::new(site.join("index.html"));
    let assets = ServeDir::new(site.join("assets")).precompressed_gzip();
    let kept = SetResponseHeaderLayer::if_not_present(
        axum::http::header::CACHE_CONTROL,
        axum::http::HeaderValue::from_static("max-age=60"),
    );
    Router::new()
        .nest_service("/assets", assets)
        .nest_service(
            "/docs",
            ServeDir::new(site.join("docs")).not_found_service(page.clone()),
        )
        .route_service("/robots.txt", ServeFile::new(site.join("robots.txt")))
        .layer(kept)
        .route("/api/health", get(|| async { "well" }))
        .fallback_service(page)
}
