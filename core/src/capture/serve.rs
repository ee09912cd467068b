//! axum's `serve`, with a clock on every connection.
//!
//! Its types are axum's again: the connections that axum's own would show to an app's code are not those that the app's
//! listener accepts, but have a clock around them.

use super::{
    agent,
    connection::{Clock, Clocked},
    control,
    method_router::MethodRouter,
    router::Router,
    server::{ClockedService, Sites},
};
use axum::{
    extract::{Request, connect_info::Connected},
    handler::HandlerService,
    response::Response,
    serve::{Listener, TapIo},
};
use pin_project_lite::pin_project;
use std::{
    convert::Infallible,
    fmt,
    future::{Future, IntoFuture, Ready},
    io,
    net::SocketAddr,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::net::TcpListener;
use tower_service::Service;

type Inner<L, M, S> = axum::serve::Serve<Clocked<L>, ClockedMake<M>, ClockedService<S>>;
type InnerGraceful<L, M, S, F> =
    axum::serve::WithGracefulShutdown<Clocked<L>, ClockedMake<M>, ClockedService<S>, F>;
/// It is one type, whatever is served.
type ServeFuture =
    <axum::serve::Serve<TcpListener, axum::Router, axum::Router> as IntoFuture>::IntoFuture;

/// Serves an app, as [`axum::serve()`] does, and notes on every connection when the bytes of a
/// request came and when those of its response went.
///
/// # Example
///
/// ```no_run
/// # async fn run() -> std::io::Result<()> {
/// use onionskin::{Router, routing::get};
///
/// let app = Router::new().route("/", get(|| async { "Hello" }));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// onionskin::serve(listener, app).await
/// # }
/// ```
#[track_caller]
pub fn serve<L, M, S>(listener: L, make_service: M) -> Serve<L, M, S>
where
    L: Listener,
    M: for<'a> Service<IncomingStream<'a, L>, Error = Infallible, Response = S>,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let sites = Sites::of::<S>(Location::caller());
    // An inspector shall see an app that nobody has asked yet, whatever it serves.
    if control::is_on() {
        agent::ensure_started();
    }
    Serve(axum::serve(
        Clocked {
            listener,
            site: sites.server,
        },
        ClockedMake {
            inner: make_service,
            sites,
        },
    ))
}

/// As [`axum::serve::Serve`].
#[must_use = "futures must be awaited or polled"]
pub struct Serve<L, M, S>(Inner<L, M, S>);

impl<L: Listener, M, S> Serve<L, M, S> {
    /// As [`axum::serve::Serve::with_graceful_shutdown`].
    pub fn with_graceful_shutdown<F>(self, signal: F) -> WithGracefulShutdown<L, M, S, F>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        WithGracefulShutdown(self.0.with_graceful_shutdown(signal))
    }

    /// As [`axum::serve::Serve::local_addr`].
    ///
    /// # Errors
    /// If the listener does not know it.
    pub fn local_addr(&self) -> io::Result<L::Addr> {
        self.0.local_addr()
    }
}

impl<L, M, S> fmt::Debug for Serve<L, M, S>
where
    L: fmt::Debug + 'static,
    M: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<L, M, S> IntoFuture for Serve<L, M, S>
where
    L: Listener,
    L::Addr: fmt::Debug,
    M: for<'a> Service<IncomingStream<'a, L>, Error = Infallible, Response = S> + Send + 'static,
    for<'a> <M as Service<IncomingStream<'a, L>>>::Future: Send,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Output = io::Result<()>;
    type IntoFuture = ServeFuture;

    fn into_future(self) -> Self::IntoFuture {
        self.0.into_future()
    }
}

/// As [`axum::serve::WithGracefulShutdown`].
#[must_use = "futures must be awaited or polled"]
pub struct WithGracefulShutdown<L, M, S, F>(InnerGraceful<L, M, S, F>);

impl<L: Listener, M, S, F> WithGracefulShutdown<L, M, S, F> {
    /// As [`axum::serve::WithGracefulShutdown::local_addr`].
    ///
    /// # Errors
    /// If the listener does not know it.
    pub fn local_addr(&self) -> io::Result<L::Addr> {
        self.0.local_addr()
    }
}

