//! axum, with a record of what every layer did to each request and response.
//!
//! Name this crate `axum` in `Cargo.toml` and nothing else changes:
//!
//! ```toml
//! axum = { package = "onionskin", version = "0.1" }
//! ```
//!
//! It re-exports all of axum and puts its own [`Router`], [`serve()`] and [`routing`] in front, which do what axum's do and
//! note what happens. An inspector (`onionskin`, in the package `onionskin-tui`) shows it.
//!
//! In a build without `debug_assertions` and without the feature `in-release` these names *are* axum's: nothing of the
//! tool is in the binary.
//!
//! # Modules, in reading order
//!
//! - [`wire`]: the model of a cycle
//! - [`replay`]: the fold of its deltas
//! - [`codec`]: its compact encoding
//! - [`link`]: what app and inspector say to each other
//! - [`spans`]: a cycle as OpenTelemetry spans, and back
//! - `otel` (feature `otel`): cycles sent to a collector
//! - [`redact`]: credentials masked
//! - [`times`]: who had the time; [`text`]: a cycle as text
//! - `testing` (where it records): what layers do, asserted in your own tests
//! - `capture`: everything that runs inside the app

/// axum itself, where another crate wants one of its types that this crate has its own of: `plain::Router::from(router)`, and
/// back by [`Router::from`]. What is in such a router is seen from outside.
#[doc(no_inline)]
pub use axum as plain;
pub use axum::*;
pub use cause::{Cause, Rejected};

mod cause;
pub mod codec;
pub mod link;
#[cfg(feature = "otel")]
pub mod otel;
// Without recording there is only the inspector's use of it.
#[cfg_attr(
    not(any(debug_assertions, feature = "in-release")),
    allow(dead_code, unused_imports)
)]
pub mod redact;
pub mod replay;
#[cfg(any(debug_assertions, feature = "in-release", feature = "otel"))]
mod report;
pub mod spans;
pub mod text;
pub mod times;
pub mod wire;

// Without a server of ours, or without Unix, nobody asks for the connection, and no link for what is recorded.
#[cfg(any(debug_assertions, feature = "in-release"))]
#[cfg_attr(
    not(all(unix, feature = "tokio", any(feature = "http1", feature = "http2"))),
    allow(dead_code)
)]
mod capture;

#[cfg(any(debug_assertions, feature = "in-release"))]
pub use capture::{
    agent::{counters, flush},
    control::{is_recording, set_recording},
    router::Router,
    template::template,
    traced::{Traced, traced},
    watch::{watch_extension, watch_extension_with},
};

#[cfg(all(
    any(debug_assertions, feature = "in-release"),
    feature = "tokio",
    any(feature = "http1", feature = "http2")
))]
pub use capture::serve::serve;

/// axum's `serve`, which notes when the bytes of each connection come and go.
#[cfg(all(
    any(debug_assertions, feature = "in-release"),
    feature = "tokio",
    any(feature = "http1", feature = "http2")
))]
pub mod serve {
    pub use crate::capture::serve::{IncomingStream, Serve, WithGracefulShutdown, serve};
    pub use axum::serve::*;
}

/// For `onionskin-tower`, which belongs to this crate. Not for anybody else: it changes without notice.
#[cfg(any(debug_assertions, feature = "in-release"))]
#[doc(hidden)]
pub mod __tower {
    pub use crate::capture::traced::{ProbedLayer, builder_layer};
}

#[cfg(all(
    any(debug_assertions, feature = "in-release"),
    feature = "tokio",
    any(feature = "http1", feature = "http2")
))]
pub mod testing;

/// axum's `routing`, with a `Router` and a `MethodRouter` that record.
#[cfg(any(debug_assertions, feature = "in-release"))]
pub mod routing {
    pub use crate::capture::{
        method_router::MethodRouter,
        router::{Router, RouterAsService, RouterIntoService},
        routing::{
            any, any_service, connect, connect_service, delete, delete_service, get, get_service,
            head, head_service, on, on_service, options, options_service, patch, patch_service,
            post, post_service, put, put_service, trace, trace_service,
        },
    };
    pub use axum::routing::*;

    /// axum's, with the future of our routers.
    pub mod future {
        pub use crate::capture::router::RouteFuture;
        pub use axum::routing::future::*;
    }
}

#[cfg(all(any(debug_assertions, feature = "in-release"), feature = "subscriber"))]
pub use capture::logs::{LogLayer, log_layer};

#[cfg(all(any(debug_assertions, feature = "in-release"), feature = "diesel"))]
pub use capture::diesel::diesel_instrumentation;

#[cfg(not(any(debug_assertions, feature = "in-release")))]
mod absent;
#[cfg(all(not(any(debug_assertions, feature = "in-release")), feature = "diesel"))]
pub use absent::diesel_instrumentation;
#[cfg(all(
    not(any(debug_assertions, feature = "in-release")),
    feature = "subscriber"
))]
pub use absent::{LogLayer, log_layer};
#[cfg(not(any(debug_assertions, feature = "in-release")))]
pub use absent::{
    Traced, counters, flush, is_recording, set_recording, template, traced, watch_extension,
    watch_extension_with,
};
