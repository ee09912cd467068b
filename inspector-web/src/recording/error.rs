//! Why a recording is not written or read.

use super::schema::VERSION;
use crate::export::HarError;
use std::{io, path::PathBuf};

/// An error of a file that has a name of its own for a while, without that name: nobody knows it.
pub fn plain(error: io::Error) -> io::Error {
    let said = error.to_string();
    match said.split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why),
        None => error,
    }
}

/// Why a recording is not written or read. The message says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// There is no such file, or it can't be opened.
    #[error("can't open {}: {source}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It can't be made.
    #[error("can't make {}: {source}", file.display())]
    Make {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It would be written over.
    #[error("{} is there already; name a new file", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The file is something else.
    #[error("{} is no recording of Onionskin; it is left as it is", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// A newer version wrote it.
    #[error(
        "{} is a recording of version {found}, and this is an onionskin {} that knows versions up to {VERSION}; open it with the \
         onionskin that wrote it ({by}), or a newer one",
        file.display(), env!("CARGO_PKG_VERSION")
    )]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// Who wrote it.
        by: String,
    },
    /// Somebody else records into it.
    #[error("another onionskin records into {} already; choose another file", file.display())]
    Busy {
        /// The file.
        file: PathBuf,
    },
    /// The file or its directory is not there any more.
    #[error("{} was moved or removed", file.display())]
    Gone {
        /// The file.
        file: PathBuf,
    },
    /// SQLite can't do it: no room, no right, damage.
    #[error("can't {operation} {}: {source}", file.display())]
    Sqlite {
        /// What was tried.
        operation: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// Who adds to a damaged file may lose what is added.
    #[error(
        "{file} is damaged, and nothing is added to it; record into another file, and save what is in this one: onionskin merge \
         {file} -o NEW", file = file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// Nothing of a damaged file can be read.
    #[error("nothing in {} can be read: {why}", file.display())]
    Lost {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is text, but no HAR file and no cycles as JSON lines.
    #[error("can't read {}, which is to have cycles as JSON lines or to be a HAR file: {source}", file.display())]
    Har {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: HarError,
    },
    /// What is copied has nothing.
    #[error("no cycle matches; {} is not made", file.display())]
    Nothing {
        /// The file that would have nothing in it.
        file: PathBuf,
    },
    /// No thread could be started.
    #[error("can't start the thread that records: {0}")]
    Thread(io::Error),
}
