//! What is known from the connection: bytes in and out, reuse, pipelining, upgrades, streams of events.

mod http2;

use crate::{
    app::App,
    raw::{Act, converse},
    served::{Served, read_until},
    watch::Watch,
};
use onionskin::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Sse, sse},
    routing::{get, post},
    testing::Recorded,
    wire::{FrameKind, Left, Outcome, Sent, Side, Stage},
};
use std::{
    convert::Infallible,
    time::{Duration, Instant},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn sent(cycle: &Recorded) -> &Sent {
    cycle.steps.last().unwrap().sent.as_ref().unwrap()
}

#[tokio::test]
async fn the_head_is_timed_and_bytes_are_counted_on_every_request_of_a_connection() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let echo = move |request: Request| {
        arrived.send(()).unwrap();
        async move {
            (
                [("content-type", "text/plain; charset=utf-8")],
                request.into_body(),
            )
        }
    };
    let app = Router::new().route("/conn", post(echo));
    let mut served = Served::start(app).await;
    let head = [
        "POST /conn HTTP/1.1\r\nhost: x\r\n",
        "content-length: 5\r\n\r\n",
    ];
    let mut took = Vec::new();
    for _ in 0..2 {
        let begun = Instant::now();
        served.client.write_all(head[0].as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        served.client.write_all(head[1].as_bytes()).await.unwrap();
        // Only now, so that it is not read together with the head.
        arrivals.recv().await.unwrap();
        served.client.write_all(b"hello").await.unwrap();
        read_until(&mut served.client, b"hello").await;
        took.push(begun.elapsed().as_nanos() as u64);
    }
    let cycles = served.cycles(2).await;
    for (i, cycle) in cycles.iter().enumerate() {
        let connection = cycle.connection.as_ref().unwrap();
        assert_eq!(connection.reuse as usize, i + 1);
        assert_eq!(
            connection.bytes_in,
            head.concat().len() as u64,
            "the head, and not the body of the request before"
        );
        assert!(connection.last_byte_before_ns > 0);
        let split = connection.first_byte_before_ns - connection.last_byte_before_ns;
        assert!(
            split >= 29_000_000,
            "the head came in two parts, {split} ns between them"
        );
        assert!(split < 5_000_000_000, "{split}");
        assert!(
            connection.first_byte_before_ns <= took[i],
            "the first byte of this request, and not of the one before"
        );
        let sent = sent(cycle);
        assert!(sent.bytes_out.unwrap() > 100);
        assert!(sent.first_byte_ns.unwrap() <= sent.last_byte_ns.unwrap());
        assert!(sent.body_end_ns <= cycle.duration_ns);
        let said = onionskin::text::timeline(cycle).to_string();
        assert!(
            said.contains(&format!("request {} on connection ", i + 1)),
            "{said}"
        );
        assert!(said.contains("B read, the first "), "{said}");
        assert!(said.contains("· first byte at "), "{said}");
    }
    assert_eq!(
        cycles[0].connection.as_ref().unwrap().number,
        cycles[1].connection.as_ref().unwrap().number
    );
}

#[tokio::test]
async fn bytes_written_are_exactly_those_that_the_client_reads() {
    let app = Router::new().route("/conn", get(|| async { "x".repeat(100_000) }));
    let mut served = Served::start(app).await;
    served
        .client
        .write_all(b"GET /conn HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut all = Vec::new();
    served.client.read_to_end(&mut all).await.unwrap();
    let cycle = served.cycles(1).await.remove(0);
    assert_eq!(sent(&cycle).bytes_out, Some(all.len() as u64));
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Sent));
}

#[tokio::test]
async fn a_response_in_pieces_is_counted_to_its_last_byte() {
    const BETWEEN: Duration = Duration::from_millis(60);
    let pieces = || async {
        Body::from_stream(futures_util::stream::unfold(0, |n| async move {
            tokio::time::sleep(if n == 0 { Duration::ZERO } else { BETWEEN }).await;
            (n < 3).then_some((Ok::<_, Infallible>("piece"), n + 1))
        }))
    };
    let mut served = Served::start(Router::new().route("/conn", get(pieces))).await;
    let head = "GET /conn HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    served.client.write_all(head.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    served.client.read_to_end(&mut all).await.unwrap();
    let cycle = served.cycle().await;
    let sent = sent(&cycle);
    assert_eq!(sent.bytes_out, Some(all.len() as u64));
    let took = sent.last_byte_ns.unwrap() - sent.first_byte_ns.unwrap();
    assert!(took >= BETWEEN.as_nanos() as u64, "{took}\n{cycle}");
}

