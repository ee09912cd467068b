use reqwest::Client;

use crate::support::{header, open};

#[tokio::test]
async fn request_ids_are_made_or_kept() {
    let shop = open().await;
    assert_eq!(header(&shop.get("/").await, "x-request-id").len(), 36);
    let request = shop
        .client
        .get(shop.url("/"))
        .header("x-request-id", "mine");
    assert_eq!(
        header(&request.send().await.unwrap(), "x-request-id"),
        "mine"
    );
}

#[tokio::test]
async fn security_headers_are_on_everything() {
    let shop = open().await;
    for path in [
        "/",
        "/assets/shop.css",
        "/api/books",
        "/no-such-page",
        "/panic",
    ] {
        let response = shop.get(path).await;
        assert!(
            header(&response, "content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(
            header(&response, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
    }
}

#[tokio::test]
async fn process_time_is_written_into_pages_and_their_length_is_right() {
    let shop = open().await;
    for path in ["/", "/no-such-page", "/panic", "/account"] {
        let page = shop.get(path).await;
        assert!(
            header(&page, "server-timing").starts_with("app;dur="),
            "{path}"
        );
        let length: usize = header(&page, "content-length").parse().unwrap();
        let text = page.text().await.unwrap();
        assert_eq!(text.len(), length, "{path}");
        assert!(!text.contains(bookshop::layers::MARKER), "{path}");
        assert!(
            text.contains("Made in ") && text.contains(" ms</span>"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn other_bodies_are_left_alone() {
    let shop = open().await;
    let sheet = shop.get("/assets/shop.css").await;
    assert_eq!(header(&sheet, "content-type"), "text/css; charset=utf-8");
    assert!(header(&sheet, "server-timing").starts_with("app;dur="));
    assert!(
        sheet
            .text()
            .await
            .unwrap()
            .contains("prefers-color-scheme: dark")
    );
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_ask() {
    let shop = open().await;
    let raw = shop
        .client
        .get(shop.url("/books"))
        .header("accept-encoding", "gzip");
    let raw = raw.send().await.unwrap();
    assert_eq!(header(&raw, "content-encoding"), "gzip");
    assert_eq!(header(&raw, "content-length"), "");

    let client = Client::builder().gzip(true).no_proxy().build().unwrap();
    let text = client
        .get(shop.url("/books"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("Made in ") && !text.contains(bookshop::layers::MARKER));
}

#[tokio::test]
async fn events_are_not_compressed() {
    let shop = open().await;
    let events = shop
        .client
        .get(shop.url("/events"))
        .header("accept-encoding", "gzip");
    assert_eq!(
        header(&events.send().await.unwrap(), "content-encoding"),
        ""
    );
}

#[tokio::test]
async fn a_slash_at_the_end_is_trimmed_before_routing() {
    let shop = open().await;
    assert_eq!(shop.get("/books/").await.status(), 200);
    assert_eq!(shop.get("/api/books/1/").await.status(), 200);
}
