//! Every example of axum's documentation, compiled and run with Onionskin in axum's place (`cargo test --doc`).
//!
//! `build.rs` takes them out of axum's own sources.

#![allow(rustdoc::all)] // links of axum's

include!(concat!(env!("OUT_DIR"), "/examples.rs"));
