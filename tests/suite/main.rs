//! What crosses the crates: real apps, real sockets, a real inspector.

// What the tests work with: an app in a process of its own, an inspector, an HTTP client that keeps every byte and one of
// HTTP/2.
mod app;
mod h2c;
mod raw;
mod served;
mod watch;

// An app on Onionskin answers what it answers on axum, byte for byte.
mod requests;
mod same_bytes;
// On HTTP/2 too, with streams that are reset, held back, and many.
mod same_streams;

// So do apps of many kinds, and what is told of them is right.
mod gallery;

// Every method of `Router` and `MethodRouter` does, and refuses, what axum's does.
mod parity;

// tower's `ServiceBuilder`, each method: it compiles, does the same, and keeps the layers apart.
mod builder;

// The mirrored features are axum's and tower's.
mod features;

// What an inspector is told of known requests, exactly.
mod story;

// What is known from the connection: bytes, reuse, upgrades, streams of events.
mod connection;

// What is known of the view and of what happens around it: extractors that refuse, spans, statements, templates, requests
// to others, panics wherever they come from, layers of one handler and around all, caps.
mod view;

// What a layer may do to a request and its response: each thing alone.
mod middleware;

// How a cycle may end, each as it looks on a real socket.
mod outcomes;

// When: time that was worked, time that was waited, and whose.
mod times;

// Who starts first, who starts again, what is lost.
mod accounting;
mod attach;

// Inspectors that break, no thread, no files, a blocked runtime, ten thousand requests at once: the app does not mind.
mod faults;

// Long bodies: held back as on axum, without memory, and with the true length and hash.
mod pressure;

// The recorded headers are the true ones, for any stack of layers.
mod headers;

// Values of extensions that the app wants to see, headers that are marked sensitive late.
mod extensions;

// No bytes make the decoder panic.
mod frames;
