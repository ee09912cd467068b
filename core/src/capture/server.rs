//! axum's `serve`, with a clock on every connection: the outermost probe.

use super::{
    agent,
    connection::{Clock, Clocked, ClockedIo, ClockedListener, Upgrade},
    control,
    probe::Frame,
    router::Router,
    site,
};
use crate::wire::{Site, SiteKind};
use axum::{
    extract::Request,
    http::Version,
    response::Response,
    serve::{IncomingStream, Listener, ListenerExt, Serve},
};
use pin_project_lite::pin_project;
use std::{
    any::{TypeId, type_name},
    convert::Infallible,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_service::Service;

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
    // An inspector shall see an app that nobody has asked yet, whatever it serves.
    if control::is_on() {
        agent::ensure_started();
    }
    // axum knows the peer's address of a `TapIo` around any listener; ours would need an impl that nobody may write.
    let tap: fn(&mut ClockedIo<L::Io>) = |_| {};
    axum::serve(
        Clocked {
            listener,
            site: sites.server,
        }
        .tap_io(tap),
        ClockedMake {
            inner: make_service,
            sites,
        },
    )
}

/// How the name of an `EdgeProbe`'s type begins.
const EDGE_PROBE: &str = concat!(env!("CARGO_CRATE_NAME"), "::capture::probe::EdgeProbe<");

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
            // A layer of a `ServiceBuilder`, or a traced one, which says itself what it is.
            _ if name.starts_with(EDGE_PROBE) => None,
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

/// The service of one connection.
#[derive(Clone, Debug)]
pub struct ClockedService<S> {
    inner: S,
    clock: Clock,
    sites: Sites,
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
        if server.is_none() {
            self.clock.pass_over();
        }
        let clock = server.as_ref().and_then(|server| {
            let (connection, read) = self.clock.connection_of(&request);
            server.handle().lock().set_connection(connection, read);
            // Streams of HTTP/2 share what is written.
            (request.version() < Version::HTTP_2).then(|| self.clock.clone())
        });
        call(&mut self.inner, request, server, clock, self.sites)
    }
}

/// Calls the app from the outermost probe.
fn call<S>(
    app: &mut S,
    mut request: Request,
    server: Option<Frame>,
    clock: Option<Clock>,
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
            clock: None,
            straight: false,
        };
    };
    // What is called is the router itself.
    let straight = sites.around.is_none();
    if straight {
        server.handle().lock().goes_straight(server.entry());
    }
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
        clock,
        straight,
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
        call(&mut self.inner, request, server, None, self.sites)
    }
}

pin_project! {
    /// The future of a [`ClockedService`].
    pub struct ServiceFuture<F> {
        #[pin]
        inner: F,
        around: Option<Frame>,
        server: Option<Frame>,
        clock: Option<Clock>,
        straight: bool,
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
        if let Some(clock) = this.clock {
            clock.begin_sending(server.handle(), Upgrade::of(&response));
        }
        server.send(&mut response, this.around.is_none() && *this.straight);
        Poll::Ready(Ok(response))
    }
}
