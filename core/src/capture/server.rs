//! axum's `serve`, with a clock on every connection: the outermost probe.

use super::{probe::Frame, router::Router, site};
use crate::wire::{Connection, Site, SiteKind};
use axum::{
    extract::{ConnectInfo, Request},
    http::Version,
    response::Response,
    serve::{IncomingStream, Listener, ListenerExt, Serve, TapIo},
};
use pin_project_lite::pin_project;
use std::{
    any::{TypeId, type_name},
    convert::Infallible,
    future::Future,
    io::{self, IoSlice},
    net::SocketAddr,
    panic::Location,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;

/// Serves an app, as [`axum::serve()`] does, and notes on every connection when the bytes of a request came.
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
pub fn serve<L, M, S>(
    listener: L,
    make_service: M,
) -> Serve<ClockedListener<L>, ClockedMake<M>, ClockedService<S>>
where
    L: Listener,
    M: for<'a> Service<IncomingStream<'a, ClockedListener<L>>, Error = Infallible, Response = S>,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let sites = Sites::of::<S>(Location::caller());
    // axum knows the peer's address of a `TapIo` around any listener; ours would need an impl that nobody may write.
    let tap: fn(&mut ClockedIo<L::Io>) = |_| {};
    axum::serve(
        Clocked { listener }.tap_io(tap),
        ClockedMake {
            inner: make_service,
            sites,
        },
    )
}

/// The places that a server has: itself, and what is around the router.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sites {
    server: &'static Site,
    around: Option<&'static Site>,
}

impl Sites {
    pub(crate) fn of<S: 'static>(at: &'static Location<'static>) -> Self {
        let name = type_name::<S>();
        let kind = match name {
            _ if TypeId::of::<S>() == TypeId::of::<Router>() => None,
            _ if name.starts_with("axum::handler::service::HandlerService") => {
                Some(SiteKind::Handler)
            }
            _ if name.contains("Router") => Some(SiteKind::Around),
            _ => Some(SiteKind::Service),
        };
        Self {
            server: site::named_site(SiteKind::Server, "serve".into(), "axum::serve", &[], at),
            around: kind.map(|kind| site::site(kind, name, at)),
        }
    }
}

/// A listener whose connections have a clock.
pub type ClockedListener<L> = TapIo<Clocked<L>, fn(&mut ClockedIo<<L as Listener>::Io>)>;

/// What a connection knows of its bytes.
#[derive(Debug, Default)]
struct Clock {
    number: u64,
    requests: u32,
    first: Option<Instant>,
    last: Option<Instant>,
    bytes: u64,
}

impl Clock {
    /// What was read belongs to a request that is known; what comes now belongs to the next.
    fn forget(&mut self) {
        (self.first, self.last, self.bytes) = (None, None, 0);
    }
}

type SharedClock = Arc<Mutex<Clock>>;

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// A listener whose connections have a clock.
#[derive(Debug)]
pub struct Clocked<L> {
    listener: L,
}

impl<L: Listener> Listener for Clocked<L> {
    type Io = ClockedIo<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, addr) = self.listener.accept().await;
        let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed) + 1;
        let clock = Arc::new(Mutex::new(Clock {
            number,
            ..Clock::default()
        }));
        (ClockedIo { io, clock }, addr)
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }
}

/// A connection with a clock.
#[derive(Debug)]
pub struct ClockedIo<T> {
    io: T,
    clock: SharedClock,
}

impl<T> ClockedIo<T> {
    /// The rest of a request's body comes before its response goes out, the next request after it.
    fn wrote(&self) {
        self.clock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .forget();
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ClockedIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let n = buf.filled().len() - before;
        if n > 0 {
            let now = Instant::now();
            let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
            clock.bytes += n as u64;
            clock.first.get_or_insert(now);
            clock.last = Some(now);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ClockedIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, buf));
        self.wrote();
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, bufs));
        self.wrote();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// Makes a service with the connection's clock for every connection.
