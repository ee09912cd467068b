//! A small app of the usual kind, in one file, compiled twice: with axum, and with Onionskin by the name of axum.
//!
//! From the outside in: CORS, trace, version header, `stamp` around everything; `require_token` around `/admin`; a
//! timeout around `/slow`; a body limit on `POST /upload`; a catcher of panics around `/panic`.

use axum::{
    Extension, Form, Json, Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use futures_util::{StreamExt as _, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    io::{Read, Write},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tower_http::{
    catch_panic::CatchPanicLayer, cors::CorsLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer, trace::TraceLayer,
};

/// What `/admin` asks for.
pub const TOKEN: &str = "Bearer open-sesame";

/// Most bytes that `POST /upload` takes.
pub const UPLOAD_LIMIT: usize = 1024;

/// How long `/slow` may take.
pub const PATIENCE: Duration = Duration::from_millis(400);

#[derive(Clone, Default)]
struct App {
    notes: Arc<Mutex<BTreeMap<u32, String>>>,
}

#[derive(Clone, Copy)]
struct Admin;

#[derive(Deserialize, Serialize)]
struct Note {
    text: String,
}

#[derive(Deserialize)]
struct Wanted {
    word: Option<String>,
    #[serde(default)]
    skip: usize,
}

/// The routes and the layers.
fn router() -> Router {
    let app = App::default();
    let admin = Router::new()
        .route("/notes/{id}/{*rest}", get(inspect))
        .route("/clear", post(clear))
        .layer(from_fn_with_state(app.clone(), require_token));
    let slow = Router::new()
        .route("/slow", get(slow))
        .route_layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            PATIENCE,
        ));
    let panic = Router::new()
        .route("/panic", get(panics))
        .layer(CatchPanicLayer::new());
    let version = SetResponseHeaderLayer::overriding(
        HeaderName::from_static("x-version"),
        HeaderValue::from_static("7"),
    );
    let cors = CorsLayer::new()
        .allow_origin("http://shop.example".parse::<HeaderValue>().unwrap())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .max_age(Duration::from_secs(60));
    Router::new()
        .route("/", get(|| async { "notes" }))
        .route("/notes", get(list).post(create))
        .route("/notes/{id}", get(show).put(change).delete(delete))
        .route("/form", post(form))
        .route("/echo", post(echo))
        .route("/headers", any(headers))
        .route(
            "/upload",
            post(upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/peer", get(peer))
        .route("/moved", get(|| async { Redirect::permanent("/notes") }))
        .route("/stream", get(streamed))
        .route("/trailers", get(trailers))
        .route("/bytes", get(odd_bytes))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/broken", get(broken))
        .merge(slow)
        .merge(panic)
        .nest("/admin", admin)
        .fallback(lost)
        .method_not_allowed_fallback(not_that_way)
        .layer(from_fn(stamp))
        .layer(version)
        .layer(TraceLayer::new_for_http())
        .layer(cors)
        .with_state(app)
}

async fn stamp(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    headers.insert("x-stamp", HeaderValue::from_static("in"));
    headers.remove("x-private");
    let mut response = next.run(request).await;
    let stamped = HeaderValue::from_static("out");
    response.headers_mut().append("x-stamp", stamped);
    response
}

async fn require_token(State(_): State<App>, mut request: Request, next: Next) -> Response {
    let token = request.headers().get(header::AUTHORIZATION);
    if token.is_none_or(|token| token != TOKEN) {
        return (StatusCode::UNAUTHORIZED, "a token, please").into_response();
    }
    request.extensions_mut().insert(Admin);
    next.run(request).await
}

async fn list(State(app): State<App>, Query(wanted): Query<Wanted>) -> Json<Vec<String>> {
    let notes = app.notes.lock().unwrap();
    let all = notes.values().skip(wanted.skip).cloned();
    let word = wanted.word.unwrap_or_default();
    Json(all.filter(|text| text.contains(&word)).collect())
}

async fn create(State(app): State<App>, Json(note): Json<Note>) -> impl IntoResponse {
    let mut notes = app.notes.lock().unwrap();
    let id = notes.keys().last().map_or(1, |last| last + 1);
    notes.insert(id, note.text.clone());
    let location = [(header::LOCATION, format!("/notes/{id}"))];
    (StatusCode::CREATED, location, Json(note))
}

async fn show(State(app): State<App>, Path(id): Path<u32>) -> Result<String, StatusCode> {
    let notes = app.notes.lock().unwrap();
    notes.get(&id).cloned().ok_or(StatusCode::NOT_FOUND)
}

async fn change(State(app): State<App>, Path(id): Path<u32>, text: String) -> StatusCode {
    app.notes.lock().unwrap().insert(id, text);
    StatusCode::NO_CONTENT
}

async fn delete(State(app): State<App>, Path(id): Path<u32>) -> StatusCode {
    match app.notes.lock().unwrap().remove(&id) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

async fn form(Form(note): Form<Note>) -> String {
    format!("read: {}", note.text)
}

async fn echo(body: Body) -> Body {
    body
}

async fn upload(bytes: Bytes) -> String {
    format!("{} bytes", bytes.len())
}

/// Every header as it came, in order, byte for byte.
async fn headers(method: Method, uri: Uri, request: Request) -> Vec<u8> {
    let mut out = format!("{method} {uri} {:?}\n", request.version()).into_bytes();
    for (name, value) in request.headers() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b"=");
        out.extend_from_slice(value.as_bytes());
        out.push(b'\n');
    }
    out
}

async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
    peer.ip().to_string()
}