impl<L, M, S, F> fmt::Debug for WithGracefulShutdown<L, M, S, F>
where
    L: fmt::Debug + 'static,
    M: fmt::Debug,
    S: fmt::Debug,
    F: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<L, M, S, F> IntoFuture for WithGracefulShutdown<L, M, S, F>
where
    L: Listener,
    L::Addr: fmt::Debug,
    M: for<'a> Service<IncomingStream<'a, L>, Error = Infallible, Response = S> + Send + 'static,
    for<'a> <M as Service<IncomingStream<'a, L>>>::Future: Send,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = ServeFuture;

    fn into_future(self) -> Self::IntoFuture {
        self.0.into_future()
    }
}

/// As [`axum::serve::IncomingStream`]: a connection that has come, before it is served.
pub struct IncomingStream<'a, L: Listener>(axum::serve::IncomingStream<'a, Clocked<L>>);

impl<L: Listener> IncomingStream<'_, L> {
    /// As [`axum::serve::IncomingStream::io`].
    pub fn io(&self) -> &L::Io {
        &self.0.io().io
    }

    /// As [`axum::serve::IncomingStream::remote_addr`].
    pub fn remote_addr(&self) -> &L::Addr {
        self.0.remote_addr()
    }
}

impl<L> fmt::Debug for IncomingStream<'_, L>
where
    L: Listener,
    L::Io: fmt::Debug,
    L::Addr: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingStream")
            .field("io", self.io())
            .field("remote_addr", self.remote_addr())
            .finish()
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for SocketAddr {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        *stream.remote_addr()
    }
}

impl<L, F> Connected<IncomingStream<'_, TapIo<L, F>>> for SocketAddr
where
    L: Listener<Addr = SocketAddr>,
    F: FnMut(&mut L::Io) + Send + 'static,
{
    fn connect_info(stream: IncomingStream<'_, TapIo<L, F>>) -> Self {
        *stream.remote_addr()
    }
}

/// Services that serve every connection as they are.
macro_rules! serves_itself {
    ($([$($generics:tt)*] $service:ty;)*) => {$(
        impl<L: Listener, $($generics)*> Service<IncomingStream<'_, L>> for $service {
            type Response = Self;
            type Error = Infallible;
            type Future = Ready<Result<Self, Infallible>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, stream: IncomingStream<'_, L>) -> Self::Future {
                Service::call(self, stream.0)
            }
        }
    )*};
}

serves_itself! {
    [] Router;
    [] MethodRouter;
    [] axum::Router;
    [] axum::routing::MethodRouter;
    [H: Clone, T, S: Clone] HandlerService<H, T, S>;
}

/// Makes a service with the connection's clock for every connection.
#[derive(Clone)]
pub(crate) struct ClockedMake<M> {
    inner: M,
    sites: Sites,
}

impl<M: fmt::Debug> fmt::Debug for ClockedMake<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<'a, L, M> Service<axum::serve::IncomingStream<'a, Clocked<L>>> for ClockedMake<M>
where
    L: Listener,
    M: Service<IncomingStream<'a, L>, Error = Infallible>,
{
    type Response = ClockedService<M::Response>;
    type Error = Infallible;
    type Future = MakeFuture<M::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, stream: axum::serve::IncomingStream<'a, Clocked<L>>) -> Self::Future {
        let clock = stream.io().clock.clone();
        MakeFuture {
            inner: self.inner.call(IncomingStream(stream)),
            clock: Some(clock),
            sites: self.sites,
        }
    }
}

pin_project! {
    /// The future of a [`ClockedMake`].
    pub(crate) struct MakeFuture<F> {
        #[pin]
        inner: F,
        clock: Option<Clock>,
        sites: Sites,
    }
}

impl<F, S> Future for MakeFuture<F>
where
    F: Future<Output = Result<S, Infallible>>,
{
    type Output = Result<ClockedService<S>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = ready!(this.inner.poll(cx))?;
        let clock = this.clock.take().expect("not polled after it was ready");
        Poll::Ready(Ok(ClockedService {
            inner,
            clock,
            sites: *this.sites,
        }))
    }
}
