//! The service of a connection, with the outermost probe.

use super::{
    connection::{Clock, Upgrade},
    probe::Frame,
    router::Router,
    site,
};
use crate::wire::{Site, SiteKind};
use axum::{extract::Request, http::Version, response::Response};
use pin_project_lite::pin_project;
use std::{
    any::{TypeId, type_name},
    convert::Infallible,
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_service::Service;

/// How the name of an `EdgeProbe`'s type begins.
const EDGE_PROBE: &str = concat!(env!("CARGO_CRATE_NAME"), "::capture::probe::EdgeProbe<");

/// The places that a server has: itself, and what is around the router.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sites {
    pub(super) server: &'static Site,
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
            around: kind.map(|kind| match kind {
                SiteKind::Around => site::named_site(kind, site::name_around(name), name, &[], at),
                kind => site::site(kind, name, at),
            }),
        }
    }
}

/// The service of one connection.
#[derive(Clone)]
pub(crate) struct ClockedService<S> {
    pub(super) inner: S,
    pub(super) clock: Clock,
    pub(super) sites: Sites,
}

impl<S: fmt::Debug> fmt::Debug for ClockedService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
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
    pub(crate) struct ServiceFuture<F> {
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
