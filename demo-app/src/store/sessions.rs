//! Sessions: a random token in a cookie, a row here.

use sqlx::SqlitePool;

use super::users::User;

/// Starts a session and gives its token: 128 random bits in hex.
pub(crate) async fn start(db: &SqlitePool, user_id: Option<i64>) -> sqlx::Result<String> {
    let token = format!("{:032x}", rand::random::<u128>());
    sqlx::query("INSERT INTO sessions (token, user_id) VALUES (?, ?)")
        .bind(&token)
        .bind(user_id)
        .execute(db)
        .await?;
    Ok(token)
}

/// `None`: there is no such session. `Some(None)`: nobody is logged in with it.
pub(crate) async fn find(db: &SqlitePool, token: &str) -> sqlx::Result<Option<Option<User>>> {
    let row: Option<(Option<i64>, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT users.id, users.email, users.name
         FROM sessions LEFT JOIN users ON users.id = sessions.user_id
         WHERE sessions.token = ?",
    )
    .bind(token)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|columns| match columns {
        (Some(id), Some(email), Some(name)) => Some(User { id, email, name }),
        _ => None,
    }))
}

/// Ends a session; the token is worth nothing afterwards.
pub(crate) async fn end(db: &SqlitePool, token: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sessions WHERE token = ?")
        .bind(token)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets sessions older than a week, so that the table does not grow with every curl.
pub(crate) async fn forget_old(db: &SqlitePool) -> sqlx::Result<u64> {
    let done = sqlx::query("DELETE FROM sessions WHERE created_at < datetime('now', '-7 days')")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
