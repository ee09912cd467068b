//! Why the UI ended when nobody asked it to.

use onionskin_web::client::ClientError;
use std::io;

/// Why the UI ended when nobody asked it to. The message says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The terminal can't be used.
    #[error("can't {operation} the terminal: {source}; try `onionskin --headless`")]
    Terminal {
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The inspector can't be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Output can't be written.
    #[error("can't write the output: {0}")]
    Output(io::Error),
    /// Signals can't be waited for.
    #[error("can't wait for signals: {0}")]
    Signals(io::Error),
}

impl Error {
    /// Whether the terminal is gone: its window was closed, the connection to it is lost.
    pub(crate) fn is_hangup(&self) -> bool {
        let gone = Some(rustix::io::Errno::IO.raw_os_error());
        matches!(self, Self::Terminal { source, .. } if source.raw_os_error() == gone)
    }

    pub(crate) fn terminal(operation: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Terminal { operation, source }
    }
}
