//! Sessions: a cookie outside, a row in the database inside, a [`Session`] in the extensions for everybody between.

use std::fmt;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use cookie::{Cookie, SameSite};

use crate::error::ShopError;
use crate::state::AppState;
use crate::store::sessions;
use crate::store::users::User;

/// The cookie's name.
const COOKIE: &str = "bookshop_session";

/// Who is visiting. In the extensions of every request to the site.
#[derive(Clone)]
pub struct Session {
    pub(crate) token: String,
    /// Who is logged in, if anybody is.
    pub user: Option<User>,
}

impl fmt::Debug for Session {
    /// Leaves the token out: whoever has it is logged in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Finds the visitor's session or starts one, and sets the cookie when it started one.
pub(crate) async fn session(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let (session, fresh) = match find_or_start(&state, request.headers()).await {
        Ok(found) => found,
        Err(error) => return ShopError::from(error).into_response(),
    };
    let token = session.token.clone();
    request.extensions_mut().insert(session);
    let mut response = next.run(request).await;
    // A login has set a cookie of its own, with a better session.
    if fresh && !response.headers().contains_key(header::SET_COOKIE) {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookie(&token));
    }
    response
}

async fn find_or_start(state: &AppState, headers: &HeaderMap) -> sqlx::Result<(Session, bool)> {
    if let Some(token) = token_of(headers)
        && let Some(user) = sessions::find(&state.db, &token).await?
    {
        return Ok((Session { token, user }, false));
    }
    let token = sessions::start(&state.db, None).await?;
    Ok((Session { token, user: None }, true))
}

fn token_of(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| Cookie::split_parse(line).flatten())
        .find(|cookie| cookie.name() == COOKIE)
        .map(|cookie| cookie.value().to_owned())
}

/// The `set-cookie` value for a session.
pub(crate) fn cookie(token: &str) -> HeaderValue {
    let cookie = Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .build();
    HeaderValue::from_str(&cookie.to_string()).expect("a token is hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_its_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("theme=dark; bookshop_session=abc123; x=y"),
        );
        assert_eq!(token_of(&headers).as_deref(), Some("abc123"));
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts() {
        assert_eq!(
            cookie("abc123"),
            "bookshop_session=abc123; HttpOnly; SameSite=Lax; Path=/"
        );
    }

    #[test]
    fn debug_does_not_tell_the_token() {
        let session = Session {
            token: String::from("secret"),
            user: None,
        };
        assert!(!format!("{session:?}").contains("secret"));
    }
}
