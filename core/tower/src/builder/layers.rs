//! The methods that are short for one of tower's own layers.

use super::{ProbedLayer, ServiceBuilder};
#[cfg(any(feature = "limit", feature = "timeout"))]
use std::time::Duration;
use tower_layer::Stack;

type With<T, L> = ServiceBuilder<Stack<ProbedLayer<T>, L>>;

impl<L> ServiceBuilder<L> {
    /// As [`tower::ServiceBuilder::option_layer`]. `None` is no layer, and has no probe.
    #[cfg(feature = "util")]
    #[track_caller]
    pub fn option_layer<T>(
        self,
        layer: Option<T>,
    ) -> ServiceBuilder<Stack<tower::util::Either<ProbedLayer<T>, tower_layer::Identity>, L>> {
        // Not `Option::map`: a closure would be the caller.
        #[allow(clippy::manual_map)]
        let probed = match layer {
            Some(layer) => Some(super::builder_layer(layer)),
            None => None,
        };
        self.add(tower::util::option_layer(probed))
    }

    /// As [`tower::ServiceBuilder::layer_fn`].
    #[track_caller]
    pub fn layer_fn<F>(self, f: F) -> With<tower::layer::LayerFn<F>, L> {
        self.layer(tower::layer::layer_fn(f))
    }

    /// As [`tower::ServiceBuilder::buffer`].
    #[cfg(feature = "buffer")]
    #[track_caller]
    pub fn buffer<Request>(self, bound: usize) -> With<tower::buffer::BufferLayer<Request>, L> {
        self.layer(tower::buffer::BufferLayer::new(bound))
    }

    /// As [`tower::ServiceBuilder::concurrency_limit`].
    #[cfg(feature = "limit")]
    #[track_caller]
    pub fn concurrency_limit(self, max: usize) -> With<tower::limit::ConcurrencyLimitLayer, L> {
        self.layer(tower::limit::ConcurrencyLimitLayer::new(max))
    }

    /// As [`tower::ServiceBuilder::load_shed`].
    #[cfg(feature = "load-shed")]
    #[track_caller]
    pub fn load_shed(self) -> With<tower::load_shed::LoadShedLayer, L> {
        self.layer(tower::load_shed::LoadShedLayer::new())
    }

    /// As [`tower::ServiceBuilder::rate_limit`].
    #[cfg(feature = "limit")]
    #[track_caller]
    pub fn rate_limit(self, num: u64, per: Duration) -> With<tower::limit::RateLimitLayer, L> {
        self.layer(tower::limit::RateLimitLayer::new(num, per))
    }

    /// As [`tower::ServiceBuilder::retry`].
    #[cfg(feature = "retry")]
    #[track_caller]
    pub fn retry<P>(self, policy: P) -> With<tower::retry::RetryLayer<P>, L> {
        self.layer(tower::retry::RetryLayer::new(policy))
    }

    /// As [`tower::ServiceBuilder::timeout`].
    #[cfg(feature = "timeout")]
    #[track_caller]
    pub fn timeout(self, timeout: Duration) -> With<tower::timeout::TimeoutLayer, L> {
        self.layer(tower::timeout::TimeoutLayer::new(timeout))
    }

    /// As [`tower::ServiceBuilder::filter`].
    #[cfg(feature = "filter")]
    #[track_caller]
    pub fn filter<P>(self, predicate: P) -> With<tower::filter::FilterLayer<P>, L> {
        self.layer(tower::filter::FilterLayer::new(predicate))
    }

    /// As [`tower::ServiceBuilder::filter_async`].
    #[cfg(feature = "filter")]
    #[track_caller]
    pub fn filter_async<P>(self, predicate: P) -> With<tower::filter::AsyncFilterLayer<P>, L> {
        self.layer(tower::filter::AsyncFilterLayer::new(predicate))
    }
}
