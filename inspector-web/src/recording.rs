//! Recordings: cycles in one SQLite file, docs/RECORDING.md describes it.
//!
//! ```text
//! store ──▶ recorder (a thread) ──▶ writer ──▶ FILE ──▶ reader ──▶ store of a file ──▶ api
//! ```
//!
//! - `schema`: the tables, their version, what is no recording
//! - `writer`: cycles into a file, and the oldest out of it
//! - `beside`: which spans of other services go with them
//! - [`Recorder`]: the thread that follows a store, and what it says of itself
//! - `reader`: cycles out of a file, a few at a time
//! - `opened`: a file opened, whatever it holds
//! - `salvage`: what can be read of a damaged file
//! - [`edit`]: recordings joined, cut and anonymised
//! - [`RecordingError`]: why a recording is not written or read

mod beside;
pub mod edit;
mod error;
mod opened;
mod reader;
mod recorder;
mod salvage;
mod schema;
mod writer;

pub use error::{RecordingError, plain};
pub use opened::OpenedFile;
pub use recorder::{Recorder, Retention};
pub use schema::VERSION;

pub(crate) use reader::{Contents, FiledRun, FiledSpans, Reader};

#[cfg(test)]
mod tests;
