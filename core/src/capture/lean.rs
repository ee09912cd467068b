//! A service that is cloned no more often than it is called.
//!
//! axum keeps what a layer makes in a box, and clones that box for every request. A clone of a box clones the boxes inside it,
//! and each of those is cloned again when it is called: the work grows with the square of the number of layers. A [`Lean`]
//! in the box is a share of the service, which is cloned when it is asked whether it is ready: once for every call.

use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tower_service::Service;

/// A share of a service, with the clone that answers the next call.
#[derive(Debug)]
pub(crate) struct Lean<S> {
    /// Never called, so that every clone is as the service was when it was made.
    shared: Arc<S>,
    /// It was asked whether it is ready.
    asked: Option<S>,
}

impl<S> Lean<S> {
    pub(crate) fn new(service: S) -> Self {
        Self {
            shared: Arc::new(service),
            asked: None,
        }
    }
}

impl<S> Clone for Lean<S> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            asked: None,
        }
    }
}

impl<S, R> Service<R> for Lean<S>
where
    S: Service<R> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let Self { shared, asked } = self;
        asked.get_or_insert_with(|| S::clone(shared)).poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: R) -> S::Future {
        let asked = self.asked.take();
        let mut service = asked.unwrap_or_else(|| S::clone(&self.shared));
        service.call(request)
    }
}
