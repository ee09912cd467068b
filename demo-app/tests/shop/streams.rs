use reqwest::multipart::{Form, Part};

use crate::support::{header, open};

const PNG: &[u8] = include_bytes!("../../seed/covers/sea.png");

#[tokio::test]
async fn the_export_has_a_line_per_book_and_many_chunks() {
    let shop = open().await;
    let mut export = shop.get("/export/books.csv?pause_ms=1").await;
    assert_eq!(export.status(), 200);
    assert_eq!(header(&export, "content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        header(&export, "content-length"),
        "",
        "its length is not known before"
    );
    let (mut text, mut chunks) = (Vec::new(), 0);
    while let Some(chunk) = export.chunk().await.unwrap() {
        text.extend_from_slice(&chunk);
        chunks += 1;
    }
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), 1 + 67);
    assert!(text.contains("\"Bartleby, the Scrivener\""));
    assert!(chunks > 20, "{chunks} chunks");
}

#[tokio::test]
async fn a_sample_is_a_download() {
    let shop = open().await;
    let sample = shop.get("/download/6").await;
    assert_eq!(sample.status(), 200);
    assert_eq!(
        header(&sample, "content-disposition"),
        "attachment; filename=\"sample-6.txt\""
    );
    assert!(sample.text().await.unwrap().starts_with("Frankenstein"));
    assert_eq!(shop.get("/download/4040404").await.status(), 404);
}

#[tokio::test]
async fn an_uploaded_cover_is_stored_and_shown() {
    let shop = open().await;
    assert_eq!(shop.get("/upload").await.status(), 200);
    let sent = shop
        .post("/upload")
        .multipart(form(PNG.to_vec()))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 303);
    assert_eq!(header(&sent, "location"), "/books/5");
    let stored = std::fs::read(shop.folder.path().join("covers/5.png")).unwrap();
    assert_eq!(stored, PNG);
    assert!(
        shop.get("/books/5")
            .await
            .text()
            .await
            .unwrap()
            .contains("/covers/5.png")
    );
    let cover = shop.get("/covers/5.png").await;
    assert_eq!(header(&cover, "content-type"), "image/png");
    assert_eq!(cover.bytes().await.unwrap(), PNG);
}

#[tokio::test]
async fn uploads_that_are_not_wanted() {
    let shop = open().await;
    let status = async |form| {
        shop.post("/upload")
            .multipart(form)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(status(form(b"<svg/>".to_vec())).await, 422);
    assert_eq!(
        status(form(vec![0x89; bookshop::app::UPLOAD_LIMIT + 1])).await,
        413
    );
    assert_eq!(status(Form::new().text("book_id", "5")).await, 422);
    let not_multipart = shop.post("/upload").body("hello").send().await.unwrap();
    assert_eq!(not_multipart.status(), 400);
}

fn form(picture: Vec<u8>) -> Form {
    Form::new()
        .text("book_id", "5")
        .part("cover", Part::bytes(picture).file_name("../../etc/passwd"))
}

#[tokio::test]
async fn the_ticker_ticks() {
    let shop = open().await;
    let mut events = shop.get("/events").await;
    assert_eq!(header(&events, "content-type"), "text/event-stream");
    let mut text = String::new();
    while text.matches("event: stock").count() < 3 {
        let chunk = events
            .chunk()
            .await
            .unwrap()
            .expect("it does not end by itself");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.contains("\"stock\":") && text.contains("id: 2"));
}
