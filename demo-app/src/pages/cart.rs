//! The cart.

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use axum::{Extension, Form};
use serde::Deserialize;

use super::{Frame, Page, draw};
use crate::error::ShopError;
use crate::state::AppState;
use crate::store::carts::{self, CartLine};
use crate::store::pounds;
use crate::store::users::User;

#[derive(Template)]
#[template(path = "cart.html")]
struct Cart {
    frame: Frame,
    lines: Vec<CartLine>,
    total: String,
}

/// `GET /cart`
pub(crate) async fn show(State(state): State<AppState>, Extension(user): Extension<User>) -> Page {
    let lines = carts::lines(&state.db, user.id).await?;
    let total = lines.iter().map(CartLine::total_pence).sum();
    draw(&Cart {
        frame: user.into(),
        lines,
        total: pounds(total),
    })
}

/// The button "put into cart".
#[derive(Debug, Deserialize)]
pub(crate) struct AddForm {
    book_id: i64,
    quantity: Option<i64>,
}

/// `POST /cart/items`
pub(crate) async fn add(
    State(state): State<AppState>,
    Extension(user): Extension<User>,
    Form(form): Form<AddForm>,
) -> Result<Redirect, ShopError> {
    let quantity = form.quantity.unwrap_or(1).clamp(1, 9);
    if !carts::add(&state.db, user.id, form.book_id, quantity).await? {
        return Err(ShopError::NotFound {
            what: "book",
            id: form.book_id,
        });
    }
    tracing::info!(
        user = user.id,
        book = form.book_id,
        quantity,
        "put into cart"
    );
    Ok(Redirect::to("/cart"))
}

/// `POST /cart/checkout`: to the account with its new order, or back to the empty cart.
pub(crate) async fn check_out(
    State(state): State<AppState>,
    Extension(user): Extension<User>,
) -> Result<Redirect, ShopError> {
    match carts::check_out(&state.db, user.id).await? {
        Some(order) => {
            tracing::info!(user = user.id, order, "took an order");
            Ok(Redirect::to("/account"))
        }
        None => Ok(Redirect::to("/cart")),
    }
}
