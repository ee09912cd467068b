//! axum, with a record of what every layer did to each request and response.
pub use axum::*;

pub mod codec;
pub mod link;
pub mod replay;
pub mod text;
pub mod times;
pub mod wire;
