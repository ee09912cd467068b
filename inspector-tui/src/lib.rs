//! The terminal UI of onionskin, and the `onionskin` command.
//!
//! Everything shown comes from the inspector's HTTP API, also where the inspector runs in this process. In reading order:
//!
//! - [`cli`]: the command: starts an inspector or attaches to one, then shows it
//! - [`run`](mod@run): the loop: events in, state changed, screen drawn
//! - `pace`: when it is drawn
//! - [`event`]: what can happen, and what the state asks for in return
//! - [`config`]: the configuration: a file, the environment
//! - [`keys`]: the one table of keys, and what the configuration makes of it; `mouse`: clicks, and what is dragged
//! - [`app`]: the state; it knows nothing of a terminal
//! - [`ui`]: the screen, one file a region; [`theme`] its colours
//! - [`picture`]: images of bodies
//! - [`ask`]: what screens ask the inspector, and what it answered
//! - [`source`]: asks the inspector
//! - `browser`: the dashboard, opened with its token and without telling it
//! - `program`: an editor or a pager, which has the terminal for a while
//! - `screen`: the terminal, taken and given back
//! - [`signals`]: what ends a program in good order
//! - [`headless`]: cycles as lines, without a terminal
//! - [`error`]: why the UI ended when nobody asked it to

pub mod app;
pub mod ask;
pub mod cli;
pub mod config;
pub mod error;
pub mod event;
pub mod headless;
pub mod keys;
pub mod picture;
pub mod run;
pub mod signals;
pub mod source;
pub mod theme;
pub mod ui;
pub mod zone;

mod browser;
#[cfg(test)]
#[path = "../../inspector-web/src/generated.rs"]
mod generated;
mod mouse;
mod pace;
mod program;
mod screen;

pub use error::Error;
pub use headless::HeadlessConfig;
pub use run::{RunConfig, run};
pub use source::answer_of;

#[cfg(test)]
mod testing;
