//! The inspector: it takes the links of apps, keeps their cycles and answers for them over HTTP.
//!
//! ```text
//! app ──link──▶ hub ──▶ store ──▶ api ◀── server ◀──HTTP── client, browser
//!                                          guard
//! ```
//!
//! In reading order:
//!
//! - [`config`]: where to listen, how much to keep, what clients may cost
//! - `inspector`: [`start`] and [`Inspector`], which puts the parts together
//! - `claim`: one inspector a socket: the lock, a dead one's socket, the note for who wants to attach
//! - `hub`: the accept loop for apps; `hub::link` one app's link, `hub::reader` lines and frames, `hub::tables` names
//! - [`store`]: cycles of all runs in memory, bounded in bytes, with exact counters
//! - `filter`: which cycles a person wants to see
//! - `map`: the map of an app, with figures
//! - `server`: the accept loop for HTTP clients, with time limits and caps
//! - `guard`: who may ask at all: Host, Origin, method, token
//! - `api`: the routes; [`model`] what they answer
//! - [`view`]: a cycle as it is looked at: timeline, messages, bodies
//! - [`export`]: cycles in the formats of others
//! - [`recording`]: cycles in a file
//! - [`sending`]: cycles to a collector or Jaeger
//! - [`client`]: the same API from the other side, for the UIs
//! - [`keys`]: the one table of keys of both UIs
//! - [`jaeger`]: cycles back from Jaeger
//! - `otlp`: spans of other services, received
//! - [`error`]: why an inspector does not start

pub mod client;
pub mod config;
pub mod error;
pub mod export;
pub mod jaeger;
pub mod keys;
pub mod model;
pub mod recording;
pub mod sending;
pub mod store;
pub mod view;

mod api;
mod claim;
mod filter;
mod guard;
mod hub;
mod inspector;
mod map;
mod otlp;
mod server;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod generated;

pub use claim::{Running, running};
pub use client::Client;
pub use config::{Config, Limits, Otlp, TcpLink};
pub use error::Error;
pub use inspector::{Inspector, open, start};
