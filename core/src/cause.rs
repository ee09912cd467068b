//! What only the app can say of a response: the error that it stands for, the extractor that it comes from.

use std::{error::Error, fmt, marker::PhantomData, sync::Arc};

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
        chain(&*self.0)
    }
}

fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    const LONGEST: usize = 32;
    let sources = std::iter::successors(Some(error), |&error| error.source());
    sources.take(LONGEST).map(ToString::to_string).collect()
}

/// An error and its sources in one text. A wrapping that says the same as what is in it is left out.
#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) fn said(error: &(dyn Error + 'static)) -> String {
    let mut chain = chain(error);
    chain.dedup();
    chain.join(", because: ")
}

impl From<Arc<dyn Error + Send + Sync>> for Cause {
    fn from(error: Arc<dyn Error + Send + Sync>) -> Self {
        Self(error)
    }
}

impl From<Box<dyn Error + Send + Sync>> for Cause {
    /// A boxed error, as tower and `anyhow::Error::into_boxed_dyn_error` have them.
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cause").field(&self.0).finish()
    }
}

/// Says that the extractor `E` refused the request. Put it into the extensions of the response that your own rejection makes:
/// the outcome of the cycle is then *rejected by extractor E*. It takes no memory but its place there, and axum does nothing
/// with it. (Rejections of axum's own extractors are known without it.)
///
/// # Example
///
/// ```
/// use onionskin::{Rejected, response::{IntoResponse, Response}};
///
/// struct Session;
/// struct NoSession;
///
/// impl IntoResponse for NoSession {
///     fn into_response(self) -> Response {
///         let mut response = http::StatusCode::UNAUTHORIZED.into_response();
///         response.extensions_mut().insert(Rejected::by::<Session>());
///         response
///     }
/// }
/// # assert!(NoSession.into_response().extensions().get::<Rejected<Session>>().is_some());
/// ```
pub struct Rejected<E: ?Sized>(PhantomData<fn() -> E>);

impl Rejected<()> {
    /// By the extractor `E`.
    pub fn by<E: ?Sized>() -> Rejected<E> {
        Rejected(PhantomData)
    }
}

impl<E: ?Sized> Clone for Rejected<E> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<E: ?Sized> fmt::Debug for Rejected<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejected by {}", std::any::type_name::<E>())
    }
}
