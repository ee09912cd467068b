//! A book as clients send it, and what may be wrong with it.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::SqlitePool;

use super::ApiError;
use crate::store::books::{self, Draft};

/// Every field may be missing here: a list of what is wrong is of more use than the first complaint of a parser.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BookBody {
    title: String,
    author: String,
    category: String,
    year: i64,
    price_pence: i64,
    stock: i64,
    blurb: String,
}

impl BookBody {
    /// The draft, or all that is wrong, by field.
    pub(super) async fn check(self, db: &SqlitePool) -> Result<Draft, ApiError> {
        let mut wrong = self.wrong_fields();
        if !books::known_author(db, &self.author).await? {
            wrong.insert("author", "must be the name of an author of this shop");
        }
        if !books::known_category(db, &self.category).await? {
            wrong.insert("category", "must be the slug of a category of this shop");
        }
        if !wrong.is_empty() {
            return Err(ApiError::Invalid(wrong));
        }
        Ok(Draft {
            title: self.title.trim().to_owned(),
            author: self.author,
            category: self.category,
            year: self.year,
            price_pence: self.price_pence,
            stock: self.stock,
            blurb: self.blurb,
        })
    }

    /// What can be told without the database.
    fn wrong_fields(&self) -> BTreeMap<&'static str, &'static str> {
        let mut wrong = BTreeMap::new();
        if !(1..=120).contains(&self.title.trim().chars().count()) {
            wrong.insert("title", "must have between 1 and 120 characters");
        }
        if !(1450..=2100).contains(&self.year) {
            wrong.insert("year", "must be between 1450 and 2100");
        }
        if !(1..=100_000).contains(&self.price_pence) {
            wrong.insert("price_pence", "must be between 1 and 100000");
        }
        if !(0..=10_000).contains(&self.stock) {
            wrong.insert("stock", "must be between 0 and 10000");
        }
        if self.blurb.chars().count() > 500 {
            wrong.insert("blurb", "must have at most 500 characters");
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::BookBody;

    #[test]
    fn all_wrong_fields_are_named() {
        let wrong = BookBody::default().wrong_fields();
        let names: Vec<_> = wrong.into_keys().collect();
        assert_eq!(names, ["price_pence", "title", "year"]);
    }
}
