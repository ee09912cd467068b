//! The methods that make a layer, or a service, of a function.
#![cfg(feature = "util")]

use super::{ProbedLayer, ServiceBuilder};
use tower::util;
use tower_layer::{Layer, Stack};

type With<T, L> = ServiceBuilder<Stack<ProbedLayer<T>, L>>;

impl<L> ServiceBuilder<L> {
    /// As [`tower::ServiceBuilder::map_request`].
    #[track_caller]
    pub fn map_request<F, R1, R2>(self, f: F) -> With<util::MapRequestLayer<F>, L>
    where
        F: FnMut(R1) -> R2 + Clone,
    {
        self.layer(util::MapRequestLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::map_response`].
    #[track_caller]
    pub fn map_response<F>(self, f: F) -> With<util::MapResponseLayer<F>, L> {
        self.layer(util::MapResponseLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::map_err`].
    #[track_caller]
    pub fn map_err<F>(self, f: F) -> With<util::MapErrLayer<F>, L> {
        self.layer(util::MapErrLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::map_future`].
    #[track_caller]
    pub fn map_future<F>(self, f: F) -> With<util::MapFutureLayer<F>, L> {
        self.layer(util::MapFutureLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::then`].
    #[track_caller]
    pub fn then<F>(self, f: F) -> With<util::ThenLayer<F>, L> {
        self.layer(util::ThenLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::and_then`].
    #[track_caller]
    pub fn and_then<F>(self, f: F) -> With<util::AndThenLayer<F>, L> {
        self.layer(util::AndThenLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::map_result`].
    #[track_caller]
    pub fn map_result<F>(self, f: F) -> With<util::MapResultLayer<F>, L> {
        self.layer(util::MapResultLayer::new(f))
    }

    /// As [`tower::ServiceBuilder::service_fn`].
    pub fn service_fn<F>(self, f: F) -> L::Service
    where
        L: Layer<util::ServiceFn<F>>,
    {
        self.service(util::service_fn(f))
    }
}
