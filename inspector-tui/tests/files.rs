//! The command with files: recordings, exports.
//!
//! - `app`: an app that speaks to the inspector
//! - `command`: the command, started
//! - `config`: the configuration: who counts more, what is said of a wrong one
//! - `recording`: recorded, killed, without room, opened
//! - `full`: file systems without room
//! - `export`: formats, outputs, exit codes
//! - `show`: `tail`, `show`, completions, manual pages
//! - `jaeger`: cycles in a real Jaeger (`real_jaeger`), and back
//! - `secure`: to a Jaeger behind TLS, and back; `authority`: who signs its certificate
//! - `link`: `--link`, for apps by TCP
//! - `otlp`: `--otlp` where an inspector runs already
//! - `sending`: `onionskin send` to receivers that misbehave; `receiver`: these

#[path = "files/app.rs"]
mod app;
#[path = "../../core/src/otel/send/tests/authority.rs"]
mod authority;
#[path = "files/command.rs"]
mod command;
#[path = "files/config.rs"]
mod config;
#[path = "files/export.rs"]
mod export;
#[path = "../../inspector-web/src/fixture.rs"]
#[allow(dead_code, unreachable_pub)]
mod fixture;
#[path = "files/full.rs"]
mod full;
#[path = "files/jaeger.rs"]
mod jaeger;
#[path = "files/link.rs"]
mod link;
#[path = "files/otlp.rs"]
mod otlp;
#[path = "files/real_jaeger.rs"]
#[allow(dead_code)] // the tests of the demo app use it too
mod real_jaeger;
#[path = "../../inspector-web/tests/inspector/receiver.rs"]
#[allow(dead_code)] // the tests of the demo app use it too
mod receiver;
#[path = "files/recording.rs"]
mod recording;
#[path = "files/secure.rs"]
mod secure;
#[path = "files/sending.rs"]
mod sending;
#[path = "files/show.rs"]
mod show;

use onionskin::spans;
