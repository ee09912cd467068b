//! utoipa-axum, with an [`OpenApiRouter`](router::OpenApiRouter) whose layers and handlers Onionskin sees.
//!
//! utoipa-axum's own keeps its routes in axum's router, so Onionskin would see it from outside only. Name this crate
//! `utoipa-axum` in `Cargo.toml` and sources stay as they are, `routes!` included:
//!
//! ```toml
//! axum = { package = "onionskin", version = "0.1" }
//! utoipa-axum = { package = "onionskin-utoipa-axum", version = "0.3" }
//! ```
//!
//! It re-exports all of utoipa-axum and puts its own [`router`] in front. In a build without `debug_assertions` and without
//! the feature `in-release` that module *is* utoipa-axum's.
//!
//! The sources are of two packages, one for each version of utoipa: this one, and `onionskin-utoipa-axum-0-2` (utoipa 5).

pub use utoipa_axum::*;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub mod router;
