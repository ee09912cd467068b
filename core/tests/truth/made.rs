//! Bodies that do what a closure says.

use http_body::{Body as HttpBody, Frame, SizeHint};
use onionskin::{
    BoxError,
    body::{Body, Bytes},
};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What a body has to say when it is asked.
pub(crate) type Next<E> = Option<Result<Frame<Bytes>, E>>;

struct Made<F>(F);

impl<F, E> HttpBody for Made<F>
where
    F: FnMut() -> Next<E> + Unpin,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Next<E>> {
        Poll::Ready((self.0)())
    }
}

/// A body of what `next` says, of which nobody knows the length.
pub(crate) fn made<E>(next: impl FnMut() -> Next<E> + Send + Unpin + 'static) -> Body
where
    E: Into<BoxError>,
{
    Body::new(Made(next))
}

/// A body of these frames, of which nobody knows the length.
pub(crate) fn frames<I>(frames: I) -> Body
where
    I: IntoIterator<Item = Bytes, IntoIter: Send + Unpin + 'static>,
{
    let mut frames = frames.into_iter();
    made(move || Some(Ok::<_, Infallible>(Frame::data(frames.next()?))))
}

struct Around<F>(Body, F);

impl<F, E> HttpBody for Around<F>
where
    F: FnMut(Next<onionskin::Error>) -> Option<Next<E>> + Unpin,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Next<E>> {
        let this = &mut *self;
        loop {
            let said = ready!(Pin::new(&mut this.0).poll_frame(cx));
            if let Some(said) = (this.1)(said) {
                return Poll::Ready(said);
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A body around another, of the same length by its word: it says what `each` makes of what the other says; none: nothing,
/// and the other is asked again.
pub(crate) fn around<E>(
    body: Body,
    each: impl FnMut(Next<onionskin::Error>) -> Option<Next<E>> + Send + Unpin + 'static,
) -> Body
where
    E: Into<BoxError>,
{
    Body::new(Around(body, each))
}
