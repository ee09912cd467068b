//! Lines and frames of a stream, of bounded length.

use bytes::{Buf, Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Room asked for at once. A peer that announces a long frame gets memory only for what it sends.
const CHUNK: usize = 64 << 10;

/// Above this an empty buffer is given back.
const KEEP: usize = 1 << 20;

/// Why no more can be read.
#[derive(Debug)]
pub(super) enum Stop {
    /// The peer closed the stream between two messages, or the stream broke.
    Gone,
    /// What came is longer than anything that may come, or was cut off.
    Garbage,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// A stream and what was read ahead of it.
#[derive(Debug)]
pub(super) struct Reader<S> {
    stream: S,
    buffer: BytesMut,
    /// Up to here there is no line feed.
    searched: usize,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            searched: 0,
        }
    }

    /// The stream, to write to.
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Waits for more bytes.
    pub(super) async fn fill(&mut self) -> Result<(), Stop> {
        if self.buffer.is_empty() && self.buffer.capacity() > KEEP {
            self.buffer = BytesMut::new();
        }
        self.buffer.reserve(CHUNK);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 if self.buffer.is_empty() => Err(Stop::Gone),
            0 => Err(Stop::Garbage),
            _ => Ok(()),
        }
    }

    /// The next line without its end, if it is here; it may be `max` bytes long.
    pub(super) fn line(&mut self, max: usize) -> Result<Option<Bytes>, Stop> {
        let fresh = &self.buffer[self.searched..];
        match fresh.iter().position(|&b| b == b'\n') {
            Some(end) if self.searched + end <= max => {
                // Its own allocation: one that shares the buffer would keep all of it.
                let line = Bytes::copy_from_slice(&self.buffer[..self.searched + end]);
                self.buffer.advance(self.searched + end + 1);
                self.searched = 0;
                Ok(Some(line))
            }
            None if self.buffer.len() <= max => {
                self.searched = self.buffer.len();
                Ok(None)
            }
            _ => Err(Stop::Garbage),
        }
    }

    /// The next frame, if all of it is here: its kind and its payload. It may be `max` bytes long.
    pub(super) fn frame(&mut self, max: usize) -> Result<Option<(u8, Bytes)>, Stop> {
        let Some(head) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let len = usize::try_from(u32::from_le_bytes(*head)).map_err(|_| Stop::Garbage)?;
        if len == 0 || len > max {
            return Err(Stop::Garbage);
        }
        let Some(frame) = self.buffer.get(4..4 + len) else {
            return Ok(None);
        };
        let (kind, payload) = (frame[0], Bytes::copy_from_slice(&frame[1..]));
        self.buffer.advance(4 + len);
        Ok(Some((kind, payload)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{
        Strategy as _, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
    };

    async fn filled(bytes: &[u8]) -> Reader<&[u8]> {
        let mut reader = Reader::new(bytes);
        reader.fill().await.unwrap();
        reader
    }

    #[tokio::test]
    async fn lines_come_one_by_one_and_long_ones_are_garbage() {
        let mut reader = filled(b"one\n\ntwo").await;
        assert_eq!(reader.line(8).unwrap().unwrap(), "one");
        assert_eq!(reader.line(8).unwrap().unwrap(), "");
        assert!(reader.line(8).unwrap().is_none());
        assert!(matches!(reader.line(2), Err(Stop::Garbage)));
        assert!(matches!(reader.fill().await, Err(Stop::Garbage)), "cut off");
        assert!(matches!(
            filled(b"four\n").await.line(3),
            Err(Stop::Garbage)
        ));
    }

    #[tokio::test]
    async fn frames_come_whole_and_lengths_are_checked_first() {
        let mut reader = filled(&[2, 0, 0, 0, 7, b'x', 3, 0, 0, 0, 7, b'y']).await;
        let (kind, payload) = reader.frame(9).unwrap().unwrap();
        assert_eq!((kind, &payload[..]), (7, &b"x"[..]));
        assert!(reader.frame(9).unwrap().is_none());
        assert!(matches!(reader.frame(2), Err(Stop::Garbage)));
        assert!(filled(&[0, 0, 0, 0]).await.frame(9).is_err());
        assert!(filled(&[255; 4]).await.frame(1 << 20).is_err());
    }

    /// Gives its bytes in pieces of these sizes, one after the other.
    struct Pieces<'b>(&'b [u8], Vec<usize>);

    impl AsyncRead for Pieces<'_> {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buf: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            let size = self.1.pop().unwrap_or(usize::MAX);
            let (now, rest) = self.0.split_at(size.min(self.0.len()).min(buf.remaining()));
            buf.put_slice(now);
            self.0 = rest;
            std::task::Poll::Ready(Ok(()))
        }
    }

    /// All messages of a stream, and why it ended.
    fn all(bytes: &[u8], pieces: &[usize], frames: bool) -> (Vec<(u8, Bytes)>, String) {
        let read = async {
            let mut reader = Reader::new(Pieces(bytes, pieces.to_vec()));
            let mut messages = Vec::new();
            loop {
                let next = match frames {
                    true => reader.frame(64),
                    false => reader.line(64).map(|line| line.map(|line| (b'\n', line))),
                };
                match next {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => {
                        if let Err(stop) = reader.fill().await {
                            return (messages, format!("{stop:?}"));
                        }
                    }
                    Err(stop) => return (messages, format!("{stop:?}")),
                }
            }
        };
        futures_util::FutureExt::now_or_never(read).expect("nothing to wait for")
    }

    proptest! {
        /// Other people's bytes, cut anywhere: the same messages, none longer than may be, and an end.
        #[test]
        fn any_bytes_are_read_the_same_wherever_they_are_cut(
            parts in prop::collection::vec(
                prop_oneof![
                    // A frame; one of a length that it has not; lines; anything.
                    prop::collection::vec(any::<u8>(), 1..70)
                        .prop_map(|b| [&(b.len() as u32).to_le_bytes()[..], &b].concat()),
                    (0..100_u32, prop::collection::vec(any::<u8>(), 0..9))
                        .prop_map(|(n, b)| [&n.to_le_bytes()[..], &b].concat()),
                    "[a-z{}]{0,70}\n".prop_map(String::into_bytes),
                    prop::collection::vec(any::<u8>(), 0..20),
                ],
                0..8,
            ),
            pieces in prop::collection::vec(1..40_usize, 0..60),
            frames in any::<bool>(),
        ) {
            let bytes = parts.concat();
            let (whole, stop) = all(&bytes, &[], frames);
            let cut = all(&bytes, &pieces, frames);
            prop_assert_eq!(&cut, &(whole.clone(), stop));
            prop_assert!(whole.iter().all(|(_, message)| message.len() <= 64));
        }
    }
}
