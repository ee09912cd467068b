//! tower, with a [`ServiceBuilder`] whose layers Onionskin can tell apart.
//!
//! Most apps put their whole stack into one `.layer(ServiceBuilder::new()…)`, whose parts are private. Name this crate
//! `tower` in `Cargo.toml` and they are seen one by one:
//!
//! ```toml
//! tower = { package = "onionskin-tower", version = "0.1", features = ["timeout"] }
//! ```
//!
//! It re-exports all of tower, has its features by name, and puts its own [`ServiceBuilder`] in front. In a build
//! without `debug_assertions` and without the feature `in-release` that name *is* tower's.
//!
//! # Modules
//!
//! - [`builder`]: the `ServiceBuilder`, and what does not compile with it
//! - [`plain`]: tower's own, for stacks that are not HTTP

pub use tower::*;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub mod builder;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub use builder::ServiceBuilder;

/// tower's own `ServiceBuilder`, whatever the build: for services that are not HTTP.
///
/// # Example
///
/// ```
/// use onionskin_tower::plain::ServiceBuilder;
/// # use onionskin_tower::layer::util::Identity;
///
/// let text_to_number = |text: String| async move { text.parse::<u32>() };
/// # let _ = text_to_number;
/// let stack = ServiceBuilder::new().layer(Identity::new());
/// # let _: tower::ServiceBuilder<_> = stack;
/// ```
pub mod plain {
    pub use tower::ServiceBuilder;
}
