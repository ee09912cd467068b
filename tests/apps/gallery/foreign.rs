//! Parts of other crates: pages of documentation, cookies, extractors.

use axum::{Router, response::IntoResponse, routing::get};
use axum_extra::{
    TypedHeader,
    extract::{Query, cookie::Cookie, cookie::CookieJar},
    headers::UserAgent,
};
use serde::Deserialize;
use utoipa::OpenApi;
use utoipa_scalar::{Scalar, Servable as _};

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    tag: Vec<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Books", description = "", version = "1", license(name = "")),
    paths(books)
)]
struct Documented;

#[utoipa::path(get, path = "/books", responses((status = 200, body = String)))]
async fn books(Query(wanted): Query<Wanted>) -> String {
    wanted.tag.join(", ")
}

async fn visits(TypedHeader(agent): TypedHeader<UserAgent>, jar: CookieJar) -> impl IntoResponse {
    let seen = jar.get("seen").map_or("0", Cookie::value);
    let text = format!("{agent}, {seen} times");
    let next = seen.parse::<u32>().unwrap_or_default() + 1;
    (jar.add(Cookie::new("seen", next.to_string())), text)
}

pub(crate) fn app() -> Router {
    Router::new()
        .route("/books", get(books))
        .route("/visits", get(visits))
        .merge(Scalar::with_url("/docs", Documented::openapi()))
}
