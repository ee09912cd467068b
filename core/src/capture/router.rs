//! axum's `Router` with a probe between every pair of layers.

mod service;

pub use service::{RouteFuture, RouterAsService, RouterIntoService};

use super::{
    handler::ProbedHandler,
    map::{MethodMap, RouterMap},
    method_router::MethodRouter,
    probe::{Probe, ProbeLayer},
    site,
    traced::sites_of,
};
use crate::{
    codec::NESTED_SERVICE,
    wire::{Site, SiteKind},
};
#[cfg(feature = "tokio")]
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::{
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{IntoMakeService, Route},
};
use std::{
    any::{Any, type_name},
    convert::Infallible,
    fmt,
    panic::Location,
    sync::Arc,
};
use tower_layer::Layer;
use tower_service::Service;

/// As [`axum::Router`], with a probe between every pair of layers, around every route and around the router itself.
///
/// Every method does what axum's method of this name does; see there for what it means.
///
/// # Example
///
/// ```
/// use onionskin::{Router, routing::get};
///
/// let app: Router = Router::new().route("/", get(|| async { "Hello" }));
/// ```
#[must_use]
pub struct Router<S = ()> {
    inner: axum::Router<S>,
    pub(super) map: Arc<RouterMap>,
    site: &'static Site,
}

impl<S> Clone for Router<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            map: self.map.clone(),
            site: self.site,
        }
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<S> Default for Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<S> From<Router<S>> for axum::Router<S> {
    /// Its layers and handlers keep their probes, which record where a cycle has begun: below [`crate::serve()`], or in a router
    /// of ours. axum's own `serve`, or another crate's, begins none.
    fn from(router: Router<S>) -> Self {
        router.inner
    }
}

impl<S> From<axum::Router<S>> for Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// Takes a router built without probes, by another crate perhaps: its routes are known, and it is seen from outside only.
    #[track_caller]
    fn from(inner: axum::Router<S>) -> Self {
        Self::built_as("axum::Router", inner, Location::caller())
    }
}

fn router_site(at: &'static Location<'static>) -> &'static Site {
    site::named_site(SiteKind::Router, "router".into(), "axum::Router", &[], at)
}

fn nest_site(path: &str, at: &'static Location<'static>) -> &'static Site {
    site::named_site(SiteKind::Nest, format!("nest {path}"), "", &[], at)
}

/// A probe around axum's own 404: a layer on an empty router goes around it and leaves it "the default fallback".
fn probed_empty<S>(at: &'static Location<'static>) -> (axum::Router<S>, u32)
where
    S: Clone + Send + Sync + 'static,
{
    let site = site::default_fallback("404", at);
    (axum::Router::new().layer(ProbeLayer { site }), site.id)
}

