//! A small bookshop, and people who visit it: something real to look at with Onionskin.
//!
//! Modules, in reading order:
//!
//! | module | one line |
//! |---|---|
//! | [`shop`] | start the shop on a free port, stop it again |
//! | [`app`] | every route and every layer, in one place |
//! | `state` | what handlers and layers share |
//! | [`layers`] | the shop's own middleware: session, login, process time, … |
//! | `pages` | the handlers that answer with HTML, files and streams |
//! | `api` | the JSON API |
//! | [`error`] | what can go wrong, and the page that says so |
//! | [`store`] | the SQLite file: migrations, seed, queries |
//! | [`visitors`] | simulated people with browsers, over real sockets |
//! | [`cli`] | the flags of the `bookshop` command |
//! | [`run`](mod@run) | what the command does: shop, visitors, inspector, UI |
//! | `chance` | the seeded generator behind seed and visitors |
//!
//! ```no_run
//! # async fn run() -> anyhow::Result<()> {
//! let shop = bookshop::shop::start(bookshop::shop::ShopConfig::default()).await?;
//! println!("open http://{}", shop.addr());
//! bookshop::visitors::run(shop.addr(), bookshop::visitors::VisitorConfig::default()).await?;
//! shop.stop().await
//! # }
//! ```

pub mod shop;

pub mod app;
mod state;

pub mod layers;
mod pages;

mod api;
pub mod error;
pub mod store;

pub mod visitors;

pub mod cli;
pub mod run;

mod chance;
