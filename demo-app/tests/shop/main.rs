//! The shop, from outside: a real server on a free port, real requests.

mod support;

/// What everybody may look at, and the routes that misbehave.
mod pages;

/// Sessions, login, cart.
mod members;

/// CSV, downloads, uploads, events: bodies that are not a page.
mod streams;

/// The JSON API.
mod api;

/// What layers do to whatever passes.
mod layers;

/// Which layer does it: the timeline, asserted. (In a release build there is none.)
#[cfg(debug_assertions)]
mod stack;

/// Simulated people.
mod visitors;

/// Opening and closing.
mod opening;

/// Collectors that misbehave.
mod collector;
#[path = "../../../inspector-web/tests/inspector/receiver.rs"]
mod receiver;
use axum::spans;

/// Its cycles through a real Jaeger and back.
mod jaeger;
#[path = "../../../inspector-tui/tests/files/real_jaeger.rs"]
#[allow(dead_code)] // the tests of the command use it too
mod real_jaeger;

/// Spans of other services beside its cycles.
mod beside;

/// The `bookshop` command: in a terminal, and without one.
mod command;

/// Every key of the terminal UI.
#[cfg(debug_assertions)]
mod keys;

/// What it does with bytes that would steer a terminal.
#[cfg(debug_assertions)]
mod hostile;
#[path = "../../../inspector-tui/tests/terminal/pty.rs"]
mod pty;

#[path = "../../../tests/sight/eyes.rs"]
#[allow(dead_code)] // most of it is for `tests/sight`
mod eyes;
/// On the screens of the terminal UI.
mod sight;
