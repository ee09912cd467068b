//! What handlers and layers share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use tokio_util::sync::CancellationToken;

/// Cheap to clone: axum clones it for every request.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) db: SqlitePool,
    pub(crate) data_dir: Arc<Path>,
    pub(crate) api_key: Arc<str>,
    pub(crate) ticker_period: Duration,
    /// Cancelled when the shop closes: endless streams end then.
    pub(crate) closing: CancellationToken,
}
