//! The first stock: authors, books, reviews, readers with a password, and sample chapters on disk.

use std::path::Path;

use anyhow::Context as _;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::users::{DEMO_PASSWORD, hash_password};
use crate::chance::Chance;

const AUTHORS: &str = include_str!("../../seed/authors.tsv");
const CATEGORIES: &str = include_str!("../../seed/categories.tsv");
const BOOKS: &str = include_str!("../../seed/books.tsv");

/// The readers who have an account. All of them use [`DEMO_PASSWORD`].
const READERS: &[(&str, &str)] = &[
    ("ada@bookshop.example", "Ada"),
    ("ben@bookshop.example", "Ben"),
    ("chidi@bookshop.example", "Chidi"),
    ("dana@bookshop.example", "Dana"),
];

const PRAISE: &[(i64, &str)] = &[
    (5, "Read it in one sitting and missed my stop."),
    (5, "My third copy; I keep lending it."),
    (4, "Slow to start, impossible to put down after that."),
    (4, "Better than I remembered from school."),
    (3, "Good, though everyone in it needs a holiday."),
    (3, "The print is small but the ideas are not."),
    (2, "I wanted more weather and fewer opinions."),
    (1, "Arrived in the rain. The book, I mean."),
];

/// Fills an empty database; does nothing to one that has books.
pub(super) async fn run(db: &SqlitePool, data_dir: &Path) -> anyhow::Result<()> {
    let books: i64 = sqlx::query_scalar("SELECT count(*) FROM authors")
        .fetch_one(db)
        .await?;
    if books > 0 {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    authors_and_categories(&mut tx).await?;
    books_and_reviews(&mut tx, data_dir).await?;
    readers(&mut tx).await?;
    // A value somebody typed into a form meant for a number: `/error` stumbles over it.
    sqlx::query("INSERT INTO settings (name, value) VALUES ('margin_percent', 'twelve')")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    tracing::info!("seeded the database");
    Ok(())
}

async fn authors_and_categories(tx: &mut Transaction<'_, Sqlite>) -> anyhow::Result<()> {
    for line in AUTHORS.lines() {
        let [name, country, born] = columns(line)?;
        sqlx::query("INSERT INTO authors (name, country, born) VALUES (?, ?, ?)")
            .bind(name)
            .bind(country)
            .bind(born.parse::<i64>()?)
            .execute(&mut **tx)
            .await?;
    }
    for line in CATEGORIES.lines() {
        let [slug, name] = columns(line)?;
        sqlx::query("INSERT INTO categories (slug, name) VALUES (?, ?)")
            .bind(slug)
            .bind(name)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn books_and_reviews(
    tx: &mut Transaction<'_, Sqlite>,
    data_dir: &Path,
) -> anyhow::Result<()> {
    let mut chance = Chance::new(1813);
    for line in BOOKS.lines() {
        let [title, author, category, year, price, stock, blurb] = columns(line)?;
        let book = sqlx::query(
            "INSERT INTO books (title, author_id, category_id, year, price_pence, stock, blurb)
             VALUES (?, (SELECT id FROM authors WHERE name = ?),
                     (SELECT id FROM categories WHERE slug = ?), ?, ?, ?, ?)",
        )
        .bind(title)
        .bind(author)
        .bind(category)
        .bind(year.parse::<i64>()?)
        .bind(price.parse::<i64>()?)
        .bind(stock.parse::<i64>()?)
        .bind(blurb)
        .execute(&mut **tx)
        .await?
        .last_insert_rowid();
        for _ in 0..chance.below(5) {
            let (stars, body) = *chance.pick(PRAISE);
            let (_, reader) = chance.pick(READERS);
            sqlx::query("INSERT INTO reviews (book_id, reader, stars, body) VALUES (?, ?, ?, ?)")
                .bind(book)
                .bind(*reader)
                .bind(stars)
                .bind(body)
                .execute(&mut **tx)
                .await?;
        }
        let sample =
            format!("{title}\nby {author}, {year}\n\n{blurb}\n\n(The rest is in the shop.)\n");
        tokio::fs::write(data_dir.join(format!("samples/{book}.txt")), sample).await?;
    }
    Ok(())
}

async fn readers(tx: &mut Transaction<'_, Sqlite>) -> anyhow::Result<()> {
    for (email, name) in READERS {
        let salt = format!("{:032x}", rand::random::<u128>());
        sqlx::query(
            "INSERT INTO users (email, name, password_salt, password_hash) VALUES (?, ?, ?, ?)",
        )
        .bind(email)
        .bind(name)
        .bind(&salt)
        .bind(hash_password(&salt, DEMO_PASSWORD))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The columns of one line of a `.tsv` file.
fn columns<const N: usize>(line: &str) -> anyhow::Result<[&str; N]> {
    let columns: Vec<&str> = line.split('\t').collect();
    columns
        .try_into()
        .ok()
        .with_context(|| format!("a seed line has not {N} columns: {line:?}"))
}
