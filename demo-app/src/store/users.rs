//! Readers with an account.

use sha2::{Digest as _, Sha256};
use sqlx::SqlitePool;

/// The password of every seeded reader. The login page prints it: this shop sells nothing.
pub(crate) const DEMO_PASSWORD: &str = "onion";

/// A reader who is logged in. Layers put it into the request's extensions.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct User {
    /// Row id.
    pub id: i64,
    /// What they log in with.
    pub email: String,
    /// What the pages call them.
    pub name: String,
}

/// Salted SHA-256 in hex. Enough for a password that is printed on the login page; a shop with secrets would use Argon2.
pub(super) fn hash_password(salt: &str, password: &str) -> String {
    let digest = Sha256::new()
        .chain_update(salt)
        .chain_update(password)
        .finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The user with this e-mail and password, if there is one.
pub(crate) async fn with_password(
    db: &SqlitePool,
    email: &str,
    password: &str,
) -> sqlx::Result<Option<User>> {
    let row: Option<(i64, String, String)> =
        sqlx::query_as("SELECT id, password_salt, password_hash FROM users WHERE email = ?")
            .bind(email)
            .fetch_optional(db)
            .await?;
    match row {
        Some((id, salt, hash)) if hash_password(&salt, password) == hash => {
            sqlx::query_as("SELECT id, email, name FROM users WHERE id = ?")
                .bind(id)
                .fetch_optional(db)
                .await
        }
        _ => Ok(None),
    }
}

/// The e-mail addresses one may log in with, for the hint on the login page.
pub(crate) async fn emails(db: &SqlitePool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT email FROM users ORDER BY id")
        .fetch_all(db)
        .await
}
