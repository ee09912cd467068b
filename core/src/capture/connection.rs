//! A connection with a clock: when the bytes of a request came, and when those of its response went.

use super::{handle::Handle, written::Written};
use crate::wire::{Connection, Site};
use axum::{
    extract::{ConnectInfo, Request},
    http::{Method, Version},
    serve::Listener,
};
use http_body::Body as _;
use std::{
    fmt,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection knows of its bytes.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<State>>);

struct State {
    /// The server.
    site: &'static Site,
    number: u64,
    requests: u32,
    reading: Reading,
    first: Option<Instant>,
    last: Option<Instant>,
    bytes: u64,
    /// The first of these bytes.
    begin: [u8; 4],
    /// The response that is being written.
    sending: Option<Sending>,
    /// What the server wrote by itself.
    refusal: Written,
}

/// What the bytes that come in belong to.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// To the head of a request that is not there yet.
    Head,
    /// To a request that the app has. `alone`: after its response comes the next head, and nothing before that.
    Request { alone: bool },
    /// To a head that the server refuses: it answers, and closes the connection.
    Refused { status: u16 },
    /// That is not known: the rest of a body that nobody read, streams of HTTP/2, another protocol.
    Unknown,
}

struct Sending {
    handle: Handle,
    written: Written,
    /// The response hands the connection over to another protocol.
    upgrade: Upgrade,
}

/// Whether a response hands its connection over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// It does not.
    No,
    /// To a WebSocket.
    WebSocket,
    /// To anything else.
    Other,
}

impl Upgrade {
    /// What a response says.
    pub(crate) fn of<B>(response: &http::Response<B>) -> Self {
        if response.status() != http::StatusCode::SWITCHING_PROTOCOLS {
            return Self::No;
        }
        match response.headers().get(http::header::UPGRADE) {
            Some(protocol) if protocol.as_bytes().eq_ignore_ascii_case(b"websocket") => {
                Self::WebSocket
            }
            _ => Self::Other,
        }
    }
}

/// When the first and the last bytes of a request were read.
pub(crate) type Read = (Option<Instant>, Option<Instant>);

impl State {
    /// Whether bytes have come that are the beginning of a head: more than the empty lines that may stand before one.
    fn has_begun_head(&self) -> bool {
        let begin = &self.begin[..self.begin.len().min(self.bytes as usize)];
        let is_blank = self.bytes <= 4 && begin.iter().all(|b| matches!(b, b'\r' | b'\n'));
        self.reading == Reading::Head && !is_blank
    }

    /// The connection is closed: what came and never became a request is a cycle of its own.
    fn end_of_head(&mut self) {
        let (answer, first) = match (self.reading, self.first) {
            (Reading::Refused { status }, Some(first)) => (Some((status, &self.refusal)), first),
            (_, Some(first)) if self.has_begun_head() => (None, first),
            _ => return,
        };
        let Some(handle) = Handle::begin_headless(first) else {
            return;
        };
        handle.guarded(|| {
            let mut recording = handle.lock();
            let connection = Connection {
                number: self.number,
                reuse: self.requests.saturating_add(1),
                bytes_in: self.bytes,
                ..Connection::default()
            };
            recording.set_connection(connection, Read::default());
            recording.headless(self.site, answer);
        });
        handle.finish();
    }

    /// What was read belongs to a request that is known; what comes now belongs to the next.
    fn forget(&mut self) {
        (self.first, self.last, self.bytes) = (None, None, 0);
    }

    /// The response is written, or never will be.
    fn end_sending(&mut self, delivered: bool) {
        if let Reading::Request { alone } = self.reading {
            self.reading = if alone {
                Reading::Head
            } else {
                Reading::Unknown
            };
        }
        if let Some(Sending {
            handle, written, ..
        }) = self.sending.take()
        {
            let delivered = delivered || written.is_upgraded();
            handle.end_sending(written, delivered);
        }
    }
}

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