#[tokio::test]
async fn nothing_of_a_connection_is_in_a_cycle_without_one() {
    let app = || Router::new().route("/conn", get(|| async { "ok" }));
    let mut served = Served::start(app()).await;
    let head = "GET /conn HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    served.client.write_all(head.as_bytes()).await.unwrap();
    served.client.read_to_end(&mut Vec::new()).await.unwrap();
    let cycle = served.cycle().await;
    assert!(cycle.connection.is_some() && sent(&cycle).bytes_out.is_some());
    // Recorded by the same thread, in the same memory.
    let request = Request::get("/conn").body(Body::empty()).unwrap();
    let (_, cycle) = onionskin::testing::run(app(), request).await;
    assert!(cycle.connection.is_none() && sent(&cycle).bytes_out.is_none());
}

#[tokio::test]
async fn pipelined_requests_are_told_apart() {
    let app = Router::new().route("/conn/{n}", get(|| async { "ok!" }));
    let mut served = Served::start(app).await;
    let one = |n: u8| format!("GET /conn/{n} HTTP/1.1\r\nhost: x\r\n\r\n");
    served
        .client
        .write_all([one(1), one(2), one(3)].concat().as_bytes())
        .await
        .unwrap();
    for _ in 0..3 {
        read_until(&mut served.client, b"ok!").await;
    }
    let cycles = served.cycles(3).await;
    let reuse: Vec<_> = cycles
        .iter()
        .map(|c| c.connection.as_ref().unwrap().reuse)
        .collect();
    assert_eq!(reuse, [1, 2, 3]);
    assert!(
        cycles[0].connection.as_ref().unwrap().bytes_in == 3 * one(1).len() as u64,
        "all three came at once"
    );
    assert_eq!(
        cycles[1].connection.as_ref().unwrap().bytes_in,
        0,
        "and nothing came for the second"
    );
    let paths: Vec<_> = cycles.iter().map(|c| c.target.as_str()).collect();
    assert_eq!(paths, ["/conn/1", "/conn/2", "/conn/3"]);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_body_is_a_cut() {
    let endless = || async {
        let chunks =
            futures_util::stream::repeat_with(|| Ok::<_, Infallible>(vec![b'x'; 64 << 10]));
        Body::from_stream(chunks)
    };
    let mut served = Served::start(Router::new().route("/conn", get(endless))).await;
    served
        .client
        .write_all(b"GET /conn HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut served.client, b"xxxx").await;
    served.leave().await;
    let cycle = served.cycles(1).await.remove(0);
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Cut));
    assert_eq!(
        cycle.outcome,
        Outcome::Cancelled {
            stage: Stage::Send,
            site: None
        }
    );
}

