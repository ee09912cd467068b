//! The database: one SQLite file, its migrations, its seed, and every query the shop makes.

pub(crate) mod books;
pub(crate) mod carts;
mod migrate;
mod seed;
pub(crate) mod sessions;
pub mod users;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Opens `shop.db` in `data_dir`; makes, migrates and seeds it when that has not been done.
///
/// # Errors
/// When the directory cannot be made, or the file is not a database of this shop.
pub(crate) async fn open(data_dir: &Path) -> anyhow::Result<SqlitePool> {
    for folder in ["covers", "samples"] {
        let folder = data_dir.join(folder);
        tokio::fs::create_dir_all(&folder)
            .await
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let file = data_dir.join("shop.db");
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(3))
        .foreign_keys(true);
    let db = SqlitePoolOptions::new()
        .max_connections(5)
        .connect_with(options)
        .await
        .with_context(|| format!("cannot open the database {}", file.display()))?;
    migrate::run(&db)
        .await
        .with_context(|| format!("cannot migrate the database {}", file.display()))?;
    seed::run(&db, data_dir)
        .await
        .with_context(|| format!("cannot seed the database {}", file.display()))?;
    Ok(db)
}

/// Pence as people write them: `£12.50`.
pub(crate) fn pounds(pence: i64) -> String {
    format!("£{}.{:02}", pence / 100, pence % 100)
}

#[cfg(test)]
mod tests {
    #[test]
    fn pence_become_pounds() {
        assert_eq!(super::pounds(1205), "£12.05");
        assert_eq!(super::pounds(9), "£0.09");
    }
}
