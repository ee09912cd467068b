//! The inspector as its peers see it: over its socket and its port.

// What the tests speak with.
mod app;
#[path = "../../src/fixture.rs"]
mod fixture;
mod raw;
#[allow(dead_code)] // others do more with it
mod receiver;
use onionskin::spans;

// Starting, ending, and who is already there.
mod start;

// Apps: their cycles and their faults.
mod distant;
mod link;

// HTTP clients: who is let in, who is cut.
mod http;

// Filters, and what is answered through one.
mod filter;

// Live events: order, resuming, slow clients.
mod live;

// A cycle as it is looked at: timeline, messages, bodies.
mod views;

// Spans of other services.
mod otlp;
// Cycles sent on to a collector.
mod sending;

// A later Jaeger than the tests can build, as its answers are known.
mod jaeger;
