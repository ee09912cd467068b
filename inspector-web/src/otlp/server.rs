//! The listeners: HTTP/1 and HTTP/2 on each, so that it does not matter which port a sender takes for gRPC.

use super::{Spans, service::Desk};
use crate::{
    Error, Limits,
    server::{Patience, accept, closed},
};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{convert::Infallible, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Connections at the same time, on each address.
const CONNECTIONS: usize = 64;

/// Requests at the same time on one connection.
const STREAMS: u32 = 8;

/// Longest silence: senders keep a connection between two batches, which are seldom more than a minute apart.
const SILENCE: Duration = Duration::from_secs(90);

/// Most bytes of a head.
const HEAD: usize = 64 << 10;

/// Listens on all addresses, or on none.
pub(crate) async fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::new();
    for &address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|source| Error::Otlp { address, source })?);
    }
    Ok(listeners)
}

/// Receives until `closing` says so.
pub(crate) async fn run(
    listeners: Vec<TcpListener>,
    spans: Spans,
    limits: Limits,
    closing: watch::Receiver<bool>,
) {
    let desk = Desk::new(spans);
    let mut all = JoinSet::new();
    for listener in listeners {
        let address = listener.local_addr();
        let on_loopback = address.is_ok_and(|address| address.ip().is_loopback());
        let (desk, limits) = (desk.clone(), limits.clone());
        let serve =
            move |stream, closing| serve(stream, desk.clone(), on_loopback, limits.write, closing);
        all.spawn(accept(listener, CONNECTIONS, closing.clone(), serve));
    }
    while all.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    desk: Desk,
    on_loopback: bool,
    write: Duration,
    mut closing: watch::Receiver<bool>,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(desk.answer(request, on_loopback).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32);
    let stream = Patience::new(stream, write).silent_for(SILENCE);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A sender that broke off or was cut is no error of ours.
        _ = connection.as_mut() => return,
        () = closed(&mut closing) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