impl Clock {
    fn new(site: &'static Site) -> Self {
        let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed) + 1;
        Self(Arc::new(Mutex::new(State {
            site,
            number,
            requests: 0,
            reading: Reading::Head,
            first: None,
            last: None,
            bytes: 0,
            begin: [0; 4],
            sending: None,
            refusal: Written::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is to say at the start of a request, and when its first and its last bytes were read.
    pub(crate) fn connection_of(&self, request: &Request) -> (Connection, Read) {
        let mut state = self.lock();
        state.end_sending(true);
        state.requests = state.requests.saturating_add(1);
        state.reading = match request.version() {
            Version::HTTP_2 | Version::HTTP_3 => Reading::Unknown,
            _ => Reading::Request {
                alone: request.body().is_end_stream() && request.method() != Method::CONNECT,
            },
        };
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let mut connection = Connection {
            number: state.number,
            reuse: state.requests,
            peer: peer.map(|ConnectInfo(addr)| addr.to_string()),
            ..Connection::default()
        };
        let mut read = Read::default();
        // Streams of HTTP/2 share the connection: its bytes belong to none of them.
        if request.version() < Version::HTTP_2 {
            connection.bytes_in = state.bytes;
            read = (state.first, state.last);
        }
        state.forget();
        (connection, read)
    }

    /// A request comes of which nothing is recorded.
    pub(crate) fn pass_over(&self) {
        let mut state = self.lock();
        state.requests = state.requests.saturating_add(1);
        state.reading = Reading::Unknown;
    }

    /// What is written from now on is the response of this cycle, which ends when the last of it is.
    pub(crate) fn begin_sending(&self, handle: &Handle, upgrade: Upgrade) {
        handle.lock().await_writing();
        let handle = handle.clone();
        self.lock().sending = Some(Sending {
            handle,
            written: Written::default(),
            upgrade,
        });
    }

    fn read(&self, bytes: &[u8]) {
        let now = Instant::now();
        let mut state = self.lock();
        if let Some(sending) = &mut state.sending
            && sending.written.read_upgraded(bytes)
        {
            return;
        }
        let known = state.bytes.min(4) as usize;
        if let Some(room) = state.begin.get_mut(known..) {
            let n = room.len().min(bytes.len());
            room[..n].copy_from_slice(&bytes[..n]);
            // With this HTTP/2 begins, and there are no heads among what follows.
            if state.reading == Reading::Head && state.begin == *b"PRI " {
                state.reading = Reading::Unknown;
            }
        }
        state.bytes += bytes.len() as u64;
        state.first.get_or_insert(now);
        state.last = Some(now);
    }

    fn wrote<'a>(&self, bufs: impl Iterator<Item = &'a [u8]>, result: &io::Result<usize>) {
        let mut state = self.lock();
        if let Reading::Refused { .. } = state.reading {
            if let Ok(bytes) = result {
                state.refusal.add(bufs, *bytes);
            }
            return;
        }
        if state.has_begun_head() && state.first.is_some() {
            let mut bufs = bufs.peekable();
            state.reading = match bufs.peek().and_then(|buf| status_of(buf)) {
                Some(status) => Reading::Refused { status },
                None => Reading::Unknown,
            };
            if let Ok(bytes) = result {
                state.refusal.add(bufs, *bytes);
            }
            return;
        }
        // The rest of a request's body comes before its response goes out, the next request after it.
        state.forget();
        if let (Ok(bytes), Some(sending)) = (result, &mut state.sending) {
            sending.written.add(bufs, *bytes);
        }
    }

    fn flushed(&self) {
        let mut state = self.lock();
        let Some(sending) = &mut state.sending else {
            return;
        };
        if !sending.handle.lock().body_is_over() {
            return;
        }
        match sending.upgrade {
            Upgrade::No => state.end_sending(true),
            // From here on the connection speaks the other protocol, until it is closed.
            upgrade => sending.written.upgrade(upgrade == Upgrade::WebSocket),
        }
    }
}

/// The status in a response's first bytes, `HTTP/1.1 431 …`.
fn status_of(bytes: &[u8]) -> Option<u16> {
    let status = bytes.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    std::str::from_utf8(status).ok()?.parse().ok()
}

/// A listener whose connections have a clock.
pub(crate) struct Clocked<L> {
    pub(super) listener: L,
    pub(super) site: &'static Site,
}

impl<L: fmt::Debug> fmt::Debug for Clocked<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listener.fmt(f)
    }
}

impl<L: Listener> Listener for Clocked<L> {
    type Io = ClockedIo<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, addr) = self.listener.accept().await;
        (
            ClockedIo {
                io,
                clock: Clock::new(self.site),
            },
            addr,
        )
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }
}

/// A connection with a clock.
pub(crate) struct ClockedIo<T> {
    pub(super) io: T,
    pub(super) clock: Clock,
}

impl<T> Drop for ClockedIo<T> {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        state.end_of_head();
        state.end_sending(false);
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ClockedIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let bytes = &buf.filled()[before..];
        if !bytes.is_empty() {
            self.clock.read(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ClockedIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.io).poll_write(cx, buf));
        self.clock.wrote(std::iter::once(buf), &result);
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.io).poll_flush(cx));
        if result.is_ok() {
            self.clock.flushed();
        }
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, bufs));
        self.clock.wrote(bufs.iter().map(|buf| &**buf), &result);
        Poll::Ready(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{capture::site, wire::SiteKind};
    use std::panic::Location;

    /// What a client sends before it asks for anything, or in place of that.
    #[test]
    fn what_http2_says_without_a_request_is_no_head() {
        let site = site::site(SiteKind::Server, "serve", Location::caller());
        let settings = |flags| [0, 0, 0, 4, flags, 0, 0, 0, 0];
        let clock = Clock::new(site);
        clock.read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        clock.read(&settings(0));
        clock.wrote(std::iter::once(&settings(0)[..]), &Ok(9));
        clock.read(&settings(1));
        assert!(!clock.lock().has_begun_head());
        let http1 = Clock::new(site);
        http1.read(b"GET / HT");
        assert!(http1.lock().has_begun_head());
    }
}
