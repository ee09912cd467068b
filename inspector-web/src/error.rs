//! Why an inspector does not start.

use crate::Running;
use onionskin::link::tcp::NoKey;
use std::{io, net::SocketAddr, path::PathBuf};

/// Why an inspector does not start. The message says what was tried, on what, and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another inspector has this socket.
    #[error(
        "another inspector{} is running on {}; attach to it, or set ONIONSKIN_SOCKET to another path",
        running.as_ref().map(|r| format!(" (pid {})", r.pid)).unwrap_or_default(),
        socket.display()
    )]
    AlreadyRunning {
        /// The socket.
        socket: PathBuf,
        /// What it says of itself; none if it left no note.
        running: Option<Running>,
    },
    /// HTTP is served on loopback only.
    #[error(
        "will not serve HTTP on {host:?}: recorded requests are for this machine only; use localhost, 127.0.0.1 or ::1"
    )]
    NotLoopback {
        /// The host that was asked for.
        host: String,
    },
    /// No port could be bound.
    #[error(
        "can't listen on {host}, port {first}{}: {source}; choose another port",
        if last > first { format!(" to {last}") } else { String::new() }
    )]
    Listen {
        /// The host.
        host: String,
        /// The port asked for.
        first: u16,
        /// The last one tried.
        last: u16,
        /// Why not the last one.
        source: io::Error,
    },
    /// An address for OTLP could not be bound.
    #[error(
        "can't receive OTLP on {address}: {source}; end what listens there (a collector, Jaeger), or choose other ports: \
         --otlp=14317,14318"
    )]
    Otlp {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// An address for apps could not be bound.
    #[error("apps can't connect to {address}: {source}; choose another port: --link=17334")]
    Link {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// What is kept as the key for apps is none.
    #[error("the key for apps in {} can't be read: {source}; remove the file, and another key is drawn", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: NoKey,
    },
    /// The socket's directory is not fit.
    #[error("can't use the directory of {}: {source}", socket.display())]
    SocketDirectory {
        /// The socket.
        socket: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something that is not a socket is in the socket's place.
    #[error("{} is not a socket; move it away, or set ONIONSKIN_SOCKET to another path", socket.display())]
    NotASocket {
        /// The path.
        socket: PathBuf,
    },
    /// A file beside the socket, or the socket, could not be made.
    #[error("can't {operation} {}: {source}; set ONIONSKIN_SOCKET to a shorter path in a directory of your own", path.display())]
    Socket {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The system gave no random bytes for a secret.
    #[error("can't get random bytes from the system: {0}")]
    Random(getrandom::Error),
}
