//! `app-load SEED REQUESTS [TOGGLES]`: an app on Onionskin that is its own load. Two threads, each with a runtime of its own,
//! serve connections in memory to impatient clients; meanwhile recording is switched on and off so many times.
//!
//! Looks at the counters all the while, and fails if they don't add up. Says at the end, in one line, how many requests came
//! to the app and how many of them the filter names; ends when its standard input does.

use onionskin::{
    Router, ServiceExt as _,
    body::{Body, Bytes},
    extract::Request,
    link::protocol::AppCounters,
    response::Response,
    routing::{get, post},
    serve::Listener,
};
use onionskin_tests::random::Random;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    io::Read as _,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::mpsc,
    task::yield_now,
};
use tower_service::Service;

/// Requests that came to the app.
static REACHED: AtomicU64 = AtomicU64::new(0);
/// Those of them whose path is `/peer`.
static PEERS: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

/// Clients of one thread.
const CLIENTS: u64 = 16;

/// The app, which counts the requests that come to it.
#[derive(Clone)]
struct Counted(Router);

impl Service<Request> for Counted {
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<Request>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        REACHED.fetch_add(1, SeqCst);
        PEERS.fetch_add(u64::from(request.uri().path() == "/peer"), SeqCst);
        self.0.call(request)
    }
}

/// Waits so many turns.
async fn turns(n: usize) {
    for _ in 0..n {
        yield_now().await;
    }
}

fn app() -> Counted {
    let stream = |n: usize| async move {
        turns(n).await;
        (n < 4).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"line\n")), n + 1))
    };
    Counted(
        Router::new()
            .route("/", get(async || "ok"))
            .route("/peer", get(async || "ok"))
            .route("/slow", get(async || turns(20).await))
            .route("/hang", get(std::future::pending::<()>))
            .route("/panic", get(async || -> () { panic!("so it is") }))
            .route("/echo", post(async |body: Bytes| body))
            .route(
                "/stream",
                get(move || async move {
                    Body::from_stream(futures_util::stream::unfold(0, stream))
                }),
            ),
    )
}

/// Connections in memory.
struct Pipes(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Pipes {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(pipe) => (pipe, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads one response; `false`: the connection is over.
async fn read_response(pipe: &mut DuplexStream) -> bool {
    let mut got = Vec::with_capacity(256);
    loop {
        let head = got
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&got[..head]).into_owned();
            let length = text.split("content-length: ").nth(1);
            let length = length.and_then(|l| l.lines().next()?.parse::<usize>().ok());
            match length {
                Some(length) if got.len() >= head + length => return true,
                None if got.ends_with(b"\r\n0\r\n\r\n") => return true,
                _ => {}
            }
        }
        if !matches!(pipe.read_buf(&mut got).await, Ok(1..)) {
            return false;
        }
    }
}

/// Sends one request, or some of it, and perhaps does not wait. `false`: the connection can't be used any more.
async fn exchange(random: &mut Random, pipe: &mut DuplexStream) -> bool {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let body = "7".repeat(random.below(3000));
    let post = format!(
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (request, leaves) = match random.below(1000) {
        0 => (get("/panic"), false),
        1..30 => (get("/hang"), true),
        30..80 => (post[..random.below(post.len())].to_owned(), true),
        80..130 => (get("/slow"), true),
        130..180 => (get("/stream"), true),
        180..300 => (post, false),
        300..400 => (get("/peer"), false),
        400..500 => (get("/stream"), false),
        500..550 => (get("/slow"), false),
        550..570 => (get("/") + &get("/stream") + &get("/"), true),
        _ => (get("/"), false),
    };
    if pipe.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    if leaves {
        turns(random.below(60)).await;
        return false;
    }
    read_response(pipe).await
}

async fn client(mut random: Random, requests: u64, connect: mpsc::UnboundedSender<DuplexStream>) {
    let mut pipe = None;
    for _ in 0..requests {
        let mut own = pipe.take().unwrap_or_else(|| {
            let (own, other) = duplex(8 << 10);
            connect.send(other).expect("it listens");
            own
        });
        if exchange(&mut random, &mut own).await {
            pipe = Some(own);
        }
    }
    // Left open: what is on its way when the runtime ends, ends with it.
    if let Some(mut pipe) = pipe {
        let _ = pipe
            .write_all(b"GET /hang HTTP/1.1\r\nhost: x\r\n\r\n")
            .await;
        turns(20).await;
        std::mem::forget(pipe);
    }
}

/// The load of one thread.
fn load(seed: u64, requests: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let (connect, pipes) = mpsc::unbounded_channel();
        let serve = onionskin::serve(Pipes(pipes), app().into_make_service());
        tokio::spawn(async move { serve.await.expect("served") });
        let client = |n| client(Random::new(seed + n), requests / CLIENTS, connect.clone());
        let clients: Vec<_> = (0..CLIENTS).map(|n| tokio::spawn(client(n))).collect();
        for client in clients {
            client.await.expect("it ends");
        }
    });
}

/// Whether the figures add up, and none went back.
fn check(counters: &AppCounters, before: &AppCounters) {
    let dropped: u64 = counters.dropped.values().sum();
    let sum = counters.open + counters.recorded + dropped + counters.filtered;
    assert_eq!(counters.seen, sum, "{counters:?}");
    assert!(counters.recorded >= before.recorded && counters.seen >= before.seen);
    assert!(counters.evicted <= counters.recorded, "{counters:?}");
    assert!(counters.filtered >= before.filtered && counters.evicted >= before.evicted);
    assert_eq!(
        counters.dropped,
        BTreeMap::new(),
        "nothing fails, and the outboxes do not overflow"
    );
}

fn watch() {
    let mut before = AppCounters::default();
    while !OVER.load(SeqCst) {
        let counters = onionskin::counters();
        check(&counters, &before);
        before = counters;
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn toggle(random: &mut Random, times: u64) {
    for _ in 0..times {
        onionskin::set_recording(random.percent(50));
        // Not too fast to have an effect, nor so slow that it takes longer than the load.
        for _ in 0..random.below(200) {
            std::thread::yield_now();
        }
    }
    onionskin::set_recording(true);
}

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|n| n.parse().expect("a number"));
    let seed: u64 = numbers.next().expect("a seed");
    let requests: u64 = numbers.next().expect("how many requests");
    let toggles = numbers.next().unwrap_or(0);
    let watcher = std::thread::spawn(watch);
    std::thread::scope(|scope| {
        scope.spawn(move || load(seed, requests / 2));
        scope.spawn(move || load(seed + 1000, requests / 2));
        scope.spawn(move || toggle(&mut Random::new(seed), toggles));
    });
    assert!(
        onionskin::flush(Duration::from_secs(60)),
        "it takes too long"
    );
    OVER.store(true, SeqCst);
    watcher.join().expect("the figures add up");
    let counters = onionskin::counters();
    assert_eq!(counters.open, 0, "{counters:?}");
    println!("{} {}", REACHED.load(SeqCst), PEERS.load(SeqCst));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
