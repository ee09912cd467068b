//! Logging in and out.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::{Frame, Page, draw};
use crate::error::ShopError;
use crate::layers::{Session, cookie};
use crate::state::AppState;
use crate::store::{sessions, users};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    emails: Vec<String>,
    password: &'static str,
    email: String,
    refused: bool,
}

impl LoginPage {
    async fn load(state: &AppState, session: Session) -> Result<Self, ShopError> {
        Ok(Self {
            frame: session.into(),
            emails: users::emails(&state.db).await?,
            password: users::DEMO_PASSWORD,
            email: String::new(),
            refused: false,
        })
    }
}

/// `GET /login`
pub(crate) async fn form(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Page {
    draw(&LoginPage::load(&state, session).await?)
}

/// The login form.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
}

/// `POST /login`: to the account, with a new session (an old token must not become worth more than it was).
pub(crate) async fn log_in(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    Form(given): Form<Credentials>,
) -> Result<Response, ShopError> {
    let email = given.email.trim();
    let Some(user) = users::with_password(&state.db, email, &given.password).await? else {
        tracing::warn!("refused a login");
        let page = draw(&LoginPage {
            email: given.email,
            refused: true,
            ..LoginPage::load(&state, session).await?
        })?;
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    sessions::end(&state.db, &session.token).await?;
    let token = sessions::start(&state.db, Some(user.id)).await?;
    tracing::info!(user = user.id, "logged in");
    let set_cookie = AppendHeaders([(header::SET_COOKIE, cookie(&token))]);
    Ok((set_cookie, Redirect::to("/account")).into_response())
}

/// `POST /logout`: to the front page, as nobody.
pub(crate) async fn log_out(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Result<Response, ShopError> {
    sessions::end(&state.db, &session.token).await?;
    let token = sessions::start(&state.db, None).await?;
    let set_cookie = AppendHeaders([(header::SET_COOKIE, cookie(&token))]);
    Ok((set_cookie, Redirect::to("/")).into_response())
}
