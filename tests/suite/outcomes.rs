//! Every way in which a cycle may end, on a real socket: one table. What each looks like in detail is in `story` (a whole
//! app, seen by an inspector), `connection` and `view`.

use crate::served::{Served, read_until};
use onionskin::{
    Json, Router,
    body::Body,
    extract::{Request, ws::WebSocketUpgrade},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
    testing::Recorded,
    wire::{Edge, Stage},
};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

/// The app waits, and will not go on by itself.
static WAITS: LazyLock<Notify> = LazyLock::new(Notify::new);

async fn wait() {
    WAITS.notify_one();
    std::future::pending::<()>().await;
}

async fn refuse(_: Request, _: Next) -> Response {
    StatusCode::FORBIDDEN.into_response()
}

async fn hold(request: Request, next: Next) -> Response {
    wait().await;
    next.run(request).await
}

async fn stuck() {
    wait().await;
}

async fn bang() {
    panic!("bang");
}

async fn create(_: Json<HashMap<String, u32>>) {}

async fn torn() -> Body {
    let parts = [Ok("half"), Err(std::io::Error::other("torn"))];
    Body::from_stream(futures_util::stream::iter(parts))
}

async fn endless() -> Body {
    let more = || Ok::<_, Infallible>(vec![b'x'; 1 << 10]);
    Body::from_stream(futures_util::stream::repeat_with(more))
}

async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move { while socket.recv().await.is_some() {} })
}

fn app() -> Router {
    let ok = || get(|| async { "ok" });
    let patience = Duration::from_millis(20);
    let patience = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, patience);
    Router::new()
        .route("/conn/ok", ok())
        .route("/conn/refuse", ok().layer(from_fn(refuse)))
        .route("/conn/create", post(create))
        .route("/conn/bang", get(bang))
        .route("/conn/caught", get(bang).layer(CatchPanicLayer::new()))
        .route("/conn/torn", get(torn))
        .route("/conn/late", get(stuck).layer(patience))
        .route("/conn/hold", ok().layer(from_fn(hold)))
        .route("/conn/stuck", get(stuck))
        .route("/conn/endless", get(endless))
        .route("/conn/socket", get(socket))
}

