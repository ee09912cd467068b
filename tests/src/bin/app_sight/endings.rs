//! Every way in which a cycle may end.

use onionskin::{
    Router,
    body::Body,
    extract::{Request, ws::Message, ws::WebSocketUpgrade},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{convert::Infallible, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

pub(crate) fn app() -> Router {
    let patience = Duration::from_millis(20);
    let patience = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, patience);
    Router::new()
        .route(
            "/refuse",
            get(ok).layer(from_fn(inner)).layer(from_fn(refuse)),
        )
        .route("/bang", get(bang))
        .route("/caught", get(bang).layer(CatchPanicLayer::new()))
        .route("/torn", get(torn))
        .route("/late", get(stuck).layer(patience))
        .route("/hold", get(ok).layer(from_fn(hold)))
        .route("/stuck", get(stuck))
        .route("/endless", get(endless))
        .route("/socket", get(socket))
}

async fn ok() -> &'static str {
    "ok"
}

async fn inner(request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn refuse(_: Request, _: Next) -> Response {
    StatusCode::FORBIDDEN.into_response()
}

async fn hold(_: Request, _: Next) -> Response {
    std::future::pending().await
}

async fn stuck() {
    std::future::pending().await
}

async fn bang() {
    panic!("the shelf is on fire");
}

async fn torn() -> Body {
    let parts = [Ok("half"), Err(std::io::Error::other("torn"))];
    Body::from_stream(futures_util::stream::iter(parts))
}

async fn endless() -> Body {
    let more = || Ok::<_, Infallible>(vec![b'x'; 1 << 10]);
    Body::from_stream(futures_util::stream::repeat_with(more))
}

/// Says again what it hears, and something of its own.
async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            if let Message::Text(text) = message {
                let _ = socket.send(Message::Text(text)).await;
                let _ = socket.send(Message::Binary(vec![0; 300].into())).await;
            }
        }
    })
}
