//! What Onionskin costs. `cargo bench` at the root of the workspace runs it: see `benches/capture/main.rs`.
//!
//! This package exists so that the benchmark can depend on axum and on `onionskin` with `in-release` side by side. It is
//! one of the workspace's default members and has no binary, so `cargo run` still means the bookshop.
