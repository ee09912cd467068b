//! The terminal UI of onionskin, and the `onionskin` command.
//!
//! Everything shown comes from the inspector's HTTP API, also where the inspector runs in this process. In reading order:
//!
//! - [`event`]: what can happen, and what the state asks for in return
//! - [`keys`]: the one table of keys
//! - [`app`]: the state; it knows nothing of a terminal
//! - [`ui`]: the screen, one file a region; [`theme`] its colours

pub mod app;
pub mod event;
pub mod keys;
pub mod theme;
pub mod ui;

#[cfg(test)]
mod testing;
