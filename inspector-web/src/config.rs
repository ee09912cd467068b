//! Where to listen, how much to keep, what clients may cost.

use crate::Error;
use onionskin::link::{socket, tcp::Key};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// The port asked for first: `PEEL` on a telephone's keys. No browser blocks it or the ones tried after it.
pub const DEFAULT_PORT: u16 = 7335;

/// How many ports above the one asked for are tried when it is taken.
pub const PORTS_TRIED: u16 = 20;

/// The port for apps that connect by TCP, if none is told.
pub const LINK_PORT: u16 = DEFAULT_PORT - 1;

/// The ports that senders of OTLP take for gRPC and for HTTP, if they are told none.
pub const OTLP_PORTS: [u16; 2] = [4317, 4318];

/// How an inspector is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where HTTP is served: `localhost`, `127.0.0.1` or `::1`. Everything else is refused.
    pub host: String,
    /// The port asked for; 0 takes any free one. Where it is taken, up to [`PORTS_TRIED`] above it are tried.
    pub port: u16,
    /// The Unix socket where apps connect.
    pub socket: PathBuf,
    /// Where apps connect that can't reach the socket; none: nowhere.
    pub link: Option<TcpLink>,
    /// Bytes that the store may hold, all app runs together.
    pub memory: u64,
    /// What clients may cost.
    pub limits: Limits,
    /// Where spans of other services are received; none: nowhere.
    pub otlp: Option<Otlp>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: DEFAULT_PORT,
            socket: socket::default_path(),
            link: None,
            memory: 256 << 20,
            limits: Limits::default(),
            otlp: None,
        }
    }
}

/// Where apps connect by TCP, which know the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpLink {
    /// The addresses.
    pub addresses: Vec<SocketAddr>,
    /// The key; none: one that is drawn the first time and kept beside the socket.
    pub key: Option<Key>,
}

impl Default for TcpLink {
    fn default() -> Self {
        Self {
            addresses: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, LINK_PORT))],
            key: None,
        }
    }
}

/// Where spans of other services are received, as OTLP. Senders have no token: whoever reaches an address can have spans shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otlp {
    /// The addresses. Each takes gRPC and HTTP.
    pub addresses: Vec<SocketAddr>,
    /// Bytes that the spans may have.
    pub memory: u64,
    /// Connections at the same time, on each address; more are told 503 and closed.
    pub connections: usize,
    /// Longest silence of a sender: they keep a connection between two batches, which are seldom more than a minute apart.
    pub silence: Duration,
}

impl Default for Otlp {
    fn default() -> Self {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            addresses: OTLP_PORTS.map(address).into(),
            memory: 32 << 20,
            connections: 64,
            silence: Duration::from_secs(90),
        }
    }
}

/// What clients may cost. Slow ones are cut and many are turned away, so that the others are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Links of apps at the same time: on the socket, and on each address.
    pub links: usize,
    /// HTTP connections at the same time; more are told 503 and closed.
    pub connections: usize,
    /// Clients of `/api/live` at the same time; more are told 503.
    pub live_clients: usize,
    /// Events a live client may be behind; then it skips to the newest and is told how many it missed. 8,192 events are
    /// about 4 MiB of JSON.
    pub live_backlog: u64,
    /// How long a peer may take for the head of a request, or for its hello.
    pub head: Duration,
    /// How long a write may wait for a client that does not read.
    pub write: Duration,
    /// How long the answer to a wrong token is held back.
    pub wrong_token: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            links: 256,
            connections: 512,
            live_clients: 16,
            live_backlog: 8192,
            head: Duration::from_secs(5),
            write: Duration::from_secs(5),
            wrong_token: Duration::from_millis(250),
        }
    }
}

/// The address for a configured host. Only spellings of loopback that browsers treat as such are known here, so every
/// spelling of a wildcard or of another address is refused without being parsed.
pub(crate) fn loopback(host: &str) -> Result<IpAddr, Error> {
    match host {
        "localhost" | "127.0.0.1" => Ok(Ipv4Addr::LOCALHOST.into()),
        "::1" | "[::1]" => Ok(Ipv6Addr::LOCALHOST.into()),
        other => Err(Error::NotLoopback { host: other.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_bound() {
        for host in ["localhost", "127.0.0.1", "::1", "[::1]"] {
            assert!(loopback(host).unwrap().is_loopback());
        }
        for host in [
            "",
            "0",
            "0x0",
            "0.0.0.0",
            "::",
            "[::]",
            "::ffff:0.0.0.0",
            "::ffff:127.0.0.1",
            "127.1",
            "127.0.0.2",
            "2130706433",
            "localhost.",
            "localhost6",
            "*",
            "192.168.1.2",
            "example.org",
        ] {
            let error = loopback(host).unwrap_err();
            assert!(matches!(error, Error::NotLoopback { .. }), "{host}");
        }
    }
}
