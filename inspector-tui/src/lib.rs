//! The terminal UI of onionskin, and the `onionskin` command.
//!
//! Everything shown comes from the inspector's HTTP API, also where the inspector runs in this process. In reading order:
//!
//! - [`cli`]: the command: starts an inspector or attaches to one, then shows it
//! - [`run`](mod@run): the loop: events in, state changed, screen drawn
//! - [`event`]: what can happen, and what the state asks for in return
//! - [`keys`]: the one table of keys
//! - [`app`]: the state; it knows nothing of a terminal
//! - [`ui`]: the screen, one file a region; [`theme`] its colours
//! - [`ask`]: what screens ask the inspector, and what it answered
//! - [`source`]: asks the inspector
//! - `browser`: the dashboard, opened with its token and without telling it
//! - `screen`: the terminal, taken and given back
//! - [`signals`]: what ends a program in good order
//! - [`headless`]: cycles as lines, without a terminal
//! - [`error`]: why the UI ended when nobody asked it to

pub mod app;
pub mod ask;
pub mod cli;
pub mod error;
pub mod event;
pub mod headless;
pub mod keys;
pub mod run;
pub mod signals;
pub mod source;
pub mod theme;
pub mod ui;

mod browser;
mod screen;

pub use error::Error;
pub use headless::HeadlessConfig;
pub use run::{RunConfig, run};

#[cfg(test)]
mod testing;
