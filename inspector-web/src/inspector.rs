//! The parts put together.

use crate::{
    Config, Error, Running,
    api::Api,
    claim::Claim,
    config,
    guard::Guard,
    guard::Token,
    hub,
    otlp::{self, Receiver},
    recording::OpenedFile,
    server,
    store::Store,
};
use onionskin::link::tcp::Address;
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    task::JoinHandle,
};

/// An inspector that runs. Dropping it ends it at once, [`shutdown`](Self::shutdown) lets answers finish.
#[must_use = "dropping it ends the inspector"]
pub struct Inspector {
    url: String,
    base_url: String,
    token: Token,
    socket: PathBuf,
    links: Vec<Address>,
    port_was_taken: Option<u16>,
    store: Store,
    closing: watch::Sender<bool>,
    server: JoinHandle<()>,
    hub: Option<JoinHandle<()>>,
    otlp: Option<JoinHandle<()>>,
    otlp_addresses: Arc<[SocketAddr]>,
    /// Last, so that the socket goes after who listens on it.
    _claim: Option<Claim>,
}

/// Starts an inspector on the current tokio runtime.
///
/// # Errors
/// If another inspector has the socket, if the host is not loopback, if no port is free, if an address for apps or for OTLP is
/// taken, if the key for apps can't be read, or if the socket can't be made.
pub async fn start(config: Config) -> Result<Inspector, Error> {
    let host = config::loopback(&config.host)?;
    let token = Token::random()?;
    let (claim, apps) = Claim::take(&config.socket)?;
    let apps = UnixListener::from_std(apps).map_err(|source| Error::Socket {
        operation: "listen on",
        path: config.socket.clone(),
        source,
    })?;
    let tcp = match &config.link {
        Some(link) => {
            let key = link.key.clone().map_or_else(|| claim.key(), Ok)?;
            Some((
                listeners(&link.addresses, |address, source| Error::Link {
                    address,
                    source,
                })
                .await?,
                key,
            ))
        }
        None => None,
    };
    let links = tcp.iter().flat_map(|(listeners, key)| {
        let addresses = listeners.iter().flat_map(TcpListener::local_addr);
        addresses.map(|address| Address {
            host: address.to_string(),
            key: key.clone(),
        })
    });
    let doors = Doors {
        socket: &config.socket,
        links: links.collect(),
    };
    let store = Store::new(config.memory);
    let mut inspector = serve(&config, host, token, store, Some(doors), None).await?;
    claim.note(&Running {
        pid: std::process::id(),
        url: inspector.url.clone(),
    })?;
    inspector.hub = Some(tokio::spawn(hub::run(
        apps,
        tcp,
        inspector.store.clone(),
        config.limits,
    )));
    inspector._claim = Some(claim);
    Ok(inspector)
}

/// Serves what a file holds, as an inspector serves what apps send: nothing else comes. The socket and the memory of
/// `config` are not used, and no spans are received.
///
/// # Errors
/// If the file can't be read or is none that is known, if the host is not loopback, or if no port is free.
pub async fn open(config: Config, opened: OpenedFile) -> Result<Inspector, Error> {
    let host = config::loopback(&config.host)?;
    let token = Token::random()?;
    let config = Config {
        otlp: None,
        ..config
    };
    serve(
        &config,
        host,
        token,
        opened.store.clone(),
        None,
        Some(opened),
    )
    .await
}

/// Where apps connect.
struct Doors<'a> {
    socket: &'a Path,
    links: Vec<Address>,
}

