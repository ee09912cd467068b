//! Spans of other services, received as OTLP: what happened elsewhere in the trace of a cycle.
//!
//! Who sends OTLP has no token, so this is off unless it is asked for, listens on loopback unless told otherwise, and takes
//! nothing that a browser sends. All that comes is foreign: requests are bounded in bytes before they are read, spans while
//! they are, and what is kept altogether.
//!
//! ```text
//! server ──▶ service ──▶ guard, form ──▶ body ──▶ protobuf, json ──▶ reading ──▶ kept
//! ```
//!
//! In reading order: `server`, the listeners; `service`, one request and its answer; `guard`, who may send; `form`, gRPC and
//! HTTP; `body`, its bytes; `protobuf` and `json`, the spans in them; `reading`, what of a span is kept; `kept`, the spans by
//! trace.

mod body;
mod form;
mod guard;
mod json;
mod kept;
mod protobuf;
mod reading;
mod server;
mod service;

pub(crate) use kept::Spans;
pub(crate) use reading::{Kept, Reading, Reason, is_carrier};
pub(crate) use server::run;

use std::{net::SocketAddr, sync::Arc};

/// What the API knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) spans: Spans,
    pub(crate) addresses: Arc<[SocketAddr]>,
}
