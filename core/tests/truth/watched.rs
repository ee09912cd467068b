//! Sees how a future ends: with an output, dropped, or with a panic.

use crate::log::{Call, within};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// How it ended.
pub enum Ended<'a, T> {
    Done(&'a T),
    Dropped,
    Unwound,
}

/// Told of the end.
type Report<T> = Box<dyn FnMut(Ended<'_, T>) + Send>;

/// A future that is watched. While it is polled it runs on behalf of a call, if it is one.
pub struct Watched<T> {
    inner: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    caller: Option<Option<Call>>,
    report: Report<T>,
    done: bool,
}

impl<T> Watched<T> {
    pub fn new(
        inner: impl Future<Output = T> + Send + 'static,
        report: impl FnMut(Ended<'_, T>) + Send + 'static,
    ) -> Self {
        Self {
            inner: Some(Box::pin(inner)),
            caller: None,
            report: Box::new(report),
            done: false,
        }
    }

    pub fn on_behalf_of(mut self, call: Call) -> Self {
        self.caller = Some(Some(call));
        self
    }
}

/// Tells of a panic that passes.
struct Passing<'a, T>(&'a mut Watched<T>);

impl<T> Drop for Passing<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.0.done {
            self.0.done = true;
            (self.0.report)(Ended::Unwound);
        }
    }
}

impl<T> Future for Watched<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = Passing(self.get_mut());
        let caller = this.0.caller;
        let inner = this.0.inner.as_mut().expect("polled while it lives");
        let polled = match caller {
            Some(call) => within(call, || inner.as_mut().poll(cx)),
            None => inner.as_mut().poll(cx),
        };
        if let Poll::Ready(output) = &polled {
            this.0.done = true;
            (this.0.report)(Ended::Done(output));
        }
        polled
    }
}

impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        self.inner = None;
        if !self.done {
            (self.report)(Ended::Dropped);
        }
    }
}
