//! An app with bodies of any length, on axum or on Onionskin, which knows how much of them was asked for and how much memory
//! it took.
//!
//! - `app-bodies axum|onionskin serve`: serves it on any port, until standard input ends; says first where
//! - `app-bodies axum|onionskin alone`: the same on one thread, so that a view that keeps it keeps everything
//! - `app-bodies axum|onionskin open N`: has so many requests under way at once, lets them finish, and does so again; says how
//!   many were answered, and bytes of memory for each: at the most, and of what is left in the end
//! - `app-bodies axum|onionskin held`: talks to it over pipes in memory, with a client that stops reading and one that stops
//!   being read; says how far each got, the same in every run

use bytes::Bytes;
use onionskin_tests::pipe::Pipe;
use peak_alloc::PeakAlloc;
use std::{
    io::{Read as _, Write as _},
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    net::TcpListener,
    sync::Semaphore,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Frames that were taken from bodies of responses.
static GIVEN: AtomicU64 = AtomicU64::new(0);

/// Lets through who waits, one at a time.
static GATE: Semaphore = Semaphore::const_new(0);

const CHUNK: usize = 16 << 10;
static PATTERN: [u8; CHUNK] = pattern();

const fn pattern() -> [u8; CHUNK] {
    let (mut bytes, mut at) = ([0; CHUNK], 0);
    while at < CHUNK {
        bytes[at] = (at % 251) as u8;
        at += 1;
    }
    bytes
}

/// A body of so many bytes, of which none takes memory.
struct Long {
    left: u64,
    /// Whether its length is told.
    told: bool,
}

impl http_body::Body for Long {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        GIVEN.fetch_add(1, Ordering::Relaxed);
        let len = self.left.min(CHUNK as u64);
        self.left -= len;
        let bytes = Bytes::from_static(&PATTERN[..len as usize]);
        Poll::Ready(Some(Ok(http_body::Frame::data(bytes))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match self.told {
            true => http_body::SizeHint::with_exact(self.left),
            false => http_body::SizeHint::default(),
        }
    }
}

macro_rules! app {
    ($name:ident $web:ident) => {
        mod $name {
            use super::*;
            use ::$web::{
                Router,
                body::Body,
                extract::{DefaultBodyLimit, Path, Request},
                response::Response,
                routing::{get, post},
            };

            async fn down(Path((how, bytes)): Path<(String, u64)>) -> Body {
                let told = how == "told";
                Body::new(Long { left: bytes, told })
            }

            async fn up(request: Request) -> String {
                let (mut body, mut bytes) = (request.into_body(), 0);
                while let Some(frame) = super::next(&mut body).await {
                    bytes += frame
                        .expect("it comes whole")
                        .data_ref()
                        .map_or(0, Bytes::len);
                }
                bytes.to_string()
            }

            /// Leaves the request's body where it is.
            async fn deaf(request: Request) {
                let _held = request;
                std::future::pending().await
            }

            /// Keeps its thread, for ever.
            async fn stuck() {
                loop {
                    std::thread::park();
                }
            }

            /// Answers when it may.
            async fn gate() -> &'static str {
                drop(GATE.acquire().await.expect("it is never closed"));
                "through"
            }

            async fn echo(request: Request) -> Response {
                Response::new(request.into_body())
            }

            async fn figures() -> String {
                let (given, now) = (GIVEN.load(Ordering::Relaxed), MEMORY.current_usage());
                format!("{given} {now} {}", MEMORY.peak_usage())
            }

            fn app() -> Router {
                Router::new()
                    .route("/down/{how}/{bytes}", get(down))
                    .route("/up", post(up))
                    .route("/deaf", post(deaf))
                    .route("/echo", post(echo))
                    .route("/again", post(async |said: Bytes| said))
                    .route("/stuck", get(stuck))
                    .route("/gate", get(gate))
                    .route("/figures", get(figures))
                    .route("/from-here", get(async || MEMORY.reset_peak_usage()))
                    .layer(DefaultBodyLimit::disable())
            }

            pub(super) async fn serve(listener: TcpListener) {
                ::$web::serve(listener, app()).await.expect("served");
            }

            /// So many requests at once: how many were answered well, and the most memory that they took together.
            pub(super) async fn open(n: usize) -> (usize, usize) {
                let app = app();
                let before = MEMORY.current_usage();
                MEMORY.reset_peak_usage();
                let ask = || {
                    let mut app = app.clone();
                    async move {
                        let request = Request::get("/gate").body(Body::empty());
                        let request = request.expect("a request");
                        let Ok(response) = tower_service::Service::call(&mut app, request).await;
                        let mut body = response.into_body();
                        let frame = super::next(&mut body).await;
                        frame.is_some_and(|frame| frame.expect("whole").data_ref().is_some())
                    }
                };
                let asked = futures_util::future::join_all((0..n).map(|_| ask()));
                let open_the_gate = async {
                    settle().await;
                    GATE.add_permits(1);
                };
                let (answered, ()) = futures_util::future::join(asked, open_the_gate).await;
                GATE.forget_permits(1);
                let most = MEMORY.peak_usage().saturating_sub(before);
                (answered.into_iter().filter(|well| *well).count(), most)
            }

            pub(super) fn serve_pipe(pipe: DuplexStream) {
                let serve = ::$web::serve(Pipe::new(pipe), app());
                tokio::spawn(async move { serve.await.expect("served") });
            }
        }
    };
}

app! { plain axum }
app! { ours onionskin }

/// The next frame of a body.
async fn next<B: http_body::Body + Unpin>(
    body: &mut B,
) -> Option<Result<http_body::Frame<B::Data>, B::Error>> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

/// Lets everything on this thread go as far as it can.
async fn settle() {
    for _ in 0..2000 {
        tokio::task::yield_now().await;
    }
}

/// How many frames were taken from a body whose reader stops after so many bytes, and then after as many again.
async fn unread(serve: fn(DuplexStream), path: &str, bytes: usize) -> [u64; 2] {
    let (mut client, server) = duplex(64 << 10);
    serve(server);
    let before = GIVEN.load(Ordering::Relaxed);
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    client
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let (mut taken, mut buffer) = ([0; 2], vec![0; bytes]);
    for taken in &mut taken {
        client.read_exact(&mut buffer).await.expect("it writes");
        settle().await;
        *taken = GIVEN.load(Ordering::Relaxed) - before;
    }
    taken
}

/// How many bytes of a request are taken from its client.
async fn unheard(serve: fn(DuplexStream), path: &str) -> usize {
    let (mut client, server) = duplex(64 << 10);
    serve(server);
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\n\r\n");
    client.write_all(head.as_bytes()).await.expect("it reads");
    let mut sent = 0;
    for _ in 0..100 {
        let write = std::future::poll_fn(|cx| {
            let polled = tokio::io::AsyncWrite::poll_write(Pin::new(&mut client), cx, &PATTERN);
            Poll::Ready(polled)
        });
        match write.await {
            Poll::Ready(written) => sent += written.expect("it listens"),
            Poll::Pending => settle().await,
        }
    }
    sent
}

async fn held(serve: fn(DuplexStream)) {
    for how in ["told", "untold"] {
        let path = format!("/down/{how}/1073741824");
        for bytes in [1, 1 << 20] {
            let [first, second] = unread(serve, &path, bytes).await;
            println!("{how}, {bytes} bytes read: {first} frames, then {second}");
        }
    }
    println!(
        "not read by its view: {} bytes",
        unheard(serve, "/deaf").await
    );
    println!(
        "read, and its answer not: {} bytes",
        unheard(serve, "/echo").await
    );
}

async fn open(is_ours: bool, n: usize) {
    let before = MEMORY.current_usage();
    let (mut answered, mut most) = (0, 0);
    for _ in 0..2 {
        let (answers, bytes) = match is_ours {
            true => ours::open(n).await,
            false => plain::open(n).await,
        };
        (answered, most) = (answered + answers, most.max(bytes));
        if is_ours {
            onionskin::flush(std::time::Duration::from_secs(20));
        }
    }
    let left = MEMORY.current_usage().saturating_sub(before);
    println!("{answered} {} {}", most / n, left / n);
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let is_ours = arguments[0] == "onionskin";
    if arguments[1] == "held" {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let serve = if is_ours {
            ours::serve_pipe
        } else {
            plain::serve_pipe
        };
        return runtime.expect("a runtime").block_on(held(serve));
    }
    if arguments[1] == "open" {
        let n = arguments[2].parse().expect("a number");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        return runtime.expect("a runtime").block_on(open(is_ours, n));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(if arguments[1] == "alone" { 1 } else { 2 })
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        std::io::stdout().flush().expect("somebody reads");
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        match is_ours {
            true => ours::serve(listener).await,
            false => plain::serve(listener).await,
        }
    });
}
