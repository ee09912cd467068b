use std::time::{Duration, Instant};

use crate::support::{header, open};

#[tokio::test]
async fn home_shows_books_and_shelves() {
    let shop = open().await;
    let home = shop.get("/").await;
    assert_eq!(home.status(), 200);
    assert_eq!(header(&home, "content-type"), "text/html; charset=utf-8");
    let text = home.text().await.unwrap();
    assert_eq!(text.matches("class=\"card\"").count(), 8);
    assert!(text.contains("/books?category=gothic"));
}

#[tokio::test]
async fn the_list_is_paged_and_searched() {
    let shop = open().await;
    let cards = async |path: &str| {
        let text = shop.get(path).await.text().await.unwrap();
        text.matches("class=\"card\"").count()
    };
    assert_eq!(cards("/books").await, 12);
    assert_eq!(cards("/books?page=6").await, 7);
    assert_eq!(cards("/books?page=999").await, 0);
    assert_eq!(cards("/books?q=holmes").await, 1);
    assert_eq!(cards("/books?q=austen&category=gothic").await, 1);
    assert_eq!(shop.get("/books?page=two").await.status(), 400);
}

#[tokio::test]
async fn search_text_is_escaped() {
    let shop = open().await;
    let page = shop.get("/books?q=%3Cscript%3E%26%22").await;
    assert!(!page.text().await.unwrap().contains("<script>"));
}

#[tokio::test]
async fn one_book_none_and_a_mistyped_one() {
    let shop = open().await;
    let book = shop.get("/books/1").await.text().await.unwrap();
    assert!(book.contains("Pride and Prejudice"));
    assert_eq!(shop.get("/books/4040404").await.status(), 404);
    assert_eq!(shop.get("/books/the-raven").await.status(), 400);
}

#[tokio::test]
async fn a_review_appears_and_a_bad_one_comes_back() {
    let shop = open().await;
    let good = [
        ("reader", "Eve"),
        ("stars", "4"),
        ("body", "Better the second time."),
    ];
    let sent = shop
        .post("/books/3/reviews")
        .form(&good)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 303);
    assert_eq!(header(&sent, "location"), "/books/3#reviews");
    assert!(
        shop.get("/books/3")
            .await
            .text()
            .await
            .unwrap()
            .contains("Better the second time.")
    );

    let bad = [
        ("reader", "Eve"),
        ("stars", "9"),
        ("body", "Better the second time."),
    ];
    let sent = shop
        .post("/books/3/reviews")
        .form(&bad)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 422);
    let text = sent.text().await.unwrap();
    assert!(text.contains("one to five stars") && text.contains("value=\"Eve\""));

    let sent = shop
        .post("/books/4040404/reviews")
        .form(&good)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 404);
}

#[tokio::test]
async fn authors_have_their_books() {
    let shop = open().await;
    let text = shop.get("/authors").await.text().await.unwrap();
    assert_eq!(text.matches("<dt>").count(), 34);
    assert!(text.contains("Silas Marner"));
}

#[tokio::test]
async fn slow_is_slow_and_slower_is_given_up() {
    let shop = open().await;
    let started = Instant::now();
    assert_eq!(shop.get("/slow").await.status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(400));
    let started = Instant::now();
    assert_eq!(shop.get("/slow?seconds=5").await.status(), 503);
    assert!(started.elapsed() >= bookshop::app::REPORT_TIMEOUT);
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn busy_answers() {
    let shop = open().await;
    assert_eq!(shop.get("/busy").await.status(), 200);
}

#[tokio::test]
async fn an_error_is_a_page_without_its_causes() {
    let shop = open().await;
    let page = shop.get("/error").await;
    assert_eq!(page.status(), 500);
    let text = page.text().await.unwrap();
    assert!(text.contains("cannot be made") && !text.contains("margin_percent"));
}

#[tokio::test]
async fn a_panic_is_a_page_and_the_shop_goes_on() {
    let shop = open().await;
    let page = shop.get("/panic").await;
    assert_eq!(page.status(), 500);
    assert!(page.text().await.unwrap().contains("A shelf fell over"));
    assert_eq!(shop.get("/health").await.status(), 200);
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_allowed() {
    let shop = open().await;
    let page = shop.get("/no-such-page").await;
    assert_eq!(page.status(), 404);
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("nothing at /no-such-page")
    );
    let sent = shop.client.delete(shop.url("/books")).send().await.unwrap();
    assert_eq!(sent.status(), 405);
    assert_eq!(header(&sent, "allow"), "GET,HEAD");
}

#[tokio::test]
async fn old_addresses_lead_to_new_ones() {
    let shop = open().await;
    let moved = shop.get("/old-books").await;
    assert_eq!(moved.status(), 308);
    assert_eq!(header(&moved, "location"), "/books");
}

#[tokio::test]
async fn health_counts_books() {
    let shop = open().await;
    let text = shop.get("/health").await.text().await.unwrap();
    assert_eq!(text, r#"{"books":67,"status":"ok"}"#);
}
