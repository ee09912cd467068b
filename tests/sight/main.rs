//! Each thing that is captured, on the screens of the terminal UI: real apps, real sockets, a real inspector, the UI's own
//! state and drawing, walked with its keys. What is said must be on a terminal of 120x40, and on one of 80x24.

// What the tests work with: apps in processes of their own, an inspector, clients that send bytes, and the UI, looked at.
#[expect(dead_code, reason = "some of it is for the suite")]
#[path = "../suite/app.rs"]
mod app;
mod eyes;
#[path = "../suite/h2c.rs"]
mod h2c;
#[expect(dead_code, reason = "some of it is for the suite")]
#[path = "../suite/raw.rs"]
mod raw;
mod scene;
#[expect(dead_code, reason = "some of it is for the suite")]
#[path = "../suite/watch.rs"]
mod watch;

// What is known from the connection: when, how many bytes, how often it was used, chunks, trailers, whole or cut.
mod connection;

// What layers did to the messages, where they stand, and which never ran.
mod middleware;

// Which route it was, or why it was none.
mod resolve;

// The view, and what happened in it.
mod view;

// Every way in which a cycle may end.
mod endings;

// What one cycle has no room for is said.
mod caps;
