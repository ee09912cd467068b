//! Books, authors, categories and reviews.

use futures_util::stream::BoxStream;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Executor as _, FromRow, SqlitePool};

use super::pounds;

/// How many books a page of the list has.
pub(crate) const PER_PAGE: i64 = 12;

/// A book with the names of its author and category.
#[derive(Clone, Debug, Serialize, FromRow)]
pub(crate) struct Book {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) category: String,
    pub(crate) year: i64,
    pub(crate) price_pence: i64,
    pub(crate) stock: i64,
    pub(crate) blurb: String,
    pub(crate) cover: Option<String>,
}

impl Book {
    pub(crate) fn price(&self) -> String {
        pounds(self.price_pence)
    }

    /// Which of the eight drawn covers of the style sheet a book without a picture has.
    pub(crate) fn tint(&self) -> i64 {
        self.id % 8
    }
}

/// A reader's opinion.
#[derive(Debug, FromRow)]
pub(crate) struct Review {
    pub(crate) reader: String,
    pub(crate) stars: i64,
    pub(crate) body: String,
    pub(crate) written_at: String,
}

impl Review {
    pub(crate) fn drawn_stars(&self) -> String {
        (1..=5)
            .map(|n| if n <= self.stars { '★' } else { '☆' })
            .collect()
    }
}

/// An author, without their books: `/authors` asks for those one author at a time.
#[derive(Debug, FromRow)]
pub(crate) struct Author {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) country: String,
    pub(crate) born: i64,
}

/// A shelf of the shop.
#[derive(Debug, FromRow)]
pub(crate) struct Category {
    pub(crate) slug: String,
    pub(crate) name: String,
}

/// What a book list is narrowed to. Empty text means no narrowing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) category: String,
}

/// What is written into a row of `books`.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) category: String,
    pub(crate) year: i64,
    pub(crate) price_pence: i64,
    pub(crate) stock: i64,
    pub(crate) blurb: String,
}

/// One page of the list, and how many books there are on all pages.
pub(crate) async fn list(
    db: &SqlitePool,
    search: &Search,
    page: i64,
) -> sqlx::Result<(Vec<Book>, i64)> {
    let total = sqlx::query_scalar(
        "SELECT count(*) FROM books
         JOIN authors ON authors.id = books.author_id
         JOIN categories ON categories.id = books.category_id
         WHERE (?1 = '' OR books.title LIKE '%' || ?1 || '%' OR authors.name LIKE '%' || ?1 || '%')
           AND (?2 = '' OR categories.slug = ?2)",
    )
    .bind(&search.text)
    .bind(&search.category)
    .fetch_one(db)
    .await?;
    let books = sqlx::query_as(
        "SELECT books.id, title, authors.name AS author, categories.slug AS category, year, price_pence, stock,
                blurb, cover
         FROM books
         JOIN authors ON authors.id = books.author_id
         JOIN categories ON categories.id = books.category_id
         WHERE (?1 = '' OR books.title LIKE '%' || ?1 || '%' OR authors.name LIKE '%' || ?1 || '%')
           AND (?2 = '' OR categories.slug = ?2)
         ORDER BY title, books.id LIMIT ?3 OFFSET ?4",
    )
    .bind(&search.text)
    .bind(&search.category)
    .bind(PER_PAGE)
    .bind((page - 1).saturating_mul(PER_PAGE))
    .fetch_all(db)
    .await?;
    Ok((books, total))
}

/// The books readers like best.
pub(crate) async fn best(db: &SqlitePool, limit: i64) -> sqlx::Result<Vec<Book>> {
    sqlx::query_as(
        "SELECT books.id, title, authors.name AS author, categories.slug AS category, year, price_pence, stock,
                blurb, cover
         FROM books
         JOIN authors ON authors.id = books.author_id
         JOIN categories ON categories.id = books.category_id
         JOIN reviews ON reviews.book_id = books.id
         GROUP BY books.id ORDER BY avg(stars) DESC, count(*) DESC, title LIMIT ?",
    )
    .bind(limit)
    .fetch_all(db)
    .await
}

