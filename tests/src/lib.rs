//! What the apps of the suite and the suite itself both need.
//!
//! - [`random`]: numbers that are the same for the same seed
//! - [`observed`]: what a layer itself saw

pub mod observed;
pub mod random;
