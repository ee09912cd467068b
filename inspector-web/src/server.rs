//! The accept loop, for HTTP clients and for senders of OTLP.
//!
//! Slow clients are cut, by time: a head must be there after a few seconds, a write must go on within a few. Many are
//! told 503. No error of one ends the loop.

mod patience;

use crate::{
    Limits,
    api::{self, Api},
    guard::Guard,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
pub(crate) use patience::Patience;
use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};

/// How long to wait when the system has no descriptor for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many clients that are turned away are heard to their end at the same time, and for how long.
const FAREWELLS: usize = 64;
const FAREWELL: Duration = Duration::from_secs(1);

/// How long connections may take to finish when the inspector stops.
const GRACE: Duration = Duration::from_secs(1);

/// Most bytes that hyper keeps for one connection in either direction; a head can't be longer.
const BUFFER: usize = 64 << 10;

const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves until `closing` says so, then lets the connections finish.
pub(crate) async fn run(
    listener: TcpListener,
    guard: Guard,
    api: Api,
    limits: Limits,
    closing: watch::Receiver<bool>,
) {
    let guard = Arc::new(guard);
    let router = api::router(api);
    let connections = limits.connections;
    let serve = move |stream, closing| {
        let (guard, router, limits) = (guard.clone(), router.clone(), limits.clone());
        async move { serve(stream, &guard, router, &limits, closing).await }
    };
    accept(listener, connections, closing, serve).await;
}

/// Takes so many connections at most, and has them served, until `closing` says so; then lets them finish.
pub(crate) async fn accept<F>(
    listener: TcpListener,
    most: usize,
    mut closing: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, watch::Receiver<bool>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    let farewells = Arc::new(Semaphore::new(FAREWELLS));
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = closed(&mut closing) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            if let Ok(place) = farewells.clone().try_acquire_owned() {
                connections.spawn(async move {
                    let _place = place;
                    let _ = tokio::time::timeout(FAREWELL, turn_away(stream)).await;
                });
            }
            continue;
        };
        let served = serve(stream, closing.clone());
        connections.spawn(async move {
            let _place = place;
            served.await;
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, all).await;
}

/// Says that there is no place. Closing with the request unread would take the answer away from the client.
async fn turn_away(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(FULL).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

async fn serve(
    stream: TcpStream,
    guard: &Guard,
    router: axum::Router,
    limits: &Limits,
    mut closing: watch::Receiver<bool>,
) {
    // Live events are small and wait for nothing.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: http::Request<Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(api::answer(guard, router, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Patience::new(stream, limits.write)), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client that broke off or was cut is no error of ours.
        _ = connection.as_mut() => return,
        () = closed(&mut closing) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Waits until the inspector stops, or is no more.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}
