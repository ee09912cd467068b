//! Nothing: see `tests/release.rs`, and `cargo test --release -p onionskin-release-check`.
