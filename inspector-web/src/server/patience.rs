//! A stream whose writes, and reads if wanted, wait for so long and no longer.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

/// A stream whose writes fail when the peer took nothing for a while, and whose reads do when it said nothing, if that is
/// wanted.
#[derive(Debug)]
pub(crate) struct Patience<S> {
    stream: S,
    writes: Wait,
    reads: Option<Wait>,
}

/// How long something may wait.
#[derive(Debug)]
struct Wait {
    patience: Duration,
    /// Runs while it waits.
    sleep: Pin<Box<Sleep>>,
    waits: bool,
}

impl Wait {
    fn new(patience: Duration) -> Self {
        Self {
            patience,
            sleep: Box::pin(tokio::time::sleep(patience)),
            waits: false,
        }
    }

    /// Passes on what it came to; fails what has waited too long.
    fn bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        came: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if came.is_ready() {
            self.waits = false;
            return came;
        }
        if !self.waits {
            self.waits = true;
            self.sleep.as_mut().reset(Instant::now() + self.patience);
        }
        ready!(self.sleep.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S> Patience<S> {
    pub(crate) fn new(stream: S, writes: Duration) -> Self {
        Self {
            stream,
            writes: Wait::new(writes),
            reads: None,
        }
    }

    /// Reads wait for so long too.
    pub(crate) fn silent_for(self, reads: Duration) -> Self {
        Self {
            reads: Some(Wait::new(reads)),
            ..self
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        match &mut self.reads {
            Some(reads) => reads.bounded(cx, read),
            None => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.writes.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.writes.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_cut_and_one_that_takes_a_little_is_not() {
        let (ours, mut theirs) = tokio::io::duplex(10);
        let mut stream = Patience::new(ours, Duration::from_secs(5));
        let reader = tokio::spawn(async move {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(4)).await;
                theirs.read_exact(&mut [0; 10]).await.unwrap();
            }
            theirs
        });
        stream.write_all(&[0; 40]).await.unwrap();
        let _theirs = reader.await.unwrap();
        let start = Instant::now();
        let error = stream.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_is_cut_where_that_is_wanted() {
        let (ours, mut theirs) = tokio::io::duplex(10);
        let mut stream = Patience::new(ours, Duration::MAX / 4).silent_for(Duration::from_secs(9));
        theirs.write_all(&[1]).await.unwrap();
        let start = Instant::now();
        stream.read_exact(&mut [0]).await.unwrap();
        let error = stream.read_exact(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 9);
    }
}
