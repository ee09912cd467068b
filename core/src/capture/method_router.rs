//! axum's `MethodRouter` with a probe around every handler, service and layer.

use super::{
    handler::ProbedHandler,
    map::MethodMap,
    probe::{Probe, ProbeLayer},
    router::RouteFuture,
    site,
    traced::sites_of,
};
use crate::wire::SiteKind;
#[cfg(feature = "tokio")]
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::{
    BoxError,
    body::HttpBody,
    error_handling::{HandleError, HandleErrorLayer},
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{IntoMakeService, MethodFilter, Route, future::InfallibleRouteFuture},
};
use bytes::Bytes;
use std::{
    any::type_name,
    convert::Infallible,
    fmt,
    panic::Location,
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;

/// As [`axum::routing::MethodRouter`], with a probe around every handler, service and layer, so that chained handlers have
/// names and layers of single methods are seen.
///
/// # Example
///
/// ```
/// use onionskin::{Router, routing::get};
///
/// let books = get(|| async { "all books" }).post(|| async { "a new book" });
/// let app: Router = Router::new().route("/books", books);
/// ```
#[must_use]
pub struct MethodRouter<S = (), E = Infallible> {
    pub(crate) inner: axum::routing::MethodRouter<S, E>,
    pub(crate) map: MethodMap,
}

impl<S, E> Clone for MethodRouter<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            map: self.map.clone(),
        }
    }
}

impl<S, E> fmt::Debug for MethodRouter<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<S, E> Default for MethodRouter<S, E>
where
    S: Clone + 'static,
    E: 'static,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<S, E> From<MethodRouter<S, E>> for axum::routing::MethodRouter<S, E> {
    fn from(router: MethodRouter<S, E>) -> Self {
        router.inner
    }
}

impl<S, E> From<axum::routing::MethodRouter<S, E>> for MethodRouter<S, E>
where
    S: Clone + 'static,
    E: 'static,
{
    /// Takes a router built without probes: its endpoints are seen from outside only.
    #[track_caller]
    fn from(inner: axum::routing::MethodRouter<S, E>) -> Self {
        let site = site::opaque_site("axum::routing::MethodRouter", Location::caller());
        Self {
            map: MethodMap::listed(&inner, site.id, Location::caller()),
            inner: inner.layer(ProbeLayer { site }),
        }
    }
}

macro_rules! chained {
    ($($handler:ident $method:ident)*) => { $(
        #[doc = concat!("Takes `", stringify!($method), "` requests with another handler.")]
        #[track_caller]
        pub fn $handler<H, T>(self, handler: H) -> Self
        where
            H: Handler<T, S>,
            T: 'static,
            S: Send + Sync + 'static,
        {
            self.on(MethodFilter::$method, handler)
        }
    )* };
}

macro_rules! chained_service {
    ($($service:ident $method:ident)*) => { $(
        #[doc = concat!("Takes `", stringify!($method), "` requests with another service.")]
        #[track_caller]
        pub fn $service<T>(self, svc: T) -> Self
        where
            T: Service<Request, Error = E> + Clone + Send + Sync + 'static,
            T::Response: IntoResponse + 'static,
            T::Future: Send + 'static,
        {
            self.on_service(MethodFilter::$method, svc)
        }
    )* };
}

impl<S> MethodRouter<S, Infallible>
where
    S: Clone,
{
    /// Takes the requests that match the filter with another handler.
    ///
    /// # Panics
    /// If there is a handler for one of these methods already.
    #[track_caller]
    pub fn on<H, T>(mut self, filter: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
        S: Send + Sync + 'static,
    {
        let site = site::handler_site::<H, T>(SiteKind::Handler, Location::caller());
        self.map.endpoint(filter, site.id);
        Self {
            inner: self.inner.on(filter, ProbedHandler::new(handler, site)),
            map: self.map,
        }
    }

    chained! {
        connect CONNECT
        delete DELETE
        get GET
        head HEAD
        options OPTIONS
        patch PATCH
        post POST
        put PUT
        trace TRACE
    }

    /// Takes the requests for all other methods with a handler.
    #[track_caller]
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
        S: Send + Sync + 'static,
    {
        let site = site::handler_site::<H, T>(SiteKind::Fallback, Location::caller());
        self.map.fallback(site.id, false);
        Self {
            inner: self.inner.fallback(ProbedHandler::new(handler, site)),
            map: self.map,
        }
    }
}

impl MethodRouter<(), Infallible> {
    /// Makes a service that makes this router for every connection.
    #[must_use]
    pub fn into_make_service(self) -> IntoMakeService<Self> {
        axum::ServiceExt::<Request>::into_make_service(self.with_state(()))
    }

    /// As [`Self::into_make_service`], with [`axum::extract::ConnectInfo`] of each connection.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn into_make_service_with_connect_info<C>(self) -> IntoMakeServiceWithConnectInfo<Self, C> {
        axum::ServiceExt::<Request>::into_make_service_with_connect_info(self.with_state(()))
    }
}

