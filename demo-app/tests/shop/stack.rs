//! What each layer of the shop's stack does, asserted with `onionskin::testing`: in this process, without a socket.

use axum::{
    body::Body,
    http::{Request, StatusCode},
    testing::{self, Recorded},
};
use bookshop::shop;
use bytes::Bytes;

use crate::support::config;

/// Sends a request through the whole shop.
async fn ask(
    request: axum::http::request::Builder,
    body: &'static str,
) -> (StatusCode, Bytes, Recorded) {
    let folder = tempfile::tempdir().unwrap();
    let (service, _db) = shop::service(config(&folder), Default::default())
        .await
        .unwrap();
    let request = request.body(Body::from(body)).unwrap();
    let (response, cycle) = testing::run(service, request).await;
    (response.status(), response.into_body(), cycle)
}

#[tokio::test]
async fn a_page_passes_all_layers_and_each_does_its_part() {
    let (status, _, cycle) = ask(Request::get("/books/7/"), "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(cycle.route.as_deref(), Some("/books/{id}"));
    assert_eq!(cycle.param("id"), Some("7"));
    // The slash at the end went before a route was looked for.
    let normalized = cycle.layer("NormalizePath").request_changes();
    assert_eq!(normalized[0].uri.as_ref().unwrap().to, "/books/7");

    assert_eq!(
        cycle.request_header_set_by("x-request-id"),
        Some("SetRequestIdLayer")
    );
    assert_eq!(
        cycle.header_set_by("x-request-id"),
        Some("PropagateRequestIdLayer")
    );
    assert_eq!(
        cycle.header_set_by("content-security-policy"),
        Some("security_headers")
    );
    assert_eq!(cycle.header_set_by("content-type"), Some("show"));
    assert_eq!(cycle.body_set_by(), Some("process_time"));
    assert_eq!(
        cycle.extension_set_by::<bookshop::layers::Session>(),
        Some("session")
    );
    assert!(cycle.layer("CatchPanicLayer").changed_nothing());
    assert_eq!(cycle.never_ran(), [""; 0]);
}

#[tokio::test]
async fn a_change_without_the_key_is_answered_before_the_view() {
    let book = r#"{"title":"x"}"#;
    let request = Request::put("/api/books/1").header("content-type", "application/json");
    let (status, _, cycle) = ask(request, book).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(cycle.layer("require_api_key").answered(), "{cycle}");
    assert!(cycle.layer("update").never_ran());
    assert_eq!(cycle.never_ran(), ["update"]);
    assert_eq!(cycle.status_set_by(), Some("require_api_key"));
    // Layers around it ran all the same.
    assert_eq!(
        cycle.header_set_by("access-control-allow-origin"),
        Some("CorsLayer")
    );
}

#[tokio::test]
async fn who_is_not_logged_in_is_answered_by_one_layer() {
    let (status, _, cycle) = ask(Request::get("/account"), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(cycle.layer("require_login").answered());
    assert!(!cycle.layer("show").ran());
    assert_eq!(cycle.status_set_by(), Some("require_login"));
}

#[tokio::test]
async fn a_panic_becomes_a_page_in_the_layer_that_catches_it() {
    let (status, page, cycle) = ask(Request::get("/panic"), "").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(cycle.layer("panic").panicked());
    assert_eq!(cycle.status_set_by(), Some("CatchPanicLayer"));
    assert!(String::from_utf8_lossy(&page).contains("<html"));
    let outcome = cycle.outcome.describe(None);
    assert!(outcome.starts_with("panic caught"), "{outcome}");
}
