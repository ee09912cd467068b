//! What a layer may do to a request and to its response, and where layers may stand.

use onionskin::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    handler::Handler as _,
    http::{HeaderValue, Method, StatusCode, Uri, Version, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};

pub(crate) fn app() -> Router {
    let of_routes = Router::new()
        .route("/routed", get(view))
        .route_layer(from_fn(before_the_route));
    Router::new()
        .route("/old", any(view).layer(from_fn(rewrites)))
        .route("/edits", get(view).layer(from_fn(edits)))
        .route(
            "/guest",
            get(view)
                .layer(from_fn(says_farewell))
                .layer(from_fn(welcomes)),
        )
        .route("/shout", post(echo).layer(from_fn(shouts)))
        .route("/packed", get(text).layer(from_fn(packs)))
        .route(
            "/retry",
            get(third_time)
                .layer(from_fn(between))
                .layer(from_fn(persists)),
        )
        .route("/one", get(view).layer(from_fn(of_get)).post(view))
        .route("/handler", get(view.layer(from_fn(of_the_handler))))
        .route("/books/{id}", get(view))
        .merge(of_routes)
}

async fn view() -> &'static str {
    "seen"
}

async fn rewrites(mut request: Request, next: Next) -> Response {
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = Uri::from_static("/new?page=2");
    *request.version_mut() = Version::HTTP_10;
    next.run(request).await
}

async fn edits(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    headers.remove("x-gone");
    headers.insert("x-kept", HeaderValue::from_static("new"));
    headers.append("x-twice", HeaderValue::from_static("b"));
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert("x-edited", HeaderValue::from_static("yes"));
    response
}

/// An extension whose values are watched.
#[derive(Clone, Debug)]
pub(crate) struct Guest(#[expect(dead_code, reason = "for its `Debug`")] u32);

/// One of which only the type is told.
#[derive(Clone)]
struct Seat;

async fn welcomes(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Guest(7));
    request.extensions_mut().insert(Seat);
    next.run(request).await
}

async fn says_farewell(mut request: Request, next: Next) -> Response {
    request.extensions_mut().remove::<Guest>();
    next.run(request).await
}

async fn echo(said: String) -> (StatusCode, String) {
    (StatusCode::CREATED, said)
}

/// Another body each way, made of the one that it takes, and another status.
async fn shouts(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let whole = to_bytes(body, 1000).await.expect("it is short");
    let louder = Body::from([&whole[..], b"!"].concat());
    let response = next.run(Request::from_parts(head, louder)).await;
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, 1000).await.expect("it is short");
    head.status = StatusCode::ACCEPTED;
    head.headers.remove(header::CONTENT_LENGTH);
    let louder = [&whole.to_ascii_uppercase()[..], b"?"].concat();
    Response::from_parts(head, Body::from(louder))
}

async fn text() -> &'static str {
    "shelf after shelf after shelf"
}

/// [`text`] as `gzip` packs it.
const PACKED: &[u8] =
    b"\x1f\x8b\x08\0\0\0\0\0\x02\x03+\xceH\xcdISHL+I-R(Fg\x03\0\x31+x\xdd\x1d\0\0\0";

async fn packs(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    *response.body_mut() = Body::from(PACKED);
    response
}

/// Each third time that it is asked.
async fn third_time() -> StatusCode {
    static ASKED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let asked = ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    match asked % 3 {
        0 => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Asks until it is content, as retrying layers do.
async fn persists(request: Request, next: Next) -> Response {
    let (head, _) = request.into_parts();
    for _ in 0..9 {
        let again = Request::from_parts(head.clone(), Body::empty());
        let response = next.clone().run(again).await;
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            return response;
        }
    }
    StatusCode::BAD_GATEWAY.into_response()
}

async fn between(request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn before_the_route(request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn of_get(request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn of_the_handler(request: Request, next: Next) -> Response {
    next.run(request).await
}

/// As sites do it that want one address for each book.
pub(crate) async fn one_address(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_book = path.starts_with("/books/");
    match path.strip_suffix('/').filter(|_| is_book) {
        Some(path) => Redirect::permanent(path).into_response(),
        None => next.run(request).await,
    }
}