impl<S, E> MethodRouter<S, E>
where
    S: Clone,
{
    /// A router that answers `405 Method Not Allowed` to everything.
    #[track_caller]
    pub fn new() -> Self
    where
        S: 'static,
        E: 'static,
    {
        let site = site::default_fallback("405", Location::caller());
        let mut map = MethodMap::default();
        map.fallback(site.id, true);
        // A layer on an empty router goes around axum's own 405 and leaves it "the default".
        let inner = axum::routing::MethodRouter::<S, E>::new().layer::<_, E>(ProbeLayer { site });
        Self { inner, map }
    }

    /// Gives the state.
    pub fn with_state<S2>(self, state: S) -> MethodRouter<S2, E> {
        MethodRouter {
            inner: self.inner.with_state(state),
            map: self.map,
        }
    }

    /// Takes the requests that match the filter with another service.
    ///
    /// # Panics
    /// If there is a handler for one of these methods already.
    #[track_caller]
    pub fn on_service<T>(mut self, filter: MethodFilter, svc: T) -> Self
    where
        T: Service<Request, Error = E> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse + 'static,
        T::Future: Send + 'static,
    {
        let site = site::site(SiteKind::Service, type_name::<T>(), Location::caller());
        self.map.endpoint(filter, site.id);
        Self {
            inner: self.inner.on_service(filter, Probe { inner: svc, site }),
            map: self.map,
        }
    }

    chained_service! {
        connect_service CONNECT
        delete_service DELETE
        get_service GET
        head_service HEAD
        options_service OPTIONS
        patch_service PATCH
        post_service POST
        put_service PUT
        trace_service TRACE
    }

    /// Takes the requests for all other methods with a service.
    #[track_caller]
    pub fn fallback_service<T>(mut self, svc: T) -> Self
    where
        T: Service<Request, Error = E> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse + 'static,
        T::Future: Send + 'static,
    {
        let site = site::site(SiteKind::Fallback, type_name::<T>(), Location::caller());
        self.map.fallback(site.id, false);
        Self {
            inner: self.inner.fallback_service(Probe { inner: svc, site }),
            map: self.map,
        }
    }

    /// Puts a layer around all methods and the fallback.
    #[track_caller]
    pub fn layer<L, NewError>(mut self, layer: L) -> MethodRouter<S, NewError>
    where
        L: Layer<Route<E>> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<NewError> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
        E: 'static,
        S: 'static,
        NewError: 'static,
    {
        let site = site::site(SiteKind::MethodLayer, type_name::<L>(), Location::caller());
        self.map.layers(&sites_of(&layer, site), true);
        MethodRouter {
            inner: self.inner.layer((ProbeLayer { site }, layer)),
            map: self.map,
        }
    }

    /// Puts a layer around all methods that have a handler.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route<E>> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error = E> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
        E: 'static,
        S: 'static,
    {
        let site = site::site(SiteKind::MethodLayer, type_name::<L>(), Location::caller());
        self.map.layers(&sites_of(&layer, site), false);
        Self {
            inner: self.inner.route_layer((ProbeLayer { site }, layer)),
            map: self.map,
        }
    }

    /// Adds the methods of another router.
    ///
    /// # Panics
    /// If both have a handler for the same method, or both a fallback.
    #[track_caller]
    pub fn merge(mut self, other: Self) -> Self {
        self.map.merge(other.map);
        Self {
            inner: self.inner.merge(other.inner),
            map: self.map,
        }
    }

    /// Turns errors into responses: [`HandleErrorLayer`] as a layer.
    #[track_caller]
    pub fn handle_error<F, T>(self, f: F) -> MethodRouter<S, Infallible>
    where
        F: Clone + Send + Sync + 'static,
        HandleError<Route<E>, F, T>: Service<Request, Error = Infallible>,
        <HandleError<Route<E>, F, T> as Service<Request>>::Future: Send,
        <HandleError<Route<E>, F, T> as Service<Request>>::Response: IntoResponse + Send,
        T: 'static,
        E: 'static,
        S: 'static,
    {
        self.layer(HandleErrorLayer::new(f))
    }
}

impl<B, E> Service<http::Request<B>> for MethodRouter<(), E>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = axum::response::Response;
    type Error = E;
    type Future = RouteFuture<E>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        RouteFuture::unseen(self.inner.call(request))
    }
}

impl<S> Handler<(), S> for MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    type Future = InfallibleRouteFuture;

    fn call(self, request: Request, state: S) -> Self::Future {
        Handler::call(self.inner, request, state)
    }
}

#[cfg(all(feature = "tokio", any(feature = "http1", feature = "http2")))]
impl<L> Service<axum::serve::IncomingStream<'_, L>> for MethodRouter<()>
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
