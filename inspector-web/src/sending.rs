//! Cycles to a collector or Jaeger, as OpenTelemetry traces.
//!
//! ```text
//! store ──▶ dispatch (a task) ──▶ Sender ──▶ receiver
//! ```
//!
//! - `sender`: cycles as spans to one receiver, and what became of them; `onionskin send` has it too
//! - `dispatch`: the task that takes them out of a store, for the API

mod dispatch;
mod sender;

pub use sender::Sender;

pub(crate) use dispatch::{Dispatch, Which};
