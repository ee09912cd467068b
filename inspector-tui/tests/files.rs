//! The command with files: recordings, exports.
//!
//! - `app`: an app that speaks to the inspector
//! - `command`: the command, started
//! - `recording`: recorded, killed, without room, opened
//! - `export`: formats, outputs, exit codes
//! - `show`: `tail`, `show`, completions, manual pages

#[path = "files/app.rs"]
mod app;
#[path = "files/command.rs"]
mod command;
#[path = "files/export.rs"]
mod export;
#[path = "../../inspector-web/src/fixture.rs"]
#[allow(dead_code, unreachable_pub)]
mod fixture;
#[path = "files/recording.rs"]
mod recording;
#[path = "files/show.rs"]
mod show;
