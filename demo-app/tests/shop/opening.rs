use std::time::{Duration, Instant};

use bookshop::shop::{self, ShopConfig};

use crate::support::{config, header, open};

#[tokio::test]
async fn a_taken_port_gives_way_to_the_next() {
    let first = open().await;
    let taken = first.running.addr().port();
    let folder = tempfile::tempdir().unwrap();
    let wanted = ShopConfig {
        port: taken,
        ..config(&folder)
    };
    let second = shop::start(wanted).await.unwrap();
    assert!((taken + 1..=taken + 20).contains(&second.addr().port()));
    second.stop().await.unwrap();
}

#[tokio::test]
async fn open_streams_do_not_keep_the_shop_open() {
    let shop = open().await;
    let mut events = shop.get("/events").await;
    events.chunk().await.unwrap().unwrap();
    let url = shop.url("/slow?seconds=1");
    let slow = tokio::spawn(shop.client.get(url).send());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    shop.running.stop().await.unwrap();
    assert!(
        started.elapsed() < Duration::from_millis(1500),
        "{:?}",
        started.elapsed()
    );
    // The ticker ended properly: the last chunk is followed by the end, not by an error.
    while events.chunk().await.unwrap().is_some() {}
    slow.abort();
}

#[tokio::test]
async fn an_idle_shop_closes_at_once() {
    let shop = open().await;
    shop.get("/").await.bytes().await.unwrap();
    let started = Instant::now();
    shop.running.stop().await.unwrap();
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn what_was_sold_stays_sold_when_it_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let client = crate::support::client();
    let first = shop::start(config(&folder)).await.unwrap();
    let form = [
        ("reader", "Eve"),
        ("stars", "4"),
        ("body", "Kept over night."),
    ];
    let sent = client
        .post(format!("{}/books/9/reviews", first.url()))
        .form(&form)
        .send();
    assert_eq!(header(&sent.await.unwrap(), "location"), "/books/9#reviews");
    first.stop().await.unwrap();

    let second = shop::start(config(&folder)).await.unwrap();
    let page = client
        .get(format!("{}/books/9", second.url()))
        .send()
        .await
        .unwrap();
    assert!(page.text().await.unwrap().contains("Kept over night."));
    second.stop().await.unwrap();
}
