//! A connection in memory.

use axum::serve::Listener;
use std::io;
use tokio::io::DuplexStream;

/// A listener with one connection: this end of it.
#[derive(Debug)]
pub struct Pipe(Option<DuplexStream>);

impl Pipe {
    /// To be served.
    pub fn new(end: DuplexStream) -> Self {
        Self(Some(end))
    }
}

impl Listener for Pipe {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.take() {
            Some(end) => (end, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}