/// One book.
pub(crate) async fn find(db: &SqlitePool, id: i64) -> sqlx::Result<Option<Book>> {
    sqlx::query_as(
        "SELECT books.id, title, authors.name AS author, categories.slug AS category, year, price_pence, stock,
                blurb, cover
         FROM books
         JOIN authors ON authors.id = books.author_id
         JOIN categories ON categories.id = books.category_id
         WHERE books.id = ?",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// How many books there are.
pub(crate) async fn count(db: &SqlitePool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM books")
        .fetch_one(db)
        .await
}

/// The ids and titles of all books.
pub(crate) async fn titles(db: &SqlitePool) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query_as("SELECT id, title FROM books ORDER BY title")
        .fetch_all(db)
        .await
}

/// A book chosen by SQLite, for the stock ticker.
pub(crate) async fn any(db: &SqlitePool) -> sqlx::Result<Option<(i64, String, i64)>> {
    sqlx::query_as("SELECT id, title, stock FROM books ORDER BY random() LIMIT 1")
        .fetch_optional(db)
        .await
}

/// Every book, one row at a time. The stream holds a connection of its own until it ends or is dropped.
pub(crate) fn stream_all(db: &SqlitePool) -> BoxStream<'static, sqlx::Result<SqliteRow>> {
    db.fetch(sqlx::query(
        "SELECT books.id, title, authors.name AS author, categories.slug AS category, year, price_pence, stock,
                blurb, cover
         FROM books
         JOIN authors ON authors.id = books.author_id
         JOIN categories ON categories.id = books.category_id
         ORDER BY books.id",
    ))
}

/// The latest ten reviews of a book.
pub(crate) async fn reviews(db: &SqlitePool, book_id: i64) -> sqlx::Result<Vec<Review>> {
    sqlx::query_as(
        "SELECT reader, stars, body, written_at FROM reviews
         WHERE book_id = ? ORDER BY id DESC LIMIT 10",
    )
    .bind(book_id)
    .fetch_all(db)
    .await
}

/// Adds a review. False when there is no such book.
pub(crate) async fn add_review(
    db: &SqlitePool,
    book_id: i64,
    reader: &str,
    stars: i64,
    body: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO reviews (book_id, reader, stars, body) SELECT id, ?, ?, ? FROM books WHERE id = ?",
    )
    .bind(reader)
    .bind(stars)
    .bind(body)
    .bind(book_id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// All authors.
pub(crate) async fn authors(db: &SqlitePool) -> sqlx::Result<Vec<Author>> {
    sqlx::query_as("SELECT id, name, country, born FROM authors ORDER BY name")
        .fetch_all(db)
        .await
}

/// The ids and titles of one author's books.
pub(crate) async fn by_author(db: &SqlitePool, author_id: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query_as("SELECT id, title FROM books WHERE author_id = ? ORDER BY year")
        .bind(author_id)
        .fetch_all(db)
        .await
}

/// All shelves.
pub(crate) async fn categories(db: &SqlitePool) -> sqlx::Result<Vec<Category>> {
    sqlx::query_as("SELECT slug, name FROM categories ORDER BY name")
        .fetch_all(db)
        .await
}

/// Writes a new book and gives its id; author and category must exist, see [`known_author`] and [`known_category`].
pub(crate) async fn create(db: &SqlitePool, draft: &Draft) -> sqlx::Result<i64> {
    let done = sqlx::query(
        "INSERT INTO books (title, author_id, category_id, year, price_pence, stock, blurb)
         VALUES (?, (SELECT id FROM authors WHERE name = ?), (SELECT id FROM categories WHERE slug = ?), ?, ?, ?, ?)",
    )
    .bind(&draft.title)
    .bind(&draft.author)
    .bind(&draft.category)
    .bind(draft.year)
    .bind(draft.price_pence)
    .bind(draft.stock)
    .bind(&draft.blurb)
    .execute(db)
    .await?;
    Ok(done.last_insert_rowid())
}

/// Replaces a book. False when there is no such book.
pub(crate) async fn update(db: &SqlitePool, id: i64, draft: &Draft) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE books SET title = ?, author_id = (SELECT id FROM authors WHERE name = ?),
                category_id = (SELECT id FROM categories WHERE slug = ?), year = ?, price_pence = ?, stock = ?,
                blurb = ?
         WHERE id = ?",
    )
    .bind(&draft.title)
    .bind(&draft.author)
    .bind(&draft.category)
    .bind(draft.year)
    .bind(draft.price_pence)
    .bind(draft.stock)
    .bind(&draft.blurb)
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a book. False when there is no such book.
pub(crate) async fn delete(db: &SqlitePool, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM books WHERE id = ?")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Records the file name of a book's cover. False when there is no such book.
pub(crate) async fn set_cover(db: &SqlitePool, id: i64, cover: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("UPDATE books SET cover = ? WHERE id = ?")
        .bind(cover)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Is there an author of this name?
pub(crate) async fn known_author(db: &SqlitePool, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM authors WHERE name = ?)")
        .bind(name)
        .fetch_one(db)
        .await
}

/// Is there a shelf with this slug?
pub(crate) async fn known_category(db: &SqlitePool, slug: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM categories WHERE slug = ?)")
        .bind(slug)
        .fetch_one(db)
        .await
}

/// One of the shop's settings, as somebody typed it.
pub(crate) async fn setting(db: &SqlitePool, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT value FROM settings WHERE name = ?")
        .bind(name)
        .fetch_optional(db)
        .await
}
