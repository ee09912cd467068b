//! Extractors that refuse: which one, after how much of the body, and from whom that is known.

use super::{ask, marks::listening};
use onionskin::{
    Extension, Form, Json, Rejected, Router,
    extract::{DefaultBodyLimit, FromRequestParts, Path, Query, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
    testing::Recorded,
    wire::{KnownBy, Outcome},
};
use std::collections::HashMap;

type Map = HashMap<String, u32>;

/// An extractor of the app's own.
struct Session;
struct NoSession;

impl IntoResponse for NoSession {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::UNAUTHORIZED, "log in").into_response();
        response.extensions_mut().insert(Rejected::by::<Session>());
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = NoSession;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, NoSession> {
        Err(NoSession)
    }
}

/// One that hands on what an extractor of axum's says.
struct Wrapped;

impl<S: Sync + Send> FromRequestParts<S> for Wrapped {
    type Rejection = onionskin::extract::rejection::ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let _ = Extension::<u8>::from_request_parts(parts, state).await?;
        Ok(Self)
    }
}

fn app() -> Router {
    Router::new()
        .route(
            "/conn/json",
            post(|_: Path<()>, Json(_): Json<Map>| async {}),
        )
        .route(
            "/conn/{id}/path",
            get(|_: Path<u32>, _: Query<Map>| async {}),
        )
        .route("/conn/form", post(|_: Form<Map>| async {}))
        .route(
            "/conn/text",
            post(|_: String| async {}).layer(DefaultBodyLimit::max(100)),
        )
        .route("/conn/extension", get(|_: Extension<u8>| async {}))
        .route("/conn/session", get(|_: Session| async {}))
        .route("/conn/wrapped", get(|_: Wrapped| async {}))
        .route(
            "/conn/handed",
            post(|json: Result<Json<Map>, JsonRejection>| async { json.map(|_| ()) }),
        )
        .route(
            "/conn/said",
            get(|| async {
                (
                    StatusCode::BAD_REQUEST,
                    "Failed to parse the request body as JSON",
                )
            }),
        )
}

/// Outcome in words, whose word it is, and how much of the body had been read.
fn rejection(cycle: &Recorded) -> Option<(&str, Option<&str>, Option<u64>, KnownBy)> {
    match &cycle.outcome {
        Outcome::Rejected {
            extractor,
            rejection,
            read,
            known_by,
            ..
        } => Some((extractor, rejection.as_deref(), *read, *known_by)),
        _ => None,
    }
}

const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn known_by_the_answer_where_nobody_listens() {
    let long = "x".repeat(200);
    let bad_utf8 = [0xff, 0xfe];
    let map = "Json<HashMap<String, u32>>";
    for (head, body, extractor, rejection_type, read) in [
        (
            format!("POST /conn/json HTTP/1.1\n{JSON}"),
            &b"{\"a\": "[..],
            map,
            "JsonSyntaxError",
            Some(6),
        ),
        (
            format!("POST /conn/json HTTP/1.1\n{JSON}"),
            b"{\"a\":\"b\"}",
            map,
            "JsonDataError",
            Some(9),
        ),
        (
            "POST /conn/json HTTP/1.1".into(),
            b"{}",
            map,
            "MissingJsonContentType",
            Some(0),
        ),
        (
            "GET /conn/x/path?a=1 HTTP/1.1".into(),
            b"",
            "Path<u32>",
            "FailedToDeserializePathParams",
            None,
        ),
        (
            "GET /conn/7/path?a=b HTTP/1.1".into(),
            b"",
            "Query<HashMap<String, u32>>",
            "FailedToDeserializeQueryString",
            None,
        ),
        (
            "POST /conn/form HTTP/1.1".into(),
            b"a=1",
            "Form<HashMap<String, u32>>",
            "InvalidFormContentType",
            Some(0),
        ),
        (
            "POST /conn/text HTTP/1.1".into(),
            &bad_utf8,
            "String",
            "InvalidUtf8",
            Some(2),
        ),
        (
            "GET /conn/extension HTTP/1.1".into(),
            b"",
            "Extension<u8>",
            "MissingExtension",
            None,
        ),
        (
            "GET /conn/wrapped HTTP/1.1".into(),
            b"",
            "MissingExtension",
            "MissingExtension",
            None,
        ),
    ] {
        let (answer, cycle) = ask(app(), &head, body).await;
        assert_eq!(
            rejection(&cycle),
            Some((extractor, Some(rejection_type), read, KnownBy::Answer)),
            "{head}: {answer}"
        );
        let said = cycle.to_string();
        let by = match extractor {
            "MissingExtension" => "rejected by an extractor (MissingExtension), going by".into(),
            extractor => format!("rejected by extractor {extractor} ({rejection_type})"),
        };
        assert!(said.contains(&by), "{said}");
        assert!(said.contains("going by its answer"), "{said}");
        let Outcome::Rejected {
            site: Some(site), ..
        } = cycle.outcome
        else {
            panic!()
        };
        assert!(
            cycle.sites[site]
                .extractors
                .iter()
                .any(|e| e == extractor || e == "Wrapped")
        );
    }
    // A body that is too long: refused by its announced length or when the limit is passed, but never read whole.
    let (_, cycle) = ask(app(), "POST /conn/text HTTP/1.1", long.as_bytes()).await;
    let (extractor, name, read, _) = rejection(&cycle).unwrap();
    assert_eq!((extractor, name), ("String", Some("LengthLimitError")));
    assert!(read.unwrap() <= 200, "{read:?}");
}

#[tokio::test]
async fn a_handler_that_ran_is_no_rejection() {
    // It took the rejection and answered with it; the other one only says the same words.
    for head in [
        &format!("POST /conn/handed HTTP/1.1\n{JSON}"),
        "GET /conn/said HTTP/1.1",
    ] {
        let (answer, cycle) = ask(app(), head, b"").await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert_eq!(cycle.outcome, Outcome::Completed, "{head}");
    }
}

#[tokio::test]
async fn an_extractor_of_the_app_says_so_itself() {
    let (answer, cycle) = ask(app(), "GET /conn/session HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(
        rejection(&cycle),
        Some(("Session", None, None, KnownBy::App))
    );
    assert!(
        cycle
            .to_string()
            .contains("rejected by extractor Session\n"),
        "{cycle}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn known_by_the_event_where_a_log_layer_listens() {
    let _listening = listening();
    let head = format!("POST /conn/json HTTP/1.1\n{JSON}");
    let (_, cycle) = ask(app(), &head, b"{\"a\": ").await;
    let by = (
        "Json<HashMap<String, u32>>",
        Some("JsonSyntaxError"),
        Some(6),
        KnownBy::Event,
    );
    assert_eq!(rejection(&cycle), Some(by));
    let (_, cycle) = ask(app(), &format!("POST /conn/handed HTTP/1.1\n{JSON}"), b"").await;
    assert_eq!(cycle.outcome, Outcome::Completed);
}
