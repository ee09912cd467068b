//! Handlers that answer with HTML, files and streams.

pub(crate) mod home;

pub(crate) mod books;
pub(crate) mod reports;

pub(crate) mod account;
pub(crate) mod cart;
pub(crate) mod login;

pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod upload;

pub(crate) mod assets;
pub(crate) mod trouble;

use askama::Template;
use axum::response::Html;

use crate::error::ShopError;
use crate::layers::Session;
use crate::store::users::User;

/// What handlers of pages return.
pub(crate) type Page = Result<Html<String>, ShopError>;

/// What every page has around its content.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    user: Option<User>,
}

impl From<Session> for Frame {
    fn from(session: Session) -> Self {
        Self { user: session.user }
    }
}

impl From<User> for Frame {
    fn from(user: User) -> Self {
        Self { user: Some(user) }
    }
}

/// Fills in a template; the timeline shows which one, and how long it took.
fn draw<T: Template>(template: &T) -> Page {
    let name = std::any::type_name::<T>();
    let name = name.rsplit("::").next().unwrap_or(name);
    Ok(Html(axum::template(name, || template.render())?))
}
