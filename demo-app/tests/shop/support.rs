//! A shop for one test.

use std::time::Duration;

use bookshop::shop::{self, RunningShop, ShopConfig};
use reqwest::{Client, RequestBuilder, Response, redirect};
use tempfile::TempDir;

pub(crate) struct Shop {
    pub(crate) running: RunningShop,
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
}

/// Opens a shop on a free port, in a folder of its own.
pub(crate) async fn open() -> Shop {
    let folder = tempfile::tempdir().unwrap();
    let running = shop::start(config(&folder)).await.unwrap();
    Shop {
        running,
        folder,
        client: client(),
    }
}

pub(crate) fn config(folder: &TempDir) -> ShopConfig {
    ShopConfig {
        port: 0,
        data_dir: folder.path().to_owned(),
        ticker_period: Duration::from_millis(20),
        ..ShopConfig::default()
    }
}

/// A client with a cookie jar of its own that follows no redirect.
pub(crate) fn client() -> Client {
    Client::builder()
        .cookie_store(true)
        .gzip(false)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

impl Shop {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// Logs the shop's client in.
    pub(crate) async fn log_in(&self) -> Response {
        self.post("/login")
            .form(&[("email", "ada@bookshop.example"), ("password", "onion")])
            .send()
            .await
            .unwrap()
    }
}

/// The value of a header, as text; empty when there is none.
pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}
