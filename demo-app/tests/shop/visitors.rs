use std::collections::BTreeSet;
use std::time::Duration;

use bookshop::visitors::{self, Ending, Kind, OPENING_VISITS, Report, Visited, VisitorConfig};
use tokio::sync::mpsc;

use crate::support::{Shop, open};

async fn visit(shop: &Shop, seed: u64, visits: u64) -> (Report, Vec<Visited>) {
    let (log, mut read) = mpsc::unbounded_channel();
    let config = VisitorConfig {
        seed,
        visits: Some(visits),
        pace: Duration::from_millis(2),
        log: Some(log),
        ..VisitorConfig::default()
    };
    let report = visitors::run(shop.running.addr(), config).await.unwrap();
    let mut visited = Vec::new();
    while let Some(one) = read.recv().await {
        visited.push(one);
    }
    visited.sort_by_key(|one| one.visit.number);
    (report, visited)
}

#[tokio::test]
async fn forty_visits_see_every_route_and_every_way_to_end() {
    let shop = open().await;
    let (report, visited) = visit(&shop, 7, OPENING_VISITS as u64).await;
    assert_eq!(report.made, 40);
    assert_eq!(visited.len(), 40);
    assert!(report.surprises.is_empty(), "{:#?}", report.surprises);

    let routes: BTreeSet<&str> = visited.iter().map(|one| one.visit.kind.route()).collect();
    let wanted = [
        "(fallback)",
        "/",
        "/account",
        "/api/books",
        "/api/books/{id}",
        "/assets/shop.css",
        "/authors",
        "/books",
        "/books/{id}",
        "/books/{id}/reviews",
        "/busy",
        "/cart",
        "/cart/checkout",
        "/cart/items",
        "/download/{id}",
        "/error",
        "/events",
        "/export/books.csv",
        "/health",
        "/login",
        "/logout",
        "/old-books",
        "/panic",
        "/slow",
        "/upload",
    ];
    assert_eq!(routes, BTreeSet::from(wanted));

    let statuses: BTreeSet<u16> = visited
        .iter()
        .filter_map(|one| match &one.ending {
            Ending::Answered(status) => Some(status.as_u16()),
            _ => None,
        })
        .collect();
    let wanted = [200, 201, 204, 303, 308, 401, 404, 405, 422, 500, 503];
    assert_eq!(statuses, BTreeSet::from(wanted));
    for left in [Kind::Events, Kind::ExportDropped, Kind::SlowGivenUp] {
        assert!(
            visited
                .iter()
                .any(|one| one.visit.kind == left && one.ending == Ending::Left)
        );
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_requests_and_no_other_is_a_surprise() {
    let requests = async |seed| {
        let shop = open().await;
        let (report, visited) = visit(&shop, seed, 150).await;
        assert_eq!(report.made, 150);
        assert!(report.surprises.is_empty(), "{:#?}", report.surprises);
        // Which number a new book gets depends on who was served first.
        let what = |one: Visited| match one.visit.kind {
            Kind::ApiUpdate | Kind::ApiDelete => (one.visit, String::new()),
            _ => (one.visit, one.path),
        };
        visited.into_iter().map(what).collect::<Vec<_>>()
    };
    let (first, second) = tokio::join!(requests(11), requests(11));
    assert_eq!(first, second);
}

#[tokio::test]
async fn endless_visitors_go_home_when_dropped() {
    let shop = open().await;
    let (log, mut read) = mpsc::unbounded_channel();
    let config = VisitorConfig {
        pace: Duration::from_millis(1),
        log: Some(log),
        ..VisitorConfig::default()
    };
    let run = visitors::run(shop.running.addr(), config);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), run)
            .await
            .is_err()
    );
    // The log closes when the last visitor is gone.
    let rest = async { while read.recv().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(2), rest)
        .await
        .expect("somebody is still in the shop");
}
