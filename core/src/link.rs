//! The connection from an app to the inspector.

pub mod protocol;
#[cfg(unix)]
pub mod socket;
pub mod tcp;
