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
#[derive(Clone, Debug)]
pub(crate) struct ProbedHandler<H> {
    pub(crate) handler: H,
    pub(crate) site: &'static Site,
}

impl<H, T, S> Handler<T, S> for ProbedHandler<H>
where
    H: Handler<T, S>,
    T: 'static,
{
    type Future = HandlerFuture<H::Future>;

    fn call(self, mut request: Request, state: S) -> Self::Future {
        let frame = Frame::pass(self.site, &mut request);
        let inner = match &frame {
            Some(frame) => frame.run(|| self.handler.call(request, state)),
            None => self.handler.call(request, state),
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
