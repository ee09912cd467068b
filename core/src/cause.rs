//! An error that a response stands for.

use std::{error::Error, fmt, sync::Arc};

/// The error that a response stands for. Put it into the response's extensions where you turn the error into a response: the
/// timeline then shows the error and the chain of its sources. axum does nothing with it, and it costs one allocation.
///
/// # Example
///
/// ```
/// use onionskin::{Cause, response::{IntoResponse, Response}};
///
/// struct AppError(std::io::Error);
///
/// impl IntoResponse for AppError {
///     fn into_response(self) -> Response {
///         let mut response = http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
///         response.extensions_mut().insert(Cause::new(self.0));
///         response
///     }
/// }
/// # assert!(AppError(std::io::Error::other("x")).into_response().extensions().get::<Cause>().is_some());
/// ```
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Keeps an error.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// The error.
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    /// `Display` of the error, of its source, of that one's source, and so on; a chain without end is cut.
    pub fn chain(&self) -> Vec<String> {
        const LONGEST: usize = 32;
        let mut chain = Vec::new();
        let mut next: Option<&(dyn Error + 'static)> = Some(&*self.0);
        while let Some(error) = next.filter(|_| chain.len() < LONGEST) {
            chain.push(error.to_string());
            next = error.source();
        }
        chain
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cause").field(&self.0).finish()
    }
}
