//! What handlers themselves can do, and services that are made for each connection.

use super::{Mark, same};
use std::net::SocketAddr;
use tower::Service as _;

#[test]
fn handlers_with_layers_and_with_state() {
    let asked = ["GET /", "POST / b", "HEAD /", "GET /7"];
    let answers = same!(&asked, |axum| {
        use axum::{Router, extract::State, handler::Handler as _, routing::get};
        let layered = (|| async { "layered" }).layer(Mark("own"));
        let with_state = (|State(n): State<u8>| async move { n.to_string() }).with_state(7_u8);
        Router::<()>::new()
            .route("/", get(layered).layer(Mark("method")))
            .fallback_service(with_state)
    });
    assert!(
        answers[0].contains(r#""x-mark": "own", "x-mark": "method""#),
        "{}",
        answers[0]
    );
    assert!(answers[3].ends_with('7'), "{}", answers[3]);
}

/// What the service that is made for a connection answers.
macro_rules! made_for {
    ($axum:ident, $make:expr) => {{
        #[allow(unused_imports)]
        use ::$axum::{Router, extract::ConnectInfo, routing::get};
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let mut make = $make;
        let service = runtime.block_on(make.call(SocketAddr::from(([127, 0, 0, 1], 7))));
        super::answers(service.unwrap(), &["GET /", "GET /x", "POST /"])
    }};
}

macro_rules! both {
    ($make:expr) => {{
        macro_rules! of {
            ($axum:ident) => {
                made_for!($axum, $make)
            };
        }
        let (theirs, ours) = (of!(axum), of!(onionskin));
        assert_eq!(theirs, ours);
        assert!(theirs[0].contains("200 OK"), "{theirs:?}");
    }};
}

#[test]
fn services_for_connections() {
    both!(
        Router::<()>::new()
            .route("/", get(|| async { "root" }))
            .into_make_service()
    );
    both!(get::<_, _, ()>(|| async { "alone" }).into_make_service());
    both!(
        Router::<()>::new()
            .route(
                "/",
                get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() })
            )
            .into_make_service_with_connect_info::<SocketAddr>()
    );
    both!(
        get::<_, _, ()>(
            |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }
        )
        .into_make_service_with_connect_info::<SocketAddr>()
    );
}