#[derive(Clone, Debug)]
pub struct ClockedMake<M> {
    inner: M,
    sites: Sites,
}

impl<'a, L, M> Service<IncomingStream<'a, ClockedListener<L>>> for ClockedMake<M>
where
    L: Listener,
    M: Service<IncomingStream<'a, ClockedListener<L>>, Error = Infallible>,
{
    type Response = ClockedService<M::Response>;
    type Error = Infallible;
    type Future = MakeFuture<M::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, stream: IncomingStream<'a, ClockedListener<L>>) -> Self::Future {
        let clock = stream.io().clock.clone();
        MakeFuture {
            inner: self.inner.call(stream),
            clock: Some(clock),
            sites: self.sites,
        }
    }
}

pin_project! {
    /// The future of a [`ClockedMake`].
    pub struct MakeFuture<F> {
        #[pin]
        inner: F,
        clock: Option<SharedClock>,
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

/// The service of one connection.
#[derive(Clone, Debug)]
pub struct ClockedService<S> {
    inner: S,
    clock: SharedClock,
    sites: Sites,
}

impl<S> ClockedService<S> {
    fn connection(&self, request: &Request) -> Connection {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.requests += 1;
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let mut connection = Connection {
            number: clock.number,
            reuse: clock.requests,
            peer: peer.map(|ConnectInfo(addr)| addr.to_string()),
            ..Connection::default()
        };
        // Streams of HTTP/2 share the connection: its bytes belong to none of them.
        if request.version() < Version::HTTP_2 {
            let before = |t: Option<Instant>| t.map_or(0, |t| t.elapsed().as_nanos() as u64);
            connection.bytes_in = clock.bytes;
            connection.first_byte_before_ns = before(clock.first);
            connection.last_byte_before_ns = before(clock.last);
        }
        clock.forget();
        connection
    }
}

impl<S> Service<Request> for ClockedService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ServiceFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let server = Frame::pass_or_begin(self.sites.server, &mut request);
        if let Some(server) = &server {
            let connection = self.connection(&request);
            server.handle().lock().set_connection(connection);
        }
        call(&mut self.inner, request, server, self.sites)
    }
}

/// Calls the app from the outermost probe.
fn call<S>(
    app: &mut S,
    mut request: Request,
    server: Option<Frame>,
    sites: Sites,
) -> ServiceFuture<S::Future>
where
    S: Service<Request>,
{
    let Some(server) = server else {
        return ServiceFuture {
            inner: app.call(request),
            around: None,
            server: None,
        };
    };
    let (around, inner) = server.run(|| {
        let around = sites
            .around
            .and_then(|site| Frame::pass(site, &mut request));
        let inner = match &around {
            Some(around) => around.run(|| app.call(request)),
            None => app.call(request),
        };
        (around, inner)
    });
    ServiceFuture {
        inner,
        around,
        server: Some(server),
    }
}

/// The outermost probe of a test: as a server's, with no connection.
pub(crate) struct TestService<S> {
    inner: S,
    sites: Sites,
}

impl<S> TestService<S> {
    pub(crate) fn new(inner: S, sites: Sites) -> Self {
        Self { inner, sites }
    }
}

impl<S> Service<Request> for TestService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ServiceFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let server = Frame::pass_or_begin(self.sites.server, &mut request);
        call(&mut self.inner, request, server, self.sites)
    }
}

pin_project! {
    /// The future of a [`ClockedService`].
    pub struct ServiceFuture<F> {
        #[pin]
        inner: F,
        around: Option<Frame>,
        server: Option<Frame>,
    }
}

impl<F> Future for ServiceFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(server) = this.server else {
            return this.inner.poll(cx);
        };
        let Ok(mut response) = ready!(server.poll(|| match this.around {
            Some(around) => around.poll(|| this.inner.poll(cx)),
            None => this.inner.poll(cx),
        }));
        if let Some(around) = this.around {
            around.leave(&mut response);
        }
        server.send(&mut response);
        Poll::Ready(Ok(response))
    }
}
