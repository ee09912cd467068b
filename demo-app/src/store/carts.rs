//! Carts and the orders they become.

use sqlx::{FromRow, SqlitePool};

use super::pounds;

/// One line of a cart.
#[derive(Debug, FromRow)]
pub(crate) struct CartLine {
    pub(crate) book_id: i64,
    pub(crate) title: String,
    pub(crate) quantity: i64,
    pub(crate) price_pence: i64,
}

impl CartLine {
    pub(crate) fn total_pence(&self) -> i64 {
        self.quantity * self.price_pence
    }

    pub(crate) fn total(&self) -> String {
        pounds(self.total_pence())
    }
}

/// An order as the account page lists it.
#[derive(Debug, FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) items: i64,
    pub(crate) total_pence: i64,
    pub(crate) placed_at: String,
}

impl Order {
    pub(crate) fn total(&self) -> String {
        pounds(self.total_pence)
    }
}

/// What is in the user's cart.
pub(crate) async fn lines(db: &SqlitePool, user_id: i64) -> sqlx::Result<Vec<CartLine>> {
    sqlx::query_as(
        "SELECT books.id AS book_id, books.title, cart_items.quantity, books.price_pence
         FROM cart_items JOIN books ON books.id = cart_items.book_id
         WHERE cart_items.user_id = ? ORDER BY books.title",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}

/// Puts `quantity` copies into the cart. False when there is no such book.
pub(crate) async fn add(
    db: &SqlitePool,
    user_id: i64,
    book_id: i64,
    quantity: i64,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO cart_items (user_id, book_id, quantity)
         SELECT ?, books.id, ? FROM books WHERE books.id = ?
         ON CONFLICT (user_id, book_id) DO UPDATE SET quantity = min(quantity + excluded.quantity, 9)",
    )
    .bind(user_id)
    .bind(quantity)
    .bind(book_id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Turns the cart into an order, in one transaction. `None` when the cart is empty.
///
/// The shop always has more copies coming: a title that falls under three is restocked.
pub(crate) async fn check_out(db: &SqlitePool, user_id: i64) -> sqlx::Result<Option<i64>> {
    // IMMEDIATE: a reader that turns into a writer half way would be refused as busy.
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
    let (items, total): (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(quantity), 0), coalesce(sum(quantity * price_pence), 0)
         FROM cart_items JOIN books ON books.id = cart_items.book_id WHERE user_id = ?",
    )
    .bind(user_id)
    .fetch_one(&mut *tx)
    .await?;
    if items == 0 {
        return Ok(None);
    }
    let order = sqlx::query("INSERT INTO orders (user_id, items, total_pence) VALUES (?, ?, ?)")
        .bind(user_id)
        .bind(items)
        .bind(total)
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
    sqlx::query(
        "UPDATE books SET stock = CASE WHEN stock - cart.quantity < 3 THEN 24 ELSE stock - cart.quantity END
         FROM (SELECT book_id, quantity FROM cart_items WHERE user_id = ?) AS cart
         WHERE books.id = cart.book_id",
    )
    .bind(user_id)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM cart_items WHERE user_id = ?")
        .bind(user_id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Some(order))
}

/// The user's last ten orders.
pub(crate) async fn orders(db: &SqlitePool, user_id: i64) -> sqlx::Result<Vec<Order>> {
    sqlx::query_as(
        "SELECT id, items, total_pence, placed_at FROM orders
         WHERE user_id = ? ORDER BY id DESC LIMIT 10",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}
