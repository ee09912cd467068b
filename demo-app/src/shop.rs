//! Starting and stopping the shop.

use std::future::IntoFuture as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use sqlx::SqlitePool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};
use tower_layer::Layer as _;

use crate::layers::Session;
use crate::state::AppState;
use crate::{app, store};

/// How many ports above the wanted one are tried.
const PORTS_TRIED: u16 = 20;

/// How long open connections may delay the end of the shop.
const CLOSING_TIME: Duration = Duration::from_millis(800);

/// How to run the shop.
#[derive(Clone, Debug)]
pub struct ShopConfig {
    /// The port on 127.0.0.1. When it is taken, the next free one up to 20 above; 0 for any free port.
    pub port: u16,
    /// Where the database, the covers and the sample chapters are; made and filled when missing.
    pub data_dir: PathBuf,
    /// What `x-api-key` must say for a request to change books over the API.
    pub api_key: String,
    /// The time between two events of `/events`.
    pub ticker_period: Duration,
}

impl Default for ShopConfig {
    /// Port 3000, `data/` beside this package's manifest, a known API key, an event every second.
    fn default() -> Self {
        Self {
            port: 3000,
            data_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data")),
            api_key: String::from("bookshop-demo-key"),
            ticker_period: Duration::from_secs(1),
        }
    }
}

/// A shop that is open. Dropping it leaves it running; see [`RunningShop::stop`].
#[derive(Debug)]
pub struct RunningShop {
    addr: SocketAddr,
    db: SqlitePool,
    closing: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

impl RunningShop {
    /// Where it really listens: the port may not be the one that was asked for.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address as a person types it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Ends endless streams, lets other requests finish for up to 0.8 s, and closes the database.
    ///
    /// # Errors
    /// When the server had failed, which axum's accept loop does not do by itself.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.closing.cancel();
        let mut server = self.server;
        let served = match tokio::time::timeout(CLOSING_TIME, &mut server).await {
            Ok(ended) => ended.context("the server's task panicked")?,
            Err(_) => {
                server.abort();
                Ok(())
            }
        };
        // A handler that was left behind may hold a connection; it does not hold us.
        let _ = tokio::time::timeout(Duration::from_millis(200), self.db.close()).await;
        served.context("the server failed")
    }
}

/// Opens the database and binds the port, and serves in a task of its own.
///
/// # Errors
/// When the data folder cannot be written, the database is not the shop's, or no port is free.
pub async fn start(config: ShopConfig) -> anyhow::Result<RunningShop> {
    let (port, closing) = (config.port, CancellationToken::new());
    let (service, db) = service(config, closing.clone()).await?;
    let forgotten = store::sessions::forget_old(&db).await?;
    let listener = bind(port).await?;
    let addr = listener.local_addr()?;
    let server = axum::serve(
        listener,
        axum::ServiceExt::<Request>::into_make_service(service),
    )
    .with_graceful_shutdown(closing.clone().cancelled_owned());
    tracing::info!(%addr, forgotten, "the shop is open");
    Ok(RunningShop {
        addr,
        db,
        closing,
        server: tokio::spawn(server.into_future()),
    })
}

/// The whole shop without a server: what is served, and what a test sends requests through; and its database.
///
/// # Errors
/// When the data folder cannot be written, or the database is not the shop's.
pub async fn service(
    config: ShopConfig,
    closing: CancellationToken,
) -> anyhow::Result<(NormalizePath<Router>, SqlitePool)> {
    let db = store::open(&config.data_dir).await?;
    // Whose request it is, in the timeline; the token stays out of it.
    axum::watch_extension_with(|session: &Session| {
        let name = session.user.as_ref().map(|user| user.name.as_str());
        name.unwrap_or("nobody").to_owned()
    });
    let router = app::router(AppState {
        db: db.clone(),
        data_dir: Arc::from(config.data_dir),
        api_key: Arc::from(config.api_key),
        ticker_period: config.ticker_period,
        closing,
    });
    // Outside the router: it must rewrite the path before a route is looked for.
    let service = NormalizePathLayer::trim_trailing_slash().layer(router);
    Ok((service, db))
}

/// The wanted port, or the next free one.
async fn bind(wanted: u16) -> anyhow::Result<TcpListener> {
    let last = match wanted {
        0 => 0,
        port => port.saturating_add(PORTS_TRIED),
    };
    for port in wanted..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot listen on 127.0.0.1:{port}"));
            }
        }
    }
    anyhow::bail!("the ports {wanted} to {last} are taken; give another one with --port")
}
