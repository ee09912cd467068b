//! What may happen in a view and around it: logs, spans, statements, requests to others, templates, errors; extractors that
//! refuse; more than one cycle has room for.

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use onionskin::{
    Cause, Json, Rejected, Router,
    body::{Body, Bytes},
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    middleware::{Next, from_fn, map_response},
    response::{IntoResponse, Response, Sse, sse},
    routing::{get, post},
};
use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tracing::{Instrument as _, field::Empty, info, info_span, warn};

pub(crate) fn app() -> Router {
    let other = std::env::args().nth(1).expect("where another server is");
    let other: SocketAddr = other.parse().expect("an address");
    let mut bodies = Router::new().route("/many/bodies", get(async || "first"));
    for n in 0..100 {
        let another = move |_: Response| async move { format!("body number {n:03}") };
        bodies = bodies.layer(map_response(another));
    }
    Router::new()
        .route("/logs", get(logs))
        .route("/sql", get(statements))
        .route("/call", get(call))
        .route("/template", get(template))
        .route("/error", get(error))
        .route("/wait", get(works_and_waits))
        .route("/json", post(create))
        .route("/session/{shelf}", get(session))
        .route("/echo", post(async |body: Body| body))
        .route("/long", get(long))
        .route("/chunks", get(chunks))
        .route("/trailers", get(trailers))
        .route("/events", get(events))
        .route("/many/logs", get(many_logs))
        .route("/many/steps", get(again).layer(from_fn(many_times)))
        .with_state(other)
        .merge(bodies)
}

async fn logs() -> &'static str {
    let span = info_span!("shelve", book = 7, token = "s3cr3t");
    async {
        warn!(copies = 0, "sold out");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    .instrument(span)
    .await;
    "shelved"
}

async fn statements() -> &'static str {
    let mut connection = SqliteConnection::establish(":memory:").expect("in memory");
    diesel::sql_query("CREATE TABLE shelves (id INTEGER)")
        .execute(&mut connection)
        .expect("a table");
    // As sqlx 0.9 says it of each statement.
    info!(
        target: "sqlx::query",
        summary = "SELECT title FROM …",
        db.statement = "SELECT title FROM books",
        rows_affected = 0_u64,
        rows_returned = 3_u64,
        elapsed_secs = 0.25_f64,
    );
    "asked"
}

/// As reqwest-tracing and OpenTelemetry's conventions have it.
async fn call(State(other): State<SocketAddr>) -> Result<(), StatusCode> {
    let span = info_span!(
        "HTTP request",
        otel.kind = "client",
        http.request.method = "GET",
        url.full = %format_args!("http://{other}/stock?page=1&api_key=s3cr3t"),
        http.response.status_code = Empty,
    );
    let ask = async {
        let mut socket = tokio::net::TcpStream::connect(other).await?;
        socket
            .write_all(b"GET /stock HTTP/1.1\r\nhost: x\r\n\r\n")
            .await?;
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await?;
        let status = String::from_utf8_lossy(&answer[9..]);
        tracing::Span::current().record("http.response.status_code", &*status);
        Ok::<_, std::io::Error>(())
    };
    let asked = ask.instrument(span).await;
    asked.map_err(|_| StatusCode::BAD_GATEWAY)
}

async fn template() -> &'static str {
    onionskin::template("book.html", || {
        std::thread::sleep(Duration::from_millis(2));
        "<h1>The Hobbit</h1>"
    })
}

async fn error() -> Response {
    let source = "twelve".parse::<i64>().expect_err("no figures");
    let cause = Cause::new(std::io::Error::other(Gone(source)));
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(cause);
    response
}

#[derive(Debug)]
struct Gone(std::num::ParseIntError);

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the shelf is gone")
    }
}

impl std::error::Error for Gone {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

async fn works_and_waits() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(10) {}
    tokio::time::sleep(Duration::from_millis(30)).await;
}

async fn create(_: HeaderMap, _: Json<HashMap<String, u32>>) {}

/// An extractor of the app's own, which refuses.
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

async fn session(_: Path<u32>, _: Session) {}

async fn long() -> String {
    "x".repeat(100_000)
}

async fn chunks() -> Body {
    let parts = ["one", "two", "three"].map(Ok::<_, Infallible>);
    Body::from_stream(futures_util::stream::iter(parts))
}

async fn trailers() -> Body {
    let mut sums = HeaderMap::new();
    sums.insert("x-sum", "3".parse().expect("a value"));
    let frames = [
        http_body::Frame::data(Bytes::from("abc")),
        http_body::Frame::trailers(sums),
    ]
    .map(Ok::<_, Infallible>);
    Body::new(http_body_util::StreamBody::new(futures_util::stream::iter(
        frames,
    )))
}

async fn events() -> impl IntoResponse {
    let events = (0..3)
        .map(|n| Ok::<_, Infallible>(sse::Event::default().event("tick").data(n.to_string())));
    Sse::new(futures_util::stream::iter(events))
}

async fn again() -> &'static str {
    "again"
}

async fn many_times(request: Request, next: Next) -> Response {
    let (head, _) = request.into_parts();
    let one = || Request::from_parts(head.clone(), Body::empty());
    for _ in 0..100_000 {
        next.clone().run(one()).await;
    }
    next.run(one()).await
}

async fn many_logs() -> &'static str {
    for n in 0..100_000 {
        info!(n, "again");
    }
    "done"
}
