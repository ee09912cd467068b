//! Cycles to an OpenTelemetry Collector, to Jaeger, or to anything else that takes OTLP.
//!
//! ```no_run
//! # use onionskin as axum;
//! fn main() {
//!     let _otel = axum::otel::init();
//!     // … the app, until it ends
//! }
//! ```
//!
//! [`init`] does what the standard variables say: with `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318` every cycle becomes
//! a trace there, and without it nothing is sent; `https://` takes the feature `otel-tls`. [`exporter`] is the same with more to
//! choose. What is sent is described in [`crate::spans`], and can be replayed from there:
//! `onionskin open jaeger:http://127.0.0.1:16686`.
//!
//! Nothing here waits in the way of a request. Cycles that are recorded go into a queue that is bounded in bytes; a thread
//! of its own makes spans of them and sends them, again and again while the receiver asks for patience, under the same ids.
//! What found no room is counted, and said once when it begins and once when it is over.
//!
//! The context of the layer or view that runs is current (`opentelemetry::Context`): spans of an app that uses
//! `tracing-opentelemetry` hang below it in the same trace, and a propagator hands it on to other services.
//!
//! In reading order: `settings`, what the variables say; `builder`; `proto`, the messages; `send`, one request after the
//! other; `queue`, `export`, the thread; `sample`, what is kept; `join`, the context.

mod builder;
mod proto;
#[cfg_attr(
    not(any(debug_assertions, feature = "in-release")),
    expect(
        dead_code,
        reason = "settings are read, and there is nothing to sample"
    )
)]
mod sample;
#[cfg_attr(
    not(any(debug_assertions, feature = "in-release")),
    expect(dead_code, reason = "who sends by hand asks for less")
)]
mod send;
mod settings;

#[cfg(any(debug_assertions, feature = "in-release"))]
mod export;
#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) mod join;
#[cfg(any(debug_assertions, feature = "in-release"))]
mod queue;

pub use builder::{Builder, Counters, Exporter, Left, exporter, init};
pub use proto::{attributes_from_proto, from_proto, span_from_proto, to_proto};
pub use send::{Outlet, SendError, Sent};
pub use settings::{Protocol, Settings, SettingsError};

#[cfg(any(debug_assertions, feature = "in-release"))]
pub(crate) use export::offer;
