//! The listeners: HTTP/1 and HTTP/2 on each, so that it does not matter which port a sender takes for gRPC.

use super::{Spans, service::Desk};
use crate::{
    Otlp,
    server::{Patience, accept, closed},
};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{convert::Infallible, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Requests at the same time on one connection.
const STREAMS: u32 = 8;

/// Most bytes of a head.
const HEAD: usize = 64 << 10;

/// How long a sender is waited for.
#[derive(Clone, Copy, Debug)]
struct Waits {
    silence: Duration,
    write: Duration,
}

/// Receives until `closing` says so. `write`: how long a write may wait.
pub(crate) async fn run(
    listeners: Vec<TcpListener>,
    spans: Spans,
    config: Otlp,
    write: Duration,
    closing: watch::Receiver<bool>,
) {
    let waits = Waits {
        silence: config.silence,
        write,
    };
    let desk = Desk::new(spans);
    let mut all = JoinSet::new();
    for listener in listeners {
        let address = listener.local_addr();
        let on_loopback = address.is_ok_and(|address| address.ip().is_loopback());
        let desk = desk.clone();
        let serve = move |stream, closing| serve(stream, desk.clone(), on_loopback, waits, closing);
        all.spawn(accept(listener, config.connections, closing.clone(), serve));
    }
    while all.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    desk: Desk,
    on_loopback: bool,
    waits: Waits,
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
        .header_read_timeout(waits.silence)
        .max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32);
    let stream = Patience::new(stream, waits.write).silent_for(waits.silence);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A sender that broke off or was cut is no error of ours.
        _ = connection.as_mut() => return,
        () = closed(&mut closing) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