#[tokio::test]
async fn frames_of_a_websocket_are_counted_by_kind_until_it_closes() {
    use onionskin::extract::ws::{Message, WebSocketUpgrade};
    let echo = |upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                if let Message::Text(text) = message {
                    let _ = socket.send(Message::Text(text)).await;
                    let _ = socket.send(Message::Binary(vec![0; 300].into())).await;
                }
            }
        })
    };
    let mut served = Served::start(Router::new().route("/conn", get(echo))).await;
    let head = "GET /conn HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    served.client.write_all(head.as_bytes()).await.unwrap();
    read_until(&mut served.client, b"\r\n\r\n").await;
    // Masked with zeros: text "hey" twice, a ping, then close.
    for frame in [
        &b"\x81\x83\0\0\0\0hey"[..],
        b"\x81\x83\0\0\0\0you",
        b"\x89\x80\0\0\0\0",
    ] {
        served.client.write_all(frame).await.unwrap();
    }
    read_until(&mut served.client, b"you").await;
    served.client.write_all(b"\x88\x80\0\0\0\0").await.unwrap();
    let mut rest = Vec::new();
    let _ = served.client.read_to_end(&mut rest).await;
    let cycle = served.cycles(1).await.remove(0);
    assert_eq!(
        cycle.outcome,
        Outcome::Upgraded {
            protocol: "websocket".into()
        }
    );
    let traffic = sent(&cycle).upgraded.clone().unwrap();
    let of = |side: Side, kind: FrameKind| {
        let found = traffic
            .frames
            .iter()
            .find(|f| f.side == side && f.kind == kind);
        found.map(|f| (f.frames, f.bytes))
    };
    assert_eq!(of(Side::Request, FrameKind::Text), Some((2, 6)));
    assert_eq!(of(Side::Request, FrameKind::Ping), Some((1, 0)));
    assert_eq!(of(Side::Request, FrameKind::Close), Some((1, 0)));
    assert_eq!(of(Side::Response, FrameKind::Text), Some((2, 6)));
    assert_eq!(of(Side::Response, FrameKind::Binary), Some((2, 600)));
    assert_eq!(of(Side::Response, FrameKind::Pong), Some((1, 0)));
    assert_eq!(traffic.bytes_in, 9 + 9 + 6 + 6);
    assert_eq!(traffic.bytes_out, 2 * (5 + 304) + 2 + 2);
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Sent));
    let said = cycle.to_string();
    for line in [
        "· 2 text frames from the client, 6 B",
        "· 1 ping frame from the client, 0 B",
        "· 2 binary frames to the client, 600 B",
    ] {
        assert!(said.contains(line), "{said}");
    }
}

#[tokio::test]
async fn events_of_a_stream_are_counted() {
    let three = || async {
        let events = (0..3)
            .map(|n| Ok::<_, Infallible>(sse::Event::default().event("tick").data(n.to_string())));
        Sse::new(futures_util::stream::iter(events)).into_response()
    };
    let mut served = Served::start(Router::new().route("/conn", get(three))).await;
    served
        .client
        .write_all(b"GET /conn HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut all = Vec::new();
    served.client.read_to_end(&mut all).await.unwrap();
    let cycle = served.cycles(1).await.remove(0);
    assert_eq!(cycle.bodies[0].events, Some(3));
    assert!(cycle.to_string().contains("3 events"), "{cycle}");
}

#[tokio::test]
async fn refused_routes_are_named_with_the_reason() {
    let app = Router::new()
        .route("/conn/books/{id}", get(|| async {}))
        .route("/conn/authors", post(|| async {}));
    let mut served = Served::start(app).await;
    for request in ["GET /conn/books/7/reviews", "GET /conn/authors"] {
        let request = format!("{request} HTTP/1.1\r\nhost: x\r\n\r\n");
        served.client.write_all(request.as_bytes()).await.unwrap();
        read_until(&mut served.client, b"\r\n\r\n").await;
    }
    let cycles = served.cycles(2).await;
    let said: Vec<_> = cycles.iter().map(ToString::to_string).collect();
    assert!(
        said[0].contains("tried /conn/books/{id}: the path goes on with \"reviews\""),
        "{}",
        said[0]
    );
    assert!(
        said[1].contains("tried /conn/authors: almost, it takes POST"),
        "{}",
        said[1]
    );
}

/// What is ignored was on the connection all the same, and its bytes are not those of the next request.
#[test]
fn a_request_that_is_ignored_counts_on_its_connection() {
    let watch = Watch::new();
    let app = App::ignoring("/peer", &watch.socket());
    watch.wait_for_app();
    let last = b"GET /notes HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let acts = [
        Act::Send(b"GET /peer HTTP/1.1\r\nhost: a.long.name.example\r\n\r\n".into()),
        Act::Await(b"\r\n\r\n"),
        Act::Send(last.into()),
    ];
    converse(app.at, &acts);
    watch.wait_for(1);
    let listed = watch.listed().remove(0);
    let connection = watch.cycle(&listed.cycle.id).connection.unwrap();
    assert_eq!((connection.number, connection.reuse), (1, 2));
    assert_eq!(connection.bytes_in, last.len() as u64);
}
