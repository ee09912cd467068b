//! tower, with a `ServiceBuilder` whose layers Onionskin can tell apart.
pub use tower::*;
