//! Recording: everything that runs inside the user's app. Compiled only with `debug_assertions` or `in-release`.
//!
//! In the order of a request's way:
//!
//! - `serve`: axum's, on a `connection` with a clock; `server`: the outermost probe ([`written`], [`websocket`]); [`router`], [`method_router`], [`routing`]: axum's own, with probes inside
//! - [`probe`]: the probe between two layers; [`traced`]: the pair of them around one; [`handler`]: the one around a handler; [`body`]: the one in a body ([`events`])
//! - [`handle`]: how probes of one cycle find its recording; [`recording`]: what happened, encoded as it happens
//! - [`heads`]: what a message's head looked like, compared in place; what is copied is noted for masking (`unmasked`)
//! - [`outbox`]: finished cycles, per thread; [`ring`]: the newest of them; [`agent`]: the thread that moves them on;
//!   [`tally`]: what became of them; [`sync`]: what these share
//! - [`site`]: the places where probes stand; [`map`]: the static map of the app; [`panics`]: message and place
//! - `logs`: `tracing` events and spans; [`template`], `diesel`: what took a while inside a view
//! - [`watch`]: extensions whose values are shown
//! - [`control`]: the switch; [`tap`]: cycles of tests

pub(crate) mod agent;
pub(crate) mod body;
#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
pub(crate) mod connection;
pub(crate) mod control;
#[cfg(feature = "diesel")]
pub(crate) mod diesel;
pub(crate) mod events;
pub(crate) mod handle;
pub(crate) mod handler;
pub(crate) mod heads;
pub(crate) mod lean;
#[cfg(feature = "subscriber")]
pub(crate) mod logs;
pub(crate) mod map;
pub(crate) mod method_router;
pub(crate) mod outbox;
pub(crate) mod panics;
pub(crate) mod probe;
pub(crate) mod recording;
pub(crate) mod ring;
pub(crate) mod router;
pub(crate) mod routing;
#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
pub(crate) mod serve;
#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
pub(crate) mod server;
pub(crate) mod share;
pub(crate) mod site;
pub(crate) mod sync;
pub(crate) mod tally;
pub(crate) mod tap;
pub(crate) mod template;
pub(crate) mod traced;
pub(crate) mod unmasked;
pub(crate) mod watch;
pub(crate) mod websocket;
pub(crate) mod written;

pub(crate) use crate::redact;
