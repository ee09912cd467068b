//! What stands for recording in a build without it: nothing is done, at no cost.

use crate::link::protocol::AppCounters;
use std::{
    fmt::{Debug, Display},
    time::Duration,
};

/// Nothing is recorded in this build.
pub fn set_recording(_on: bool) {}

/// Nothing is recorded in this build.
pub fn is_recording() -> bool {
    false
}

/// Nothing is recorded in this build, so nothing is left to send.
pub fn flush(_timeout: Duration) -> bool {
    true
}

/// Nothing is recorded in this build.
pub fn counters() -> AppCounters {
    AppCounters::default()
}

/// The layer itself: nothing is recorded in this build.
pub type Traced<L> = L;

/// The layer itself: nothing is recorded in this build.
pub fn traced<L>(_name: impl Into<String>, layer: L) -> L {
    layer
}

/// Nothing is recorded in this build, so nothing is shown.
pub fn watch_extension<T>()
where
    T: Debug + Send + Sync + 'static,
{
}

/// Nothing is recorded in this build, so nothing is shown.
pub fn watch_extension_with<T, D>(_show: impl Fn(&T) -> D + Send + Sync + 'static)
where
    T: Send + Sync + 'static,
    D: Display,
{
}

/// A layer that does nothing: nothing is recorded in this build.
#[cfg(feature = "subscriber")]
#[derive(Debug)]
pub struct LogLayer {
    _private: (),
}

#[cfg(feature = "subscriber")]
impl LogLayer {
    /// The layer as it is: nothing is recorded in this build.
    #[must_use]
    pub fn with_max_level<S: tracing::Subscriber>(
        self,
        _most: tracing::level_filters::LevelFilter,
    ) -> impl tracing_subscriber::Layer<S> + std::fmt::Debug {
        self
    }
}

#[cfg(feature = "subscriber")]
impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for LogLayer {}

/// A layer that does nothing: nothing is recorded in this build.
#[cfg(feature = "subscriber")]
pub fn log_layer() -> LogLayer {
    LogLayer { _private: () }
}

/// The call of the closure: nothing is recorded in this build.
pub fn template<R>(_name: &str, render: impl FnOnce() -> R) -> R {
    render()
}

/// No instrumentation: nothing is recorded in this build.
#[cfg(feature = "diesel")]
pub fn diesel_instrumentation() -> Option<Box<dyn diesel::connection::Instrumentation>> {
    None
}
