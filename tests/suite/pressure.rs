//! Bodies of a gigabyte: no more of them is asked for than on axum, no more memory is taken, and their length and hash are
//! the true ones.

use crate::{
    app::{App, BODIES, command},
    raw::{Act, LONG, ask, converse, request},
    watch::Watch,
};
use onionskin::wire::{BodyEnd, Cycle, Side};
use std::{
    hash::Hasher as _,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// Length of the bodies that are sent whole: a quarter of a gigabyte, since the code is not optimised here.
/// `ONIONSKIN_BODY_MIB=1024` for all of it.
fn whole() -> u64 {
    let mib = std::env::var("ONIONSKIN_BODY_MIB").ok();
    mib.and_then(|n| n.parse().ok()).unwrap_or(256_u64) << 20
}

const GIB: u64 = 1 << 30;
/// More memory than axum needs that a body may take, and more bytes that may be on their way: how much hyper and the system
/// hold between two ends depends on which of them gets the processor. What grew with the body would be far more.
const MORE: u64 = 2 << 20;
const CHUNK: usize = 16 << 10;

#[test]
fn a_reader_that_stops_holds_the_body_back_as_on_axum() {
    let held = |framework: &str, bodies: &str| {
        let mut held = command(BODIES, &[("ONIONSKIN_BODIES", bodies)]);
        let output = held.args([framework, "held"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let axum = held("axum", "");
    assert_eq!(axum.lines().count(), 6, "{axum}");
    assert_eq!(held("onionskin", "always"), axum);
    assert_eq!(held("onionskin", "no"), axum);
}

/// The app on this framework; with an inspector, if there is one.
fn start(framework: &str, watch: Option<&Watch>) -> App {
    // The ring has a bound of its own. Here it has one piece, which is used again and again: what grows is not the ring.
    let environment = [("ONIONSKIN_BODIES", "always"), ("ONIONSKIN_RING_MIB", "0")];
    let mut app = command(BODIES, &environment);
    app.args([framework, "serve"]);
    if let Some(watch) = watch {
        app.env("ONIONSKIN_SOCKET", watch.socket());
    }
    let app = App::start_command(app);
    if let Some(watch) = watch {
        watch.wait_for_app();
    }
    app
}

/// What the app says of itself: frames given, bytes of memory in use, and most of them so far.
fn figures(app: &App) -> [u64; 3] {
    let answer = ask(app.at, "GET /figures HTTP/1.1", b"");
    let text = String::from_utf8(answer).unwrap();
    let mut words = text.lines().last().unwrap().split(' ');
    std::array::from_fn(|_| words.next().unwrap().parse().unwrap())
}

/// Waits until a figure stays as it is.
fn at_rest(figure: impl Fn() -> u64) -> u64 {
    let (begun, mut last, mut same) = (Instant::now(), figure(), 0);
    while same < 10 {
        assert!(begun.elapsed() < LONG, "it goes on and on");
        std::thread::sleep(Duration::from_millis(20));
        let now = figure();
        (same, last) = (if now == last { same + 1 } else { 0 }, now);
    }
    last
}

/// Bytes taken from a body that nobody reads, and bytes of a request taken that no view reads.
fn taken(app: &App) -> [u64; 2] {
    let mut unread = TcpStream::connect(app.at).unwrap();
    let head = format!("GET /down/told/{GIB} HTTP/1.1\r\nhost: x\r\n\r\n");
    unread.write_all(head.as_bytes()).unwrap();
    let down = at_rest(|| figures(app)[0]) * CHUNK as u64;
    let mut unheard = TcpStream::connect(app.at).unwrap();
    let head = format!("POST /deaf HTTP/1.1\r\nhost: x\r\ncontent-length: {GIB}\r\n\r\n");
    unheard.write_all(head.as_bytes()).unwrap();
    unheard.set_nonblocking(true).unwrap();
    let sent = std::cell::Cell::new(0);
    let up = at_rest(|| {
        while let Ok(n) = (&unheard).write(&[7; CHUNK]) {
            sent.set(sent.get() + n as u64);
        }
        sent.get()
    });
    drop(unread);
    [down, up]
}

#[test]
fn so_it_is_over_sockets() {
    let axum = taken(&start("axum", None));
    let alone = taken(&start("onionskin", None));
    let watch = Watch::new();
    let watched = taken(&start("onionskin", Some(&watch)));
    for ours in [alone, watched] {
        for (ours, axum) in ours.into_iter().zip(axum) {
            // What the system keeps between the two ends differs by some packets.
            assert!(
                ours.abs_diff(axum) <= MORE,
                "{ours} of ours, {axum} of axum's"
            );
            assert!(ours < GIB / 8);
        }
    }
}

/// Reads a response that is this long, from a connection that gives nothing else.
fn read_whole(to: SocketAddr, path: &str, bytes: u64) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
        .write_all(&request(&format!("GET {path} HTTP/1.1"), b""))
        .unwrap();
    let (mut buffer, mut read) = (vec![0; 1 << 20], 0);
    while let n @ 1.. = stream.read(&mut buffer).unwrap() {
        read += n as u64;
    }
    assert!(read >= bytes, "{read} of {bytes}");
}

/// Sends a request that is this long; what is answered.
fn send_whole(to: SocketAddr, path: &str, bytes: u64) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = pattern();
    for _ in 0..bytes / CHUNK as u64 {
        stream.write_all(&chunk).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().last().unwrap_or_default().to_owned()
}

fn pattern() -> Vec<u8> {
    (0..CHUNK).map(|at| (at % 251) as u8).collect()
}

/// The most memory that a download and an upload of this many bytes took.
fn memory(app: &App, bytes: u64) -> [u64; 2] {
    let cost = |exchange: &dyn Fn()| {
        ask(app.at, "GET /from-here HTTP/1.1", b"");
        let [_, before, _] = figures(app);
        exchange();
        let [_, _, most] = figures(app);
        most.saturating_sub(before)
    };
    // The first ones make what is kept for the later ones.
    for _ in 0..4 {
        read_whole(app.at, "/down/told/1000000", 1_000_000);
        send_whole(app.at, "/up", 1 << 20);
        at_rest(|| figures(app)[1] >> 16);
    }
    [
        cost(&|| read_whole(app.at, &format!("/down/told/{bytes}"), bytes)),
        cost(&|| assert_eq!(send_whole(app.at, "/up", bytes), bytes.to_string())),
    ]
}

/// The body of the cycle with this target.
fn body_of(watch: &Watch, target: &str, side: Side) -> onionskin::wire::Body {
    let cycles = watch.listed();
    let listed = cycles.iter().rfind(|listed| listed.cycle.target == target);
    let cycle: Cycle = watch.cycle(&listed.expect("it is stored").cycle.id);
    let mut bodies = cycle.bodies.into_iter().filter(|body| body.side == side);
    let body = bodies.next().expect("a body");
    assert!(bodies.next().is_none(), "only one");
    body
}

#[test]
fn a_long_body_takes_no_memory_and_is_known_whole() {
    let bytes = whole();
    let axum = memory(&start("axum", None), bytes);
    let watch = Watch::new();
    let app = start("onionskin", Some(&watch));
    let ours = memory(&app, bytes);
    for (ours, axum) in ours.into_iter().zip(axum) {
        assert!(ours < axum + MORE, "{ours} of ours, {axum} of axum's");
    }
    let mut hash = twox_hash::XxHash64::default();
    let chunk = pattern();
    (0..bytes / CHUNK as u64).for_each(|_| hash.write(&chunk));
    let hash = format!("{:016x}", hash.finish());
    watch.until("all is told", || watch.counters().open <= 1);
    for (target, side) in [
        (format!("/down/told/{bytes}"), Side::Response),
        ("/up".into(), Side::Request),
    ] {
        let body = body_of(&watch, &target, side);
        assert_eq!(
            (body.len, body.hash.as_deref()),
            (bytes, Some(&*hash)),
            "{target}"
        );
        assert_eq!(body.end, BodyEnd::Complete);
        assert!(body.head.0.len() <= 64 << 10);
    }
}

#[test]
fn a_body_that_is_both_ways_at_once() {
    let answer = |app: &App| {
        let body: Vec<u8> = pattern().repeat(64);
        converse(app.at, &[Act::Send(request("POST /echo HTTP/1.1", &body))])
    };
    let without_date = |app: &App| crate::raw::without_date(&answer(app));
    assert_eq!(
        without_date(&start("onionskin", None)),
        without_date(&start("axum", None))
    );
}
