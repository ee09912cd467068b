//! Who has a signed token is known by an extractor; who has not is told why.

use axum::{
    Json, Router,
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

pub(crate) fn app() -> Router {
    Router::new()
        .route("/token", post(issue))
        .route("/me", get(me))
        .route("/greet", get(greet))
        .route("/rename", post(rename))
}

#[derive(Deserialize)]
struct Login {
    name: String,
    word: String,
}

#[derive(Deserialize, Serialize)]
struct Claims {
    name: String,
    until: u64,
}

enum Refusal {
    Missing,
    Malformed,
    Forged,
    Expired,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Self::Missing => (StatusCode::UNAUTHORIZED, "missing"),
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Forged => (StatusCode::UNAUTHORIZED, "forged"),
            Self::Expired => (StatusCode::UNAUTHORIZED, "expired"),
        };
        let body = Json(serde_json::json!({ "refused": why }));
        (status, [(header::WWW_AUTHENTICATE, "Bearer")], body).into_response()
    }
}

/// A sum that stands for a signature: the same for the same claims, and no secret.
fn signature(claims: &str) -> String {
    let sum = claims.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    BASE64.encode(sum.to_be_bytes())
}

fn checked(token: &str) -> Result<Claims, Refusal> {
    let (claims, signed) = token.split_once('.').ok_or(Refusal::Malformed)?;
    if signature(claims) != signed {
        return Err(Refusal::Forged);
    }
    let json = BASE64.decode(claims).map_err(|_| Refusal::Malformed)?;
    let claims: Claims = serde_json::from_slice(&json).map_err(|_| Refusal::Malformed)?;
    // Time stands still here, so that the answers do too.
    if claims.until < 1000 {
        return Err(Refusal::Expired);
    }
    Ok(claims)
}

impl<S: Sync> FromRequestParts<S> for Claims {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let given = parts.headers.get(header::AUTHORIZATION);
        let given = given.ok_or(Refusal::Missing)?.to_str();
        let given = given.map_err(|_| Refusal::Malformed)?;
        checked(given.strip_prefix("Bearer ").ok_or(Refusal::Malformed)?)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Claims {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Refusal> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(claims) => Ok(Some(claims)),
            Err(Refusal::Missing) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

async fn issue(Json(login): Json<Login>) -> Result<String, Refusal> {
    let until = match login.word.as_str() {
        "now" => 2000,
        "then" => 500,
        _ => return Err(Refusal::Forged),
    };
    let claims = Claims {
        name: login.name,
        until,
    };
    let claims = BASE64.encode(serde_json::to_vec(&claims).expect("plain data"));
    let signed = signature(&claims);
    Ok(format!("{claims}.{signed}"))
}

async fn me(claims: Claims) -> Json<Claims> {
    Json(claims)
}

async fn greet(claims: Option<Claims>) -> String {
    let name = claims.map_or("whoever you are".into(), |claims| claims.name);
    format!("good day, {name}")
}

async fn rename(claims: Claims, Json(new): Json<String>) -> String {
    format!("{} is {new} now", claims.name)
}
