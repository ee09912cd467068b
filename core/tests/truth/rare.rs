//! What random apps meet too rarely, or never: each was a line of the recorder that could be wrong and nobody noticed.

mod bodies;
mod heads;
mod time;
mod told;

use onionskin::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use std::{fmt, pin::Pin, task::Poll, time::Duration};

fn request() -> Request {
    Request::new(Body::empty())
}

async fn passes(request: Request, next: Next) -> Response {
    next.run(request).await
}

/// A value of any length.
#[derive(Clone)]
struct Long(usize);

impl fmt::Debug for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&"v".repeat(self.0))
    }
}

/// A body of these frames, of which nobody knows the length.
struct Frames(Vec<Bytes>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let frame = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(frame.map(|frame| Ok(http_body::Frame::data(frame))))
    }
}

/// How long something takes that is told from nothing.
const WHILE: Duration = Duration::from_millis(30);
