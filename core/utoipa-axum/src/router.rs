//! utoipa-axum's `router`, on routers that record.

use onionskin::{
    Router,
    extract::Request,
    handler::Handler,
    plain,
    response::IntoResponse,
    routing::{MethodRouter, Route, RouterAsService},
};
use std::convert::Infallible;
use tower_layer::Layer;
use tower_service::Service;
use utoipa::openapi::{OpenApi, RefOr, path::Paths, schema::Schema};
use utoipa_axum::router as theirs;

/// As [`utoipa_axum::router::UtoipaMethodRouter`]: what `routes!` makes.
pub type UtoipaMethodRouter<S = (), E = Infallible> =
    (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<S, E>);

/// As [`utoipa_axum::router::UtoipaMethodRouterExt`].
pub trait UtoipaMethodRouterExt<S, E>
where
    S: Send + Sync + Clone + 'static,
{
    /// Puts a layer around all methods and the fallback.
    #[track_caller]
    fn layer<L, NewError>(self, layer: L) -> UtoipaMethodRouter<S, NewError>
    where
        L: Layer<Route<E>> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<NewError> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
        E: 'static,
        S: 'static,
        NewError: 'static;

    /// Gives the state.
    fn with_state<S2>(self, state: S) -> UtoipaMethodRouter<S2, E>;

    /// Makes another router of the one in it.
    fn map<NewError>(
        self,
        op: impl FnOnce(MethodRouter<S, E>) -> MethodRouter<S, NewError>,
    ) -> UtoipaMethodRouter<S, NewError>;
}

impl<S, E> UtoipaMethodRouterExt<S, E> for UtoipaMethodRouter<S, E>
where
    S: Send + Sync + Clone + 'static,
{
    fn layer<L, NewError>(self, layer: L) -> UtoipaMethodRouter<S, NewError>
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
        (self.0, self.1, self.2.layer(layer))
    }

    fn with_state<S2>(self, state: S) -> UtoipaMethodRouter<S2, E> {
        (self.0, self.1, self.2.with_state(state))
    }

    fn map<NewError>(
        self,
        op: impl FnOnce(MethodRouter<S, E>) -> MethodRouter<S, NewError>,
    ) -> UtoipaMethodRouter<S, NewError> {
        (self.0, self.1, op(self.2))
    }
}

/// As [`utoipa_axum::router::OpenApiRouter`], on a [`Router`] that records.
///
/// # Example
///
/// ```
/// use onionskin::{self as axum, Router};
/// use onionskin_utoipa_axum::{router::OpenApiRouter, routes};
///
/// #[utoipa::path(get, path = "/books", responses((status = 200, body = str)))]
/// async fn books() -> &'static str {
///     "all books"
/// }
///
/// let (app, document) = OpenApiRouter::new().routes(routes!(books)).split_for_parts();
/// let app: Router = app;
/// assert!(document.paths.paths.contains_key("/books"));
/// ```
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct OpenApiRouter<S = ()> {
    router: Router<S>,
    /// The documented paths without their handlers, so that it is utoipa-axum itself that makes the document.
    document: theirs::OpenApiRouter,
}

impl<S> OpenApiRouter<S>
where
    S: Send + Sync + Clone + 'static,
{
    /// A router without routes, and an empty document.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            document: theirs::OpenApiRouter::new(),
        }
    }

    /// A router without routes, which adds to this document.
    #[track_caller]
    pub fn with_openapi(openapi: OpenApi) -> Self {
        Self {
            router: Router::new(),
            document: theirs::OpenApiRouter::with_openapi(openapi),
        }
    }

    /// As [`Router::as_service`].
    pub fn as_service<B>(&mut self) -> RouterAsService<'_, B, S> {
        self.router.as_service()
    }

    /// As [`Router::fallback`].
    #[track_caller]
    pub fn fallback<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let router = self.router.fallback(handler);
        Self { router, ..self }
    }

    /// As [`Router::fallback_service`].
    #[track_caller]
    pub fn fallback_service<T>(self, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let router = self.router.fallback_service(service);
        Self { router, ..self }
    }

    /// As [`Router::layer`].
    #[track_caller]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let router = self.router.layer(layer);
        Self { router, ..self }
    }

    /// Adds what `routes!` made to the router and to the document.
    ///
    /// # Panics
    /// If a route overlaps with another.
    #[track_caller]
    pub fn routes(self, (schemas, paths, methods): UtoipaMethodRouter<S>) -> Self {
        let mut router = self.router;
        for path in paths.paths.keys() {
            let path = if path.is_empty() { "/" } else { path };
            router = router.route(path, methods.clone());
        }
        let no_handlers = plain::routing::MethodRouter::new();
        let document = self.document.routes((schemas, paths, no_handlers));
        Self { router, document }
    }

    /// As [`Router::route`]: the document does not have it.
    #[track_caller]
    pub fn route(self, path: &str, method_router: MethodRouter<S>) -> Self {
        let router = self.router.route(path, method_router);
        Self { router, ..self }
    }

    /// As [`Router::route_layer`].
    #[track_caller]
    pub fn route_layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let router = self.router.route_layer(layer);
        Self { router, ..self }
    }

    /// As [`Router::route_service`].
    #[track_caller]
    pub fn route_service<T>(self, path: &str, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let router = self.router.route_service(path, service);
        Self { router, ..self }
    }

    /// As [`Router::nest`]; the document gets its paths with the prefix.
    #[track_caller]
    pub fn nest(self, path: &str, router: Self) -> Self {
        Self {
            router: self.router.nest(path, router.router),
            document: self.document.nest(path, router.document),
        }
    }

    /// As [`Router::nest_service`].
    #[track_caller]
    pub fn nest_service<T>(self, path: &str, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let router = self.router.nest_service(path, service);
        Self { router, ..self }
    }

    /// As [`Router::merge`], of documents too.
    #[track_caller]
    pub fn merge(self, router: Self) -> Self {
        Self {
            router: self.router.merge(router.router),
            document: self.document.merge(router.document),
        }
    }

    /// As [`Router::with_state`].
    pub fn with_state<S2>(self, state: S) -> OpenApiRouter<S2> {
        OpenApiRouter {
            router: self.router.with_state(state),
            document: self.document,
        }
    }

    /// The document.
    pub fn into_openapi(self) -> OpenApi {
        self.document.into_openapi()
    }

    /// The document, taken out.
    pub fn to_openapi(&mut self) -> OpenApi {
        self.document.to_openapi()
    }

    /// The document.
    pub fn get_openapi(&self) -> &OpenApi {
        self.document.get_openapi()
    }

    /// The document, to be changed.
    pub fn get_openapi_mut(&mut self) -> &mut OpenApi {
        self.document.get_openapi_mut()
    }

    /// The router, and the document.
    pub fn split_for_parts(self) -> (Router<S>, OpenApi) {
        (self.router, self.document.into_openapi())
    }
}

impl<S> Default for OpenApiRouter<S>
where
    S: Send + Sync + Clone + 'static,
{
    #[track_caller]
    fn default() -> Self {
        Self::from(Router::new())
    }
}

impl<S> From<OpenApiRouter<S>> for Router<S> {
    fn from(router: OpenApiRouter<S>) -> Self {
        router.router
    }
}

impl<S> From<OpenApiRouter<S>> for plain::Router<S> {
    fn from(router: OpenApiRouter<S>) -> Self {
        router.router.into()
    }
}

impl<S> From<Router<S>> for OpenApiRouter<S> {
    fn from(router: Router<S>) -> Self {
        Self {
            router,
            document: theirs::OpenApiRouter::default(),
        }
    }
}
