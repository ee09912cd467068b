//! A router at work: each request passes its probe, which begins a cycle where there is none.

use super::Router;
use crate::capture::probe::Frame;
#[cfg(feature = "tokio")]
use axum::extract::connect_info::ConnectInfo;
use axum::{
    BoxError,
    body::{Body, HttpBody},
    response::Response,
};
use bytes::Bytes;
use pin_project_lite::pin_project;
#[cfg(feature = "tokio")]
use std::net::SocketAddr;
use std::{
    convert::Infallible,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_service::Service;

impl<S> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// As [`axum::Router::as_service`].
    pub fn as_service<B>(&mut self) -> RouterAsService<'_, B, S> {
        RouterAsService {
            router: self,
            _body: PhantomData,
        }
    }

    /// As [`axum::Router::into_service`].
    #[must_use]
    pub fn into_service<B>(self) -> RouterIntoService<B, S> {
        RouterIntoService {
            router: self,
            _body: PhantomData,
        }
    }
}

#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
impl<L> Service<axum::serve::IncomingStream<'_, L>> for Router<()>
where
    L: axum::serve::Listener,
{
    type Response = Self;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: axum::serve::IncomingStream<'_, L>) -> Self::Future {
        std::future::ready(Ok(self.clone().with_state(())))
    }
}

impl<B> Service<http::Request<B>> for Router<()>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let mut request = request.map(Body::new);
        let frame = Frame::pass_or_begin(self.site, &mut request);
        #[cfg(feature = "tokio")]
        let peer = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .copied();
        let span = frame.as_ref().and_then(CycleSpan::of);
        let inner = match &frame {
            Some(frame) => {
                let mut recording = frame.handle().lock();
                let is_public = recording.resolving(frame.entry(), &self.map);
                // A layer of axum's puts it in, so the server itself has not seen it.
                #[cfg(feature = "tokio")]
                if let Some(ConnectInfo(peer)) = peer {
                    recording.set_peer(peer);
                }
                drop(recording);
                if is_public {
                    self.map.publish();
                }
                frame.run(|| CycleSpan::enter(&span, || self.inner.call(request)))
            }
            None => self.inner.call(request),
        };
        RouteFuture { inner, frame, span }
    }
}

pin_project! {
    /// The future of the response of a `Router` or a `MethodRouter`. As [`axum::routing::future::RouteFuture`].
    pub struct RouteFuture<E> {
        #[pin]
        inner: axum::routing::future::RouteFuture<E>,
        frame: Option<Frame>,
        span: Option<CycleSpan>,
    }
}

impl<E> RouteFuture<E> {
    /// Of a service that is no place of its own.
    pub(in crate::capture) fn unseen(inner: axum::routing::future::RouteFuture<E>) -> Self {
        Self {
            inner,
            frame: None,
            span: None,
        }
    }
}

impl<E> fmt::Debug for RouteFuture<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteFuture").finish_non_exhaustive()
    }
}

/// The span of a cycle, while `log_layer` is installed.
struct CycleSpan {
    #[cfg(feature = "subscriber")]
    span: tracing::Span,
}

impl CycleSpan {
    fn of(frame: &Frame) -> Option<Self> {
        #[cfg(feature = "subscriber")]
        return frame
            .run(crate::capture::logs::cycle_span)
            .map(|span| Self { span });
        #[cfg(not(feature = "subscriber"))]
        {
            let _ = frame;
            None
        }
    }

    fn enter<R>(this: &Option<Self>, code: impl FnOnce() -> R) -> R {
        #[cfg(feature = "subscriber")]
        let _entered = this.as_ref().map(|this| this.span.enter());
        #[cfg(not(feature = "subscriber"))]
        let _ = this;
        code()
    }
}

impl<E> Future for RouteFuture<E> {
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(frame) = this.frame else {
            return this.inner.poll(cx);
        };
        let mut response =
            ready!(frame.poll(|| CycleSpan::enter(this.span, || this.inner.poll(cx))))?;
        frame.leave_or_send(&mut response);
        Poll::Ready(Ok(response))
    }
}

/// As [`axum::routing::RouterAsService`].
pub struct RouterAsService<'a, B, S = ()> {
    router: &'a mut Router<S>,
    _body: PhantomData<fn(B)>,
}

impl<B, S: fmt::Debug> fmt::Debug for RouterAsService<'_, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterAsService")
            .field("router", &self.router)
            .finish()
    }
}

impl<B> Service<http::Request<B>> for RouterAsService<'_, B, ()>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.router.call(request)
    }
}

/// As [`axum::routing::RouterIntoService`].
pub struct RouterIntoService<B, S = ()> {
    router: Router<S>,
    _body: PhantomData<fn(B)>,
}

impl<B, S: fmt::Debug> fmt::Debug for RouterIntoService<B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterIntoService")
            .field("router", &self.router)
            .finish()
    }
}

impl<B, S> Clone for RouterIntoService<B, S> {
    fn clone(&self) -> Self {
        Self {
            router: self.router.clone(),
            _body: PhantomData,
        }
    }
}

impl<B> Service<http::Request<B>> for RouterIntoService<B, ()>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.router.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_a_router_can_be_shown_whatever_the_bodies_of_their_requests() {
        struct Hidden;
        fn shown(service: &impl fmt::Debug) -> String {
            format!("{service:?}")
        }
        let mut router: Router = Router::new();
        let service = shown(&router.as_service::<Hidden>());
        assert!(service.starts_with("RouterAsService { router: Router {"));
        let service = shown(&router.into_service::<Hidden>());
        assert!(service.starts_with("RouterIntoService { router: Router {"));
    }
}