async fn inspect(
    Path((id, rest)): Path<(u32, String)>,
    Extension(Admin): Extension<Admin>,
) -> String {
    format!("{id} {rest}")
}

async fn clear(State(app): State<App>) -> StatusCode {
    app.notes.lock().unwrap().clear();
    StatusCode::NO_CONTENT
}

async fn streamed() -> Body {
    let parts = ["one, ", "two, ", "", "three"].map(|part| Ok::<_, Infallible>(Bytes::from(part)));
    Body::from_stream(stream::iter(parts))
}

async fn trailers() -> Response {
    let mut sums = axum::http::HeaderMap::new();
    sums.insert("x-sum", HeaderValue::from_static("3"));
    let frames = [
        Frame::data(Bytes::from("abc")),
        Frame::data(Bytes::from("def")),
        Frame::trailers(sums),
    ]
    .map(Ok::<_, Infallible>);
    let body = Body::new(StreamBody::new(stream::iter(frames)));
    ([(header::TRAILER, "x-sum")], body).into_response()
}

async fn odd_bytes() -> Response {
    let mut response = Bytes::from_static(b"\0\xff\xfe").into_response();
    let value = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    response.headers_mut().append("x-odd", value.clone());
    response.headers_mut().append("x-odd", value);
    response
}

/// A body that breaks after its first part.
async fn broken() -> Body {
    let half = stream::once(async { Ok(Bytes::from("half")) });
    let torn = stream::once(async {
        // Time for the first part to be written.
        tokio::time::sleep(PATIENCE / 2).await;
        Err(std::io::Error::other("torn"))
    });
    Body::from_stream(half.chain(torn))
}

async fn slow() -> &'static str {
    tokio::time::sleep(PATIENCE * 50).await;
    "at last"
}

async fn panics() -> &'static str {
    panic!("the notes are on fire")
}

async fn lost(uri: Uri) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, format!("no {}", uri.path()))
}

async fn not_that_way(method: Method) -> (StatusCode, String) {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not how"),
    )
}

/// Serves on the port given as argument (0, or none: any) until standard input ends; says first where.
pub fn main() {
    let port = std::env::args().nth(1).map_or(0, |port| {
        port.parse().expect("the argument is a port number")
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve(port)).expect("served");
}

async fn serve(port: u16) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let (over, is_over) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = over.send(());
    });
    let app = router().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            let _ = is_over.await;
        })
        .await
}
