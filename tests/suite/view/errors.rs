//! What errors say: those that break a body, those that pass a layer, and such as can't be shown.

use super::{ask, exchange};
use crate::served::Served;
use onionskin::{
    BoxError, Router,
    body::{Body, Bytes},
    error_handling::HandleErrorLayer,
    extract::Request,
    http::StatusCode,
    routing::{get, post},
    testing::Recorded,
    wire::{BodyEnd, Left, MarkKind, Outcome, Side},
};
use std::{error::Error, fmt};

#[derive(Debug)]
struct Gone(std::num::ParseIntError);

impl Gone {
    fn new() -> Self {
        Self("twelve".parse::<i64>().unwrap_err())
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shelf is gone")
    }
}

impl Error for Gone {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

const SAID: &str = "the shelf is gone, because: invalid digit found in string";

/// An error whose text nobody can have.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

impl Error for Unspeakable {}

const UNSHOWN: &str = "(it panicked while it was shown)";

fn broken(error: impl Into<BoxError>) -> Body {
    Body::from_stream(futures_util::stream::iter([Ok("half"), Err(error.into())]))
}

fn end_of(cycle: &Recorded, side: Side) -> &BodyEnd {
    let mut bodies = cycle.bodies.iter();
    &bodies.find(|body| body.side == side).unwrap().end
}

fn error_of(cycle: &Recorded) -> &str {
    let Outcome::Failed { error, .. } = &cycle.outcome else {
        panic!("{cycle}");
    };
    error
}

#[tokio::test]
async fn a_body_that_breaks_says_why_to_the_last_source() {
    let app = Router::new().route("/conn", get(async || broken(Gone::new())));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let error = SAID.to_owned();
    assert_eq!(end_of(&cycle, Side::Response), &BodyEnd::Error { error });
    assert_eq!(error_of(&cycle), SAID);
    // The server's own: of a request that is not what it says.
    let app = Router::new().route("/conn", post(async |_: Bytes| ()));
    let head = "POST /conn HTTP/1.1\ntransfer-encoding: chunked";
    let mut served = Served::start(app).await;
    let answer = exchange(&mut served, head, b"no chunk\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let cycle = served.cycle().await;
    let BodyEnd::Error { error } = end_of(&cycle, Side::Request) else {
        panic!("{cycle}");
    };
    let why = "because: Invalid chunk size line: missing size digit";
    assert!(error.ends_with(why), "{error}");
}

#[tokio::test]
async fn an_error_that_passes_a_layer_says_why_to_the_last_source() {
    let stack = onionskin_tower::ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_: BoxError| {
            StatusCode::SERVICE_UNAVAILABLE
        }))
        .filter(|_: Request| Err::<Request, _>(Gone::new()));
    let app = Router::new().route("/conn", get(async || ())).layer(stack);
    let (answer, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    let error = Some(Left::Error { error: SAID.into() });
    assert!(cycle.steps.iter().any(|step| step.left == error), "{cycle}");
}

#[tokio::test]
async fn a_secret_in_an_error_that_passes_a_layer_is_masked() {
    let stack = onionskin_tower::ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_: BoxError| {
            StatusCode::SERVICE_UNAVAILABLE
        }))
        .filter(|_: Request| Err::<Request, BoxError>("not with Bearer canary-0123456".into()));
    let app = Router::new().route("/conn", get(async || ())).layer(stack);
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let mut left = cycle.steps.iter().filter_map(|step| step.left.as_ref());
    let error = left.find_map(|left| match left {
        Left::Error { error } => Some(error),
        _ => None,
    });
    let error = error.expect("it passed a layer");
    assert!(error.starts_with("not with [redacted #"), "{error}");
}

/// The same app on either; the last two lines of its answers.
macro_rules! unspeakable {
    ($web:ident) => {{
        use $web::{
            Extension, Router, error_handling::HandleErrorLayer, http::StatusCode, routing::get,
        };
        let builder = tower::ServiceBuilder::new();
        let stack = builder
            .layer(HandleErrorLayer::new(async |_: BoxError| {
                StatusCode::SERVICE_UNAVAILABLE
            }))
            .filter(|_: Request| Err::<Request, _>(Unspeakable));
        let cause = || Extension(onionskin::Cause::new(Unspeakable));
        Router::new()
            .route("/conn/passes", get(async || ()).layer(stack))
            .route("/conn/breaks", get(async || broken(Unspeakable)))
            .route(
                "/conn/stands",
                get(async move || (StatusCode::GONE, cause(), "gone")),
            )
    }};
}

#[tokio::test]
async fn an_error_that_panics_when_it_is_shown_changes_nothing() {
    let mut theirs = Served::start_on_axum(unspeakable!(axum)).await;
    let mut answers = Vec::new();
    for path in ["passes", "breaks", "stands"] {
        let head = format!("GET /conn/{path} HTTP/1.1");
        answers.push(exchange(&mut theirs, &head, b"").await);
        theirs.leave().await;
    }
    drop(theirs);
    let mut ours = Served::start(unspeakable!(onionskin)).await;
    let mut cycles = Vec::new();
    for (path, theirs) in ["passes", "breaks", "stands"].into_iter().zip(&answers) {
        let head = format!("GET /conn/{path} HTTP/1.1");
        let answer = exchange(&mut ours, &head, b"").await;
        let without_date = |bytes: &str| crate::raw::without_date(bytes.as_bytes());
        assert_eq!(without_date(&answer), without_date(theirs), "{path}");
        cycles.push(ours.cycle().await);
        ours.leave().await;
    }
    let [passes, breaks, stands] = &cycles[..] else {
        panic!("{cycles:?}");
    };
    assert_eq!((passes.status, stands.status), (Some(503), Some(410)));
    assert_eq!(error_of(breaks), UNSHOWN);
    let shown =
        |mark: &MarkKind| matches!(mark, MarkKind::Error { chain } if chain[..] == [UNSHOWN]);
    assert!(
        stands.marks.iter().any(|mark| shown(&mark.what)),
        "{stands}"
    );
    for cycle in &cycles {
        let panicked = |mark: &MarkKind| matches!(mark, MarkKind::Panic { .. });
        assert!(
            !cycle.marks.iter().any(|mark| panicked(&mark.what)),
            "{cycle}"
        );
    }
}
