//! The app: six middlewares, a state, one route with a path parameter, about 1 KiB of JSON in and out.
//!
//! The state is there because nearly every app has one, and because axum allocates nothing for a handler without any: then
//! what a probe adds to the handler, its place, costs one allocation more wherever axum clones the stack (nine, here).

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tower_http::{
    compression::CompressionLayer,
    cors::CorsLayer,
    request_id::{MakeRequestId, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer},
};
use tracing::Level;

/// What the app runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// Plain axum.
    Bare,
    /// Compiled in, recording off.
    Off,
    /// Recording, no inspector there.
    Ring,
    /// Recording, an inspector attached: bodies are kept.
    Attached,
    /// As `Ring`, with the value of an extension watched.
    Watched,
    /// Recording, the six layers in one `ServiceBuilder`.
    Builder,
    /// Plain axum with `TraceLayer` and `tracing_subscriber::fmt` at INFO, written to a sink.
    TraceInfo,
    /// Plain axum, the six layers in one `ServiceBuilder`.
    BareBuilder,
}

impl Variant {
    pub(crate) const ALL: [Self; 8] = [
        Self::Bare,
        Self::Off,
        Self::Ring,
        Self::Attached,
        Self::Watched,
        Self::Builder,
        Self::TraceInfo,
        Self::BareBuilder,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Off => "off",
            Self::Ring => "ring",
            Self::Attached => "attached",
            Self::Watched => "watched",
            Self::Builder => "builder",
            Self::TraceInfo => "trace-info",
            Self::BareBuilder => "bare-builder",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Variant {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|v| v.name() == name)
            .ok_or_else(|| anyhow::anyhow!("no variant {name:?}"))
    }
}

/// The six layers, one `.layer()` each. The last one stands outermost.
macro_rules! fused {
    ($axum:ident) => {
        $axum::Router::new()
            .route("/shops/{shop}/orders", $axum::routing::post(order))
            .layer(timeout())
            .layer(compression())
            .layer(cors())
            .layer(from_fn(auth))
            .layer(from_fn(security_headers))
            .layer(request_id())
            .with_state(Arc::new(Shop { currency: "EUR" }))
    };
}

/// The app on plain axum.
pub(crate) fn bare() -> axum::Router {
    fused!(axum)
}

/// The app on Onionskin.
pub(crate) fn recorded() -> onionskin::Router {
    fused!(onionskin)
}

/// The app on plain axum, logging one line for each request as [`TraceLayer`] does, to nowhere.
pub(crate) fn traced() -> axum::Router {
    tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_writer(std::io::sink)
        .init();
    bare().layer(
        TraceLayer::new_for_http()
            .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
            .on_response(DefaultOnResponse::new().level(Level::INFO)),
    )
}

/// The six layers in one box, in place of one around each.
macro_rules! built {
    ($axum:ident, $tower:ident) => {
        $axum::Router::new()
            .route("/shops/{shop}/orders", $axum::routing::post(order))
            .layer(
                $tower::ServiceBuilder::new()
                    .layer(request_id())
                    .layer(from_fn(security_headers))
                    .layer(from_fn(auth))
                    .layer(cors())
                    .layer(compression())
                    .layer(timeout()),
            )
            .with_state(Arc::new(Shop { currency: "EUR" }))
    };
}

/// The app on plain axum, its layers in a `ServiceBuilder`.
pub(crate) fn bare_builder() -> axum::Router {
    built!(axum, tower)
}

/// The app on Onionskin, its layers in a `ServiceBuilder`.
pub(crate) fn recorded_builder() -> onionskin::Router {
    built!(onionskin, onionskin_tower)
}

fn request_id() -> SetRequestIdLayer<Counter> {
    SetRequestIdLayer::x_request_id(Counter)
}

#[derive(Clone, Copy)]
struct Counter;

impl MakeRequestId for Counter {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = format!("{:032x}", NEXT.fetch_add(1, Ordering::Relaxed));
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}

async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// Who is asking.
#[derive(Clone, Debug)]
pub(crate) struct User {
    number: u64,
}

async fn auth(mut request: Request, next: Next) -> Response {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = token else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let number = token.len() as u64;
    request.extensions_mut().insert(User { number });
    next.run(request).await
}

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(HeaderValue::from_static("https://shop.example"))
}

type Never = fn(StatusCode, Version, &HeaderMap, &http::Extensions) -> bool;

fn compression() -> CompressionLayer<Never> {
    CompressionLayer::new().compress_when((|_, _, _, _| false) as Never)
}

fn timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(30))
}

/// What all requests share.
struct Shop {
    currency: &'static str,
}

/// What is sent in, and, with a total, out.
#[derive(Serialize, Deserialize)]
struct Order {
    customer: String,
    lines: Vec<OrderLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<Total>,
}

#[derive(Serialize, Deserialize)]
struct OrderLine {
    sku: String,
    title: String,
    quantity: u32,
    price_cents: u64,
}

#[derive(Serialize, Deserialize)]
struct Total {
    shop: u32,
    user: u64,
    cents: u64,
    currency: Cow<'static, str>,
}

async fn order(
    State(state): State<Arc<Shop>>,
    Path(shop): Path<u32>,
    Extension(user): Extension<User>,
    Json(mut order): Json<Order>,
) -> Json<Order> {
    let cents = order
        .lines
        .iter()
        .map(|line| u64::from(line.quantity) * line.price_cents)
        .sum();
    order.total = Some(Total {
        shop,
        user: user.number,
        cents,
        currency: state.currency.into(),
    });
    Json(order)
}

/// The request, as a browser writes it: twelve headers and about 1 KiB of JSON.
pub(crate) fn request() -> Vec<u8> {
    let lines = (0..9).map(|n| OrderLine {
        sku: format!("BOOK-{n:04}-HARDCOVER"),
        title: format!("The collected letters, volume {n} of nine"),
        quantity: n + 1,
        price_cents: 1_990 + u64::from(n) * 100,
    });
    let order = Order {
        customer: "Ada Lovelace".to_owned(),
        lines: lines.collect(),
        total: None,
    };
    let body = serde_json::to_string(&order).expect("an order has only string keys");
    format!(
        "POST /shops/7/orders HTTP/1.1\r\n\
         host: shop.example\r\n\
         connection: keep-alive\r\n\
         content-length: {}\r\n\
         authorization: Bearer 0123456789abcdef0123456789abcdef\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         content-type: application/json\r\n\
         accept: application/json, text/plain, */*\r\n\
         origin: https://shop.example\r\n\
         referer: https://shop.example/basket?step=2\r\n\
         accept-encoding: gzip, deflate, br, zstd\r\n\
         accept-language: en-GB,en;q=0.8,de;q=0.5\r\n\
         cookie: session=5f2b0c9e7d1a4386; theme=dark; consent=necessary\r\n\
         \r\n{body}",
        body.len(),
    )
    .into_bytes()
}
