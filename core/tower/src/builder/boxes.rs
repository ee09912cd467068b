//! The methods that hide a stack's type in a box. They have no probe: the types are tower's.
#![cfg(feature = "util")]

use super::ServiceBuilder;
use tower::util::{BoxCloneService, BoxCloneSyncServiceLayer, BoxService};
use tower_layer::{Identity, Layer, LayerFn, Stack};
use tower_service::Service;

type ResponseOf<S, R> = <S as Service<R>>::Response;
type ErrorOf<S, R> = <S as Service<R>>::Error;
type Boxed<S, R> = LayerFn<fn(S) -> BoxService<R, ResponseOf<S, R>, ErrorOf<S, R>>>;
type BoxedClone<S, R> = LayerFn<fn(S) -> BoxCloneService<R, ResponseOf<S, R>, ErrorOf<S, R>>>;
type BoxedCloneSync<S, R, T> = BoxCloneSyncServiceLayer<S, R, ResponseOf<T, R>, ErrorOf<T, R>>;

impl<L> ServiceBuilder<L> {
    /// As [`tower::ServiceBuilder::boxed`].
    pub fn boxed<S, R>(self) -> ServiceBuilder<Stack<Boxed<L::Service, R>, L>>
    where
        L: Layer<S>,
        L::Service: Service<R> + Send + 'static,
        <L::Service as Service<R>>::Future: Send + 'static,
    {
        self.add(BoxService::layer())
    }

    /// As [`tower::ServiceBuilder::boxed_clone`].
    pub fn boxed_clone<S, R>(self) -> ServiceBuilder<Stack<BoxedClone<L::Service, R>, L>>
    where
        L: Layer<S>,
        L::Service: Service<R> + Clone + Send + 'static,
        <L::Service as Service<R>>::Future: Send + 'static,
    {
        self.add(BoxCloneService::layer())
    }

    /// As [`tower::ServiceBuilder::boxed_clone_sync`].
    #[allow(clippy::type_complexity)]
    pub fn boxed_clone_sync<S, R>(
        self,
    ) -> ServiceBuilder<Stack<BoxedCloneSync<S, R, L::Service>, Identity>>
    where
        L: Layer<S> + Send + Sync + 'static,
        L::Service: Service<R> + Clone + Send + Sync + 'static,
        <L::Service as Service<R>>::Future: Send + Sync + 'static,
    {
        ServiceBuilder::new().add(BoxCloneSyncServiceLayer::new(self.layer))
    }
}
