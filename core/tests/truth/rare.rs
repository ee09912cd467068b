//! What random apps meet too rarely, or never: each was a line of the recorder that could be wrong and nobody noticed.

mod bodies;
mod heads;
mod time;
mod told;

use onionskin::{body::Body, extract::Request, middleware::Next, response::Response};
use std::{fmt, time::Duration};

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

/// How long something takes that is told from nothing.
const WHILE: Duration = Duration::from_millis(30);