/// What the client does when it has sent what it has to say.
enum Then {
    /// It reads to the end.
    Read,
    /// It goes away.
    Leave,
    /// It goes away as soon as the app waits.
    LeaveWaiting,
    /// It goes away when it has seen these bytes.
    LeaveAfter(&'static [u8]),
}

use Then::{Leave, LeaveAfter, LeaveWaiting, Read};

fn request(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: x\r\n{headers}\r\n")
}

async fn cycle_of(served: &Served, sent: &str, then: Then) -> Recorded {
    let mut client = served.connect().await;
    client.write_all(sent.as_bytes()).await.unwrap();
    match then {
        Read => {
            // A server that panics, or refuses bytes, closes as it likes.
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
        Leave => {}
        LeaveWaiting => WAITS.notified().await,
        LeaveAfter(bytes) => read_until(&mut client, bytes).await,
    }
    drop(client);
    served.cycle().await
}

#[tokio::test]
async fn each_is_told_as_what_it_is() {
    let served = Served::start(app()).await;
    let close = "connection: close\r\n";
    let get = |path: &str| request(&format!("GET /conn/{path}"), close);
    let json = "content-type: application/json\r\ncontent-length: 4\r\nconnection: close\r\n";
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    let rejected = "rejected by extractor Json<HashMap<String, u32>> (JsonSyntaxError), 4 B of the body read, \
                    going by its answer";
    let table = [
        // What is sent, what the client does then, how it ended, the status.
        (get("ok"), Read, "completed", Some(200)),
        (get("refuse"), Read, "answered by refuse", Some(403)),
        (
            request("POST /conn/create", json) + "nope",
            Read,
            rejected,
            Some(400),
        ),
        (get("torn"), Read, "failed: torn", Some(200)),
        (get("bang"), Read, "panicked: bang at ", None),
        (get("caught"), Read, "panic caught: bang at ", Some(500)),
        (get("late"), Read, "timed out by TimeoutLayer", Some(504)),
        ("GET /conn/ok HTT".into(), Leave, "cancelled in parse", None),
        ("GE".into(), Leave, "cancelled in parse", None),
        (
            get("hold"),
            LeaveWaiting,
            "cancelled in middleware (hold)",
            None,
        ),
        (
            get("stuck"),
            LeaveWaiting,
            "cancelled in view (stuck)",
            None,
        ),
        (
            get("endless"),
            LeaveAfter(b"xxx"),
            "cancelled in send",
            Some(200),
        ),
        (
            request("GET /conn/socket", upgrade),
            LeaveAfter(b"\r\n\r\n"),
            "upgraded to websocket",
            Some(101),
        ),
        // What the server refuses by itself, and the app never hears of.
        (
            "GET /conn/ok HTTP/1.1\r\nno colon\r\n\r\n".into(),
            Read,
            "answered by serve",
            Some(400),
        ),
        (
            request("GET /conn/ok", &many),
            Read,
            "answered by serve",
            Some(431),
        ),
    ];
    for (sent, then, outcome, status) in table {
        let cycle = cycle_of(&served, &sent, then).await;
        let site = cycle
            .outcome
            .site()
            .map(|site| cycle.sites[site].name.as_str());
        let told = cycle.outcome.describe(site);
        assert!(
            told.starts_with(outcome),
            "{told:?}, not {outcome:?}\n{cycle}"
        );
        assert_eq!(cycle.status, status, "{outcome}");
        // The terminal has it in the list, above the timeline and below.
        for shown in [
            cycle.to_string(),
            onionskin::text::timeline(&cycle).to_string(),
            onionskin::text::line(&cycle.summary()),
        ] {
            assert!(outcome == "completed" || shown.contains(outcome), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_head_that_never_became_a_request_has_its_bytes_and_its_time() {
    let served = Served::start(app()).await;
    let mut client = served.connect().await;
    client
        .write_all(&request("GET /conn/ok", "").into_bytes())
        .await
        .unwrap();
    read_until(&mut client, b"ok").await;
    served.cycle().await;
    // On the same connection, after a request that was answered.
    client.write_all(b"GET /half").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.write_all(b" HTTP").await.unwrap();
    drop(client);
    let cycle = served.cycle().await;
    let connection = cycle.connection.as_ref().unwrap();
    assert_eq!((connection.reuse, connection.bytes_in), (2, 14));
    // On a busy machine the server reads the first of it late.
    assert!(cycle.duration_ns >= 100_000_000, "{}", cycle.duration_ns);
    // It began with the first byte, and is over.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let over = cycle.started_unix_us + cycle.duration_ns / 1000;
    assert!(u128::from(over) <= now.as_micros(), "{over}, {now:?}");
    assert_eq!((&*cycle.method, &*cycle.target), ("", ""));
    let text = cycle.to_string();
    assert!(
        text.contains("(no request)  no status  cancelled in parse"),
        "{text}"
    );
    assert!(text.contains("← parse  serve  dropped"), "{text}");
}

#[tokio::test]
async fn an_answer_of_the_servers_own_has_its_bytes() {
    let served = Served::start(app()).await;
    let mut client = served.connect().await;
    let bad = b"NOT HTTP AT ALL\r\n\r\n";
    client.write_all(bad).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"));
    let cycle = served.cycle().await;
    assert_eq!(
        cycle.connection.as_ref().unwrap().bytes_in,
        bad.len() as u64
    );
    let sent = cycle.steps.last().unwrap().sent.as_ref().unwrap();
    assert_eq!(sent.bytes_out, Some(answer.len() as u64));
    let steps = cycle.steps.iter();
    let steps: Vec<_> = steps
        .map(|s| (s.stage, s.edge, s.entry, s.parent, s.site))
        .collect();
    let expected = [
        (Stage::Parse, Edge::In, 0, None, Some(0)),
        (Stage::Send, Edge::In, 1, Some(0), Some(0)),
        (Stage::Send, Edge::Out, 1, None, Some(0)),
    ];
    assert_eq!(steps, expected);
}

#[tokio::test]
async fn what_is_no_head_makes_no_cycle() {
    let served = Served::start(app()).await;
    // Connections without a word, with an empty line, with the preface of HTTP/2, with bytes of a body that nobody reads.
    drop(served.connect().await);
    for bytes in [
        "\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let mut client = served.connect().await;
        client.write_all(bytes.as_bytes()).await.unwrap();
        drop(client);
    }
    let mut client = served.connect().await;
    let unread = request("POST /conn/ok", "content-length: 100000\r\n") + "the beginning of a body";
    client.write_all(unread.as_bytes()).await.unwrap();
    read_until(&mut client, b"\r\n\r\n").await;
    client.write_all(b"more of it").await.unwrap();
    drop(client);
    // The one cycle is that of the request; had there been others before it, they would be here.
    let cycle = served.cycle().await;
    assert_eq!((&*cycle.method, cycle.status), ("POST", Some(405)));
    let last = cycle_of(
        &served,
        &request("GET /conn/ok", "connection: close\r\n"),
        Read,
    )
    .await;
    assert_eq!(last.status, Some(200));
}
