//! Migrations: SQL files in order, counted in SQLite's own `user_version`.

use anyhow::ensure;
use sqlx::{AssertSqlSafe, SqlitePool};

/// In order; the version of a database is how many of them it has had.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/0001_shop.sql")];

/// Brings the database up to the newest version.
pub(super) async fn run(db: &SqlitePool) -> anyhow::Result<()> {
    let had: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(db)
        .await?;
    let had = usize::try_from(had)?;
    ensure!(
        had <= MIGRATIONS.len(),
        "it is of version {had}, made by a newer bookshop; give another folder with --data"
    );
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(had) {
        let mut tx = db.begin().await?;
        sqlx::raw_sql(*sql).execute(&mut *tx).await?;
        // A PRAGMA takes no bound values; this one is a counter of ours.
        let version = format!("PRAGMA user_version = {}", number + 1);
        sqlx::raw_sql(AssertSqlSafe(version))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        tracing::info!(version = number + 1, "migrated the database");
    }
    Ok(())
}
