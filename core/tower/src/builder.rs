//! tower's `ServiceBuilder`, with a probe outside each layer.
//!
//! Every method does what tower's method of this name does. What differs:
//!
//! - Every layer gets a probe, so the services must be HTTP: requests `http::Request<B>`, responses `http::Response<R>`,
//!   where `B` and `R` are bodies (`http_body::Body + 'static`). A layer that makes something else of the response, and a
//!   stack of services that are not HTTP, do not compile; use [`plain::ServiceBuilder`](crate::plain::ServiceBuilder).
//! - The type of a stack is another: where tower has `Stack<TimeoutLayer, Identity>`, here stands
//!   `Stack<ProbedLayer<TimeoutLayer>, Identity>`. Code that writes it out does not compile; `impl Layer<S> + Clone` in its
//!   place does, in both.
//! - `tower_http::ServiceBuilderExt` is for tower's own type. Its methods are short for `.layer(…)`: write
//!   `.layer(TraceLayer::new_for_http())` in place of `.trace_for_http()`, or turn the stack into tower's with `into`,
//!   call them, and come back with `into`.
//!
//! The boxes (`boxed`, `boxed_clone`, `boxed_clone_sync`) do nothing to a message and have no probe, so that their types
//! are tower's.

mod boxes;
mod functions;
mod layers;

use std::fmt;
use tower_layer::{Identity, Layer, Stack};
use tower_service::Service;

pub use onionskin::__tower::ProbedLayer;
use onionskin::__tower::builder_layer;

/// As [`tower::ServiceBuilder`], with a probe outside each layer.
///
/// # Example
///
/// ```
/// use onionskin::{Router, body::Body, http::{HeaderValue, Request}, response::Response, routing::get};
/// use onionskin_tower::{Service as _, ServiceBuilder, layer::layer_fn};
///
/// # #[derive(Clone)]
/// # struct NoStore<S>(S);
/// # impl<S> onionskin_tower::Service<Request<Body>> for NoStore<S>
/// # where
/// #     S: onionskin_tower::Service<Request<Body>, Response = Response>,
/// #     S::Future: Send + 'static,
/// # {
/// #     type Response = Response;
/// #     type Error = S::Error;
/// #     type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;
/// #     fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
/// #         self.0.poll_ready(cx)
/// #     }
/// #     fn call(&mut self, request: Request<Body>) -> Self::Future {
/// #         let response = self.0.call(request);
/// #         Box::pin(async move {
/// #             let mut response = response.await?;
/// #             response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
/// #             Ok(response)
/// #         })
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // Two layers: the timeline has a step into and out of each.
/// let stack = ServiceBuilder::new()
///     .layer(layer_fn(NoStore))
///     .layer(onionskin::Extension("shop"));
/// let mut app: Router = Router::new().route("/", get(|| async { "Hello" })).layer(stack);
///
/// let response = app.call(Request::new(Body::empty())).await.unwrap();
/// assert_eq!(response.headers()["cache-control"], "no-store");
/// # }
/// ```
///
/// Services that are not HTTP take tower's own:
///
/// ```compile_fail
/// use onionskin_tower::{ServiceBuilder, layer::util::Identity};
///
/// # #[derive(Clone)]
/// # struct Echo;
/// # impl onionskin_tower::Service<String> for Echo {
/// #     type Response = String;
/// #     type Error = std::convert::Infallible;
/// #     type Future = std::future::Ready<Result<String, Self::Error>>;
/// #     fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
/// #         std::task::Poll::Ready(Ok(()))
/// #     }
/// #     fn call(&mut self, text: String) -> Self::Future { std::future::ready(Ok(text)) }
/// # }
/// fn run(service: impl onionskin_tower::Service<String>) {}
///
/// // error: `String` is not an HTTP request with a body, so Onionskin can't put a probe here
/// run(ServiceBuilder::new().layer(Identity::new()).service(Echo));
/// ```
#[derive(Clone)]
pub struct ServiceBuilder<L> {
    layer: L,
}

impl Default for ServiceBuilder<Identity> {
    fn default() -> Self {
        Self::new()
    }
}

impl ServiceBuilder<Identity> {
    /// A stack without layers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            layer: Identity::new(),
        }
    }
}

impl<L> ServiceBuilder<L> {
    /// Adds a layer inside those that are there.
    #[track_caller]
    pub fn layer<T>(self, layer: T) -> ServiceBuilder<Stack<ProbedLayer<T>, L>> {
        self.add(builder_layer(layer))
    }

    /// Adds a layer as it is, without a probe.
    fn add<T>(self, layer: T) -> ServiceBuilder<Stack<T, L>> {
        ServiceBuilder {
            layer: Stack::new(layer, self.layer),
        }
    }

    /// The layers, as one.
    pub fn into_inner(self) -> L {
        self.layer
    }

    /// Puts the layers around a service.
    pub fn service<S>(&self, service: S) -> L::Service
    where
        L: Layer<S>,
    {
        self.layer.layer(service)
    }

    /// Checks that the builder is `Clone`, when it is compiled.
    #[inline]
    #[must_use]
    pub fn check_clone(self) -> Self
    where
        Self: Clone,
    {
        self
    }

    /// Checks that the layers around a service `S` are `Clone`, when it is compiled.
    #[inline]
    #[must_use]
    pub fn check_service_clone<S>(self) -> Self
    where
        L: Layer<S>,
        L::Service: Clone,
    {
        self
    }

    /// Checks that the layers around a service `S` take `T` and give `U` or `E`, when it is compiled.
    #[inline]
    #[must_use]
    pub fn check_service<S, T, U, E>(self) -> Self
    where
        L: Layer<S>,
        L::Service: Service<T, Response = U, Error = E>,
    {
        self
    }
}

impl<L> From<ServiceBuilder<L>> for tower::ServiceBuilder<Stack<L, Identity>> {
    fn from(builder: ServiceBuilder<L>) -> Self {
        tower::ServiceBuilder::new().layer(builder.layer)
    }
}

impl<L> From<tower::ServiceBuilder<L>> for ServiceBuilder<L> {
    /// Takes a stack built without probes: what is in it is not told apart.
    fn from(builder: tower::ServiceBuilder<L>) -> Self {
        Self {
            layer: builder.into_inner(),
        }
    }
}

impl<L: fmt::Debug> fmt::Debug for ServiceBuilder<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceBuilder").field(&self.layer).finish()
    }
}

impl<S, L> Layer<S> for ServiceBuilder<L>
where
    L: Layer<S>,
{
    type Service = L::Service;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}
