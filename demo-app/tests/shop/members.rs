use crate::support::{client, header, open};

#[tokio::test]
async fn the_session_cookie_is_set_once_and_kept_from_scripts() {
    let shop = open().await;
    let first = shop.get("/").await;
    let cookie = header(&first, "set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(header(&shop.get("/").await, "set-cookie"), "");
}

#[tokio::test]
async fn without_login_the_layer_answers() {
    let shop = open().await;
    for path in ["/account", "/cart"] {
        assert_eq!(shop.get(path).await.status(), 401, "{path}");
    }
    let add = shop.post("/cart/items").form(&[("book_id", 1)]);
    assert_eq!(add.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn login_account_logout() {
    let shop = open().await;
    assert_eq!(shop.get("/login").await.status(), 200);
    let sent = shop.log_in().await;
    assert_eq!(sent.status(), 303);
    assert_eq!(header(&sent, "location"), "/account");
    let account = shop.get("/account").await;
    assert_eq!(account.status(), 200);
    assert!(account.text().await.unwrap().contains("Hello, Ada"));

    assert_eq!(shop.post("/logout").send().await.unwrap().status(), 303);
    assert_eq!(shop.get("/account").await.status(), 401);
}

#[tokio::test]
async fn a_login_without_a_session_before_it_is_kept() {
    let shop = open().await;
    let sent = shop.log_in().await;
    assert_eq!(sent.headers().get_all("set-cookie").iter().count(), 1);
    assert_eq!(shop.get("/account").await.status(), 200);
}

#[tokio::test]
async fn a_session_from_before_the_login_is_worth_nothing_after_it() {
    let shop = open().await;
    let before = shop.get("/").await;
    let old = header(&before, "set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    shop.log_in().await;
    let request = client().get(shop.url("/account")).header("cookie", old);
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let shop = open().await;
    let form = [("email", "ada@bookshop.example"), ("password", "shallot")];
    let sent = shop.post("/login").form(&form).send().await.unwrap();
    assert_eq!(sent.status(), 401);
    assert!(sent.text().await.unwrap().contains("No reader has"));
}

#[tokio::test]
async fn a_cart_becomes_an_order() {
    let shop = open().await;
    shop.log_in().await;
    let add = |book: i64| {
        shop.post("/cart/items")
            .form(&[("book_id", book), ("quantity", 2)])
            .send()
    };
    assert_eq!(add(1).await.unwrap().status(), 303);
    assert_eq!(add(4040404).await.unwrap().status(), 404);
    let cart = shop.get("/cart").await.text().await.unwrap();
    assert!(
        cart.contains("Pride and Prejudice") && cart.contains("£10.98"),
        "{cart}"
    );

    let sent = shop.post("/cart/checkout").send().await.unwrap();
    assert_eq!(header(&sent, "location"), "/account");
    assert!(
        shop.get("/account")
            .await
            .text()
            .await
            .unwrap()
            .contains("£10.98")
    );
    let book = shop.get("/books/1").await.text().await.unwrap();
    assert!(book.contains("4 in stock"), "{book}");
    let again = shop.post("/cart/checkout").send().await.unwrap();
    assert_eq!(header(&again, "location"), "/cart");
}
