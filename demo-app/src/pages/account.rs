//! The account page.

use askama::Template;
use axum::Extension;
use axum::extract::State;

use super::{Frame, Page, draw};
use crate::state::AppState;
use crate::store::carts::{self, Order};
use crate::store::users::User;

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    user: User,
    orders: Vec<Order>,
}

/// `GET /account`
pub(crate) async fn show(State(state): State<AppState>, Extension(user): Extension<User>) -> Page {
    let orders = carts::orders(&state.db, user.id).await?;
    draw(&Account {
        frame: user.clone().into(),
        user,
        orders,
    })
}