impl<S> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    fn map(
        mut self,
        inner: impl FnOnce(axum::Router<S>) -> axum::Router<S>,
        map: impl FnOnce(&mut RouterMap),
    ) -> Self {
        map(Arc::make_mut(&mut self.map));
        Self {
            inner: inner(self.inner),
            map: self.map,
            site: self.site,
        }
    }

    /// A router that was built without probes, by this name of a type.
    fn built_as(name: &str, inner: axum::Router<S>, at: &'static Location<'static>) -> Self {
        let opaque = site::opaque_site(name, at);
        Self {
            map: Arc::new(RouterMap::listed(&inner, opaque.id, at)),
            inner: inner.layer(ProbeLayer { site: opaque }),
            site: router_site(at),
        }
    }

    /// A router that answers `404 Not Found` to everything.
    #[track_caller]
    pub fn new() -> Self {
        let (inner, fallback) = probed_empty(Location::caller());
        let mut map = RouterMap::default();
        map.fallback(fallback, true);
        Self {
            inner,
            map: Arc::new(map),
            site: router_site(Location::caller()),
        }
    }

    /// As [`axum::Router::without_v07_checks`].
    pub fn without_v07_checks(self) -> Self {
        self.map(axum::Router::without_v07_checks, |_| {})
    }

    /// As [`axum::Router::route`].
    ///
    /// # Panics
    /// If the route overlaps with another, or the path is not valid.
    #[track_caller]
    pub fn route(mut self, path: &str, method_router: MethodRouter<S>) -> Self {
        Arc::make_mut(&mut self.map).route(path, method_router.map);
        Self {
            inner: self.inner.route(path, method_router.inner),
            map: self.map,
            site: self.site,
        }
    }

    /// As [`axum::Router::route_service`].
    ///
    /// # Panics
    /// If the route overlaps with another, the path is not valid, or the service is a `Router`.
    pub fn route_service<T>(self, path: &str, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        assert!(
            !(&service as &dyn Any).is::<Self>(),
            "Invalid route: `Router::route_service` cannot be used with `Router`s. Use `Router::nest` instead"
        );
        let (service, id) = probed(SiteKind::Service, service);
        let map = MethodMap::of_all(id);
        self.map(
            |inner| inner.route_service(path, service),
            |m| m.route(path, map),
        )
    }

    /// As [`axum::Router::nest`].
    ///
    /// # Panics
    /// If a route overlaps with another, or the path is empty or `/`.
    #[track_caller]
    pub fn nest(mut self, path: &str, mut router: Self) -> Self {
        let site = nest_site(path, Location::caller());
        // Inside of what axum puts around the nested router: it is seen by what it did.
        Arc::make_mut(&mut router.map).layer(site.id, true);
        Arc::make_mut(&mut self.map).nest(path, &router.map);
        let nested = router.inner.layer(ProbeLayer { site });
        Self {
            inner: self.inner.nest(path, nested),
            map: self.map,
            site: self.site,
        }
    }

    /// As [`axum::Router::nest_service`].
    ///
    /// # Panics
    /// If the route overlaps with another, or the path is empty or `/`.
    #[track_caller]
    pub fn nest_service<T>(mut self, path: &str, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let (inner, id) = probed(SiteKind::Service, service);
        let site = nest_site(path, Location::caller());
        let mut map = MethodMap::of_all(id);
        map.layer(site.id, true);
        let below = format!("{}{NESTED_SERVICE}", path.trim_end_matches('/'));
        Arc::make_mut(&mut self.map).route(&below, map);
        Self {
            inner: self.inner.nest_service(path, Probe { inner, site }),
            map: self.map,
            site: self.site,
        }
    }

    /// As [`axum::Router::merge`]. A router that another crate makes (its type is `Into<axum::Router>`) is seen from outside.
    ///
    /// # Panics
    /// If a route overlaps with another, or both routers have a fallback.
    #[track_caller]
    pub fn merge<R>(mut self, other: R) -> Self
    where
        R: Into<axum::Router<S>> + 'static,
    {
        let other = match downcast::<R, Self>(other) {
            Ok(ours) => ours,
            Err(other) => {
                let name = match (&other as &dyn Any).is::<axum::Router<S>>() {
                    true => "axum::Router",
                    false => type_name::<R>(),
                };
                Self::built_as(name, other.into(), Location::caller())
            }
        };
        Arc::make_mut(&mut self.map).merge(&other.map);
        Self {
            inner: self.inner.merge(other.inner),
            map: self.map,
            site: self.site,
        }
    }

    /// As [`axum::Router::layer`].
    #[track_caller]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let site = site::site(SiteKind::Layer, type_name::<L>(), Location::caller());
        let sites = sites_of(&layer, site);
        // One box, not two: the first layer of a tuple is the outer one.
        self.map(
            |inner| inner.layer((ProbeLayer { site }, layer)),
            |map| map.layers(&sites, true),
        )
    }

    /// As [`axum::Router::route_layer`].
    ///
    /// # Panics
    /// If there is no route.
    #[track_caller]
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let site = site::site(SiteKind::RouteLayer, type_name::<L>(), Location::caller());
        Arc::make_mut(&mut self.map).layers(&sites_of(&layer, site), false);
        Self {
            inner: self.inner.route_layer((ProbeLayer { site }, layer)),
            map: self.map,
            site: self.site,
        }
    }

    /// As [`axum::Router::has_routes`].
    #[must_use]
    pub fn has_routes(&self) -> bool {
        self.inner.has_routes()
    }

    /// As [`axum::Router::fallback`].
    #[track_caller]
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let site = site::handler_site::<H, T>(SiteKind::Fallback, Location::caller());
        Arc::make_mut(&mut self.map).fallback(site.id, false);
        Self {
            inner: self.inner.fallback(ProbedHandler::new(handler, site)),
            map: self.map,
            site: self.site,
        }
    }

    /// As [`axum::Router::fallback_service`].
    #[track_caller]
    pub fn fallback_service<T>(self, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let (service, id) = probed(SiteKind::Fallback, service);
        self.map(
            |inner| inner.fallback_service(service),
            |map| map.fallback(id, false),
        )
    }

    /// As [`axum::Router::method_not_allowed_fallback`].
    #[track_caller]
    pub fn method_not_allowed_fallback<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let site = site::handler_site::<H, T>(SiteKind::Fallback, Location::caller());
        self.map(
            |inner| inner.method_not_allowed_fallback(ProbedHandler::new(handler, site)),
            |map| map.method_not_allowed(site.id),
        )
    }

    /// As [`axum::Router::reset_fallback`].
    #[track_caller]
    pub fn reset_fallback(self) -> Self {
        let (empty, id) = probed_empty(Location::caller());
        self.map(
            |inner| inner.reset_fallback().merge(empty),
            |map| map.fallback(id, true),
        )
    }

    /// As [`axum::Router::with_state`].
    pub fn with_state<S2>(self, state: S) -> Router<S2> {
        Router {
            inner: self.inner.with_state(state),
            map: self.map,
            site: self.site,
        }
    }
}

/// `Ok` if a value of type `T` is a `U`.
fn downcast<T: 'static, U: 'static>(value: T) -> Result<U, T> {
    let mut value = Some(value);
    match (&mut value as &mut dyn Any).downcast_mut::<Option<U>>() {
        Some(found) => Ok(found.take().expect("nobody took it")),
        None => Err(value.expect("nobody took it")),
    }
}

/// A service with a probe around it, and the id of its site.
#[track_caller]
fn probed<T>(kind: SiteKind, service: T) -> (Probe<T>, u32) {
    let site = site::site(kind, type_name::<T>(), Location::caller());
    (
        Probe {
            inner: service,
            site,
        },
        site.id,
    )
}

impl Router {
    /// As [`axum::Router::into_make_service`].
    #[must_use]
    pub fn into_make_service(self) -> IntoMakeService<Self> {
        self.map.publish();
        axum::ServiceExt::<Request>::into_make_service(self.with_state(()))
    }

    /// As [`axum::Router::into_make_service_with_connect_info`].
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn into_make_service_with_connect_info<C>(self) -> IntoMakeServiceWithConnectInfo<Self, C> {
        self.map.publish();
        axum::ServiceExt::<Request>::into_make_service_with_connect_info(self.with_state(()))
    }
}