async fn serve(
    config: &Config,
    host: IpAddr,
    token: Token,
    store: Store,
    doors: Option<Doors<'_>>,
    opened: Option<OpenedFile>,
) -> Result<Inspector, Error> {
    let (listener, address) = bind(host, config.port).await?;
    let port = address.port();
    let base_url = format!("http://{address}");
    let (closing, is_closing) = watch::channel(false);
    let limits = config.limits.clone();
    let (otlp, receiver) = match &config.otlp {
        Some(config) => {
            let listeners = listeners(&config.addresses, |address, source| Error::Otlp {
                address,
                source,
            })
            .await?;
            let addresses = listeners.iter().flat_map(TcpListener::local_addr).collect();
            let spans = otlp::Spans::new(config.memory, store.bell());
            let run = otlp::run(
                listeners,
                spans.clone(),
                config.clone(),
                limits.write,
                is_closing.clone(),
            );
            (Some(tokio::spawn(run)), Some(Receiver { spans, addresses }))
        }
        None => (None, None),
    };
    let otlp_addresses = receiver.as_ref().map(|r| r.addresses.clone());
    let (socket, links) = doors.map(|doors| (doors.socket, doors.links)).unzip();
    let links = links.unwrap_or_default();
    let api = Api::new(
        store.clone(),
        socket,
        opened,
        limits.clone(),
        is_closing.clone(),
    )
    .receiving(receiver)
    .linked(&links);
    let guard = Guard::new(port, token.clone(), limits.wrong_token);
    Ok(Inspector {
        url: format!("{base_url}/#token={}", token.as_str()),
        base_url,
        token,
        port_was_taken: Some(config.port).filter(|&asked| asked != 0 && asked != port),
        closing,
        server: tokio::spawn(server::run(listener, guard, api, limits, is_closing)),
        hub: None,
        otlp,
        otlp_addresses: otlp_addresses.unwrap_or_default(),
        store,
        socket: config.socket.clone(),
        links,
        _claim: None,
    })
}

/// Listens on all addresses, or on none.
async fn listeners(
    addresses: &[SocketAddr],
    failed: fn(SocketAddr, io::Error) -> Error,
) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::new();
    for &address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|source| failed(address, source))?);
    }
    Ok(listeners)
}

/// Listens on a port, or on the next one that is free.
async fn bind(host: IpAddr, first: u16) -> Result<(TcpListener, SocketAddr), Error> {
    let last = match first {
        0 => 0,
        _ => first.saturating_add(config::PORTS_TRIED),
    };
    let mut port = first;
    loop {
        let listener = TcpListener::bind((host, port)).await;
        match listener.and_then(|listener| Ok((listener.local_addr()?, listener))) {
            Ok((address, listener)) => return Ok((listener, address)),
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse && port < last => port += 1,
            Err(source) => {
                return Err(Error::Listen {
                    host: host.to_string(),
                    first,
                    last: port,
                    source,
                });
            }
        }
    }
}

impl Inspector {
    /// The URL of the dashboard, with the token in the fragment: for a person or a client, not for a log.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL without the token.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The token: 64 hexadecimal digits.
    pub fn token(&self) -> &str {
        self.token.as_str()
    }

    /// Where apps connect. Nobody listens there, if it shows a file.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Where apps connect by TCP, with the key: for who starts them, not for a log. Empty: nowhere.
    pub fn links(&self) -> &[Address] {
        &self.links
    }

    /// The port that was asked for, if it was taken and another one is used.
    pub fn port_was_taken(&self) -> Option<u16> {
        self.port_was_taken
    }

    /// Where spans of other services are received; empty: nowhere.
    pub fn otlp(&self) -> &[SocketAddr] {
        &self.otlp_addresses
    }

    /// The cycles.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Ends it: no new connections, a second for answers to finish, then the links close and the socket goes.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        let _ = (&mut self.server).await;
        if let Some(otlp) = &mut self.otlp {
            let _ = otlp.await;
        }
        if let Some(mut hub) = self.hub.take() {
            hub.abort();
            let _ = (&mut hub).await;
        }
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        self.server.abort();
        for task in [&self.hub, &self.otlp].into_iter().flatten() {
            task.abort();
        }
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector")
            .field("base_url", &self.base_url)
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}
