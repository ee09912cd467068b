//! What the apps of the suite and the suite itself both need.
//!
//! - [`pipe`]: a connection in memory
//! - [`random`]: numbers that are the same for the same seed
//! - [`observed`]: what a layer itself saw

pub mod observed;
pub mod pipe;
pub mod random;
