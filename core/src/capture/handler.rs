//! The probe around a handler.

use super::probe::Frame;
use crate::wire::Site;
use axum::{extract::Request, handler::Handler, response::Response};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// A handler with a probe around it.
///
/// How it is called is a function of its own, made where `H` is known to be a handler. An implementation for `H: Handler` would
/// have the compiler prove that again when it generates code, one level deeper than axum asks for it, and rustc (up to 1.97 at
/// least) finds no proof for some long `async` functions: it ends with "failed to resolve instance".
pub(crate) struct ProbedHandler<H, S, F> {
    handler: H,
    call: fn(H, Request, S) -> F,
    site: &'static Site,
}

impl<H, S, F> ProbedHandler<H, S, F> {
    pub(crate) fn new<T>(handler: H, site: &'static Site) -> Self
    where
        H: Handler<T, S, Future = F>,
    {
        Self {
            handler,
            call: |handler, request, state| handler.call(request, state),
            site,
        }
    }
}

impl<H: Clone, S, F> Clone for ProbedHandler<H, S, F> {
    fn clone(&self) -> Self {
        Self {
            handler: self.handler.clone(),
            ..*self
        }
    }
}

impl<H, S, F> Handler<(), S> for ProbedHandler<H, S, F>
where
    H: Clone + Send + Sync + 'static,
    S: 'static,
    F: Future<Output = Response> + Send + 'static,
{
    type Future = HandlerFuture<F>;

    fn call(self, mut request: Request, state: S) -> Self::Future {
        let frame = Frame::pass(self.site, &mut request);
        let call = || (self.call)(self.handler, request, state);
        let inner = match &frame {
            Some(frame) => frame.run(call),
            None => call(),
        };
        HandlerFuture { inner, frame }
    }
}

pin_project! {
    /// The future of a handler with a probe around it.
    pub struct HandlerFuture<F> {
        #[pin]
        inner: F,
        frame: Option<Frame>,
    }
}

impl<F: Future<Output = Response>> Future for HandlerFuture<F> {
    type Output = Response;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        let this = self.project();
        let Some(frame) = this.frame else {
            return this.inner.poll(cx);
        };
        let mut response = ready!(frame.poll(|| this.inner.poll(cx)));
        frame.leave(&mut response);
        Poll::Ready(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{capture::site, wire::SiteKind};
    use std::panic::Location;

    #[test]
    fn nobody_has_to_prove_that_a_handler_is_in_it() {
        #[derive(Clone)]
        struct NoHandler;
        fn is_handler<T>(_: &impl Handler<T, ()>) {}
        let probed = ProbedHandler {
            handler: NoHandler,
            call: |_, _, ()| std::future::ready(Response::default()),
            site: site::site(SiteKind::Handler, "NoHandler", Location::caller()),
        };
        is_handler(&probed);
    }
}
