use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Shop, header, open};

async fn call(shop: &Shop, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let response = shop
        .client
        .request(method, shop.url(path))
        .header("x-api-key", "bookshop-demo-key")
        .json(body)
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or(Value::Null))
}

fn book(title: &str) -> Value {
    json!({
        "title": title, "author": "Ada Lovelace", "category": "lives", "year": 1843,
        "price_pence": 1400, "stock": 3, "blurb": ""
    })
}

#[tokio::test]
async fn books_are_listed_and_found() {
    let shop = open().await;
    let list: Value = shop.get("/api/books?q=verne").await.json().await.unwrap();
    assert_eq!(list["total"], 2);
    assert_eq!(list["books"][0]["title"], "Around the World in Eighty Days");
    let one: Value = shop.get("/api/books/6").await.json().await.unwrap();
    assert_eq!(one["author"], "Mary Shelley");
    let none = shop.get("/api/books/4040404").await;
    assert_eq!(none.status(), 404);
    assert_eq!(none.text().await.unwrap(), r#"{"error":"not found"}"#);
    assert_eq!(shop.get("/api/nothing").await.status(), 404);
}

#[tokio::test]
async fn a_book_is_made_changed_and_removed() {
    let shop = open().await;
    let (status, made) = call(&shop, Method::POST, "/api/books", &book("Notes")).await;
    assert_eq!((status, &made["title"]), (201, &json!("Notes")));
    let path = format!("/api/books/{}", made["id"]);
    let (status, changed) = call(&shop, Method::PUT, &path, &book("More notes")).await;
    assert_eq!((status, &changed["title"]), (200, &json!("More notes")));
    assert_eq!(
        call(&shop, Method::DELETE, &path, &Value::Null).await.0,
        204
    );
    assert_eq!(
        call(&shop, Method::DELETE, &path, &Value::Null).await.0,
        404
    );
    assert_eq!(call(&shop, Method::PUT, &path, &book("Gone")).await.0, 404);
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let shop = open().await;
    let body = json!({ "title": "", "author": "Nobody", "year": 1843, "category": "lives" });
    let (status, problem) = call(&shop, Method::POST, "/api/books", &body).await;
    assert_eq!(status, 422);
    let fields: Vec<_> = problem["fields"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["author", "price_pence", "title"]);
}

#[tokio::test]
async fn changes_need_the_key_and_reading_does_not() {
    let shop = open().await;
    let sent = shop
        .post("/api/books")
        .json(&book("Notes"))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 401);
    let sent = shop
        .client
        .delete(shop.url("/api/books/1"))
        .header("x-api-key", "guess");
    assert_eq!(sent.send().await.unwrap().status(), 401);
    // The key's layer is around POST, PUT and DELETE only: another method is not a matter of keys.
    let sent = shop.client.patch(shop.url("/api/books/1"));
    assert_eq!(sent.send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn half_a_json_is_refused_by_the_extractor() {
    let shop = open().await;
    let sent = shop
        .post("/api/books")
        .header("x-api-key", "bookshop-demo-key")
        .header("content-type", "application/json")
        .body("{\"title\": \"Half a bo");
    assert_eq!(sent.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn cors_and_no_store_are_for_the_api_only() {
    let shop = open().await;
    let api = shop.get("/api/books").await;
    assert_eq!(header(&api, "access-control-allow-origin"), "*");
    assert_eq!(header(&api, "cache-control"), "no-store");
    assert_eq!(header(&api, "set-cookie"), "");
    let page = shop.get("/books").await;
    assert_eq!(header(&page, "access-control-allow-origin"), "");

    let preflight = shop
        .client
        .request(Method::OPTIONS, shop.url("/api/books"))
        .header("origin", "http://elsewhere.example")
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 200);
    assert!(header(&preflight, "access-control-allow-methods").contains("DELETE"));
}
