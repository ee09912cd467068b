//! Every way in which a cycle may end.

use crate::{
    h2c,
    raw::{Act, request},
    scene::sight,
};
use std::time::Duration;

/// What is sent; the client goes away a while later.
fn given_up(bytes: impl Into<Vec<u8>>) -> [Act; 3] {
    let a_while = Act::Wait(Duration::from_millis(100));
    [Act::Send(bytes.into()), a_while, Act::Leave]
}

fn get(path: &str) -> Vec<u8> {
    request(&format!("GET {path} HTTP/1.1"), b"")
}

#[test]
fn completed_failed_and_timed_out() {
    for (path, step, ended) in [
        ("/books/7", "← send: all sent", "200 in |completed"),
        (
            "/torn",
            "← send: cut before its end",
            "200 in |failed: torn",
        ),
        (
            "/late",
            "← view stuck: dropped before it answered",
            "504 in |timed out by TimeoutLayer",
        ),
    ] {
        let mut eyes = sight().cycle_of(&format!("GET {path} HTTP/1.1"), b"");
        let (status, outcome) = ended.split_once('|').unwrap();
        eyes.at(step).timeline(&[status, outcome]);
        eyes.at_the_end().response(&[outcome]);
    }
    let mut eyes = sight().cycle_of("GET /torn HTTP/1.1", b"");
    eyes.at_the_end()
        .response(&["response body: 4 B in 1 frame, broke: torn"]);
}

#[test]
fn cancelled_wherever_it_was() {
    for (bytes, step, outcome) in [
        (
            get("/hold"),
            "← middleware hold: dropped",
            "cancelled in middleware (hold)",
        ),
        (
            get("/stuck"),
            "← view stuck: dropped",
            "cancelled in view (stuck)",
        ),
    ] {
        let mut eyes = sight().cycle_of_acts(&given_up(bytes));
        eyes.at(step).timeline(&["no status in ", outcome]);
        eyes.at_the_end().response(&[outcome]);
    }
    let mut eyes = sight().cycle_of_acts(&given_up("GET /half HTT"));
    eyes.at("← parse: dropped")
        .timeline(&["no status in ", "cancelled in parse"])
        .request(&["cancelled in parse"]);
    let mut acts = given_up(get("/endless"));
    acts[1] = Act::Await(b"xxx");
    let mut eyes = sight().cycle_of_acts(&acts);
    eyes.at_the_end()
        .timeline(&["200 in ", "cancelled in send"]);
}

#[test]
fn cancelled_by_the_reset_of_a_stream() {
    let scene = sight();
    let mut eyes = scene.cycles_of(1, || {
        scene.over_http2(async |client| {
            let mut client = client.ready().await.unwrap();
            let stuck = h2c::get("/stuck");
            let (answer, mut stream) = client.send_request(stuck, true).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream.send_reset(h2::Reason::CANCEL);
            assert!(answer.await.is_err());
        });
    });
    eyes[0]
        .at("← view stuck: dropped")
        .timeline(&["cancelled in view (stuck)"]);
}

#[test]
fn answered_by_the_server_itself() {
    let bad = b"GET /books/7 HTTP/1.1\r\nno colon\r\n\r\n".to_vec();
    let mut eyes = sight().cycle_of_acts(&[Act::Send(bad)]);
    eyes.at_the_end()
        .timeline(&["400 in ", "answered by serve"]);
    eyes.response(&["answered by serve", " B on the wire"]);
}

#[test]
fn upgraded_to_a_websocket_with_its_frames() {
    let upgrade = "GET /socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // Masked with zeros: texts, a ping, then close.
    let frames = [
        &b"\x81\x83\0\0\0\0hey"[..],
        b"\x89\x80\0\0\0\0",
        b"\x81\x83\0\0\0\0you",
    ];
    let acts = [
        Act::Send(upgrade.into()),
        Act::Await(b"\r\n\r\n"),
        Act::Send(frames.concat()),
        Act::Await(b"you"),
        Act::Send(b"\x88\x80\0\0\0\0".to_vec()),
    ];
    let mut eyes = sight().cycle_of_acts(&acts);
    eyes.at_the_end()
        .timeline(&["101 in ", "upgraded to websocket"]);
    eyes.response(&[
        "upgraded to websocket",
        "upgraded: 30 B in, ",
        "2 text frames from the client, 6 B",
        "1 ping frame from the client, 0 B",
        "1 close frame from the client, 0 B",
        "2 text frames to the client, 6 B",
        "2 binary frames to the client, 600 B",
        "1 pong frame to the client, 0 B",
    ]);
}

#[test]
fn a_stream_of_events() {
    let mut eyes = sight().cycle_of("GET /events HTTP/1.1", b"");
    eyes.at("← view events")
        .response(&["event: tick", "data: 2"]);
    eyes.at_the_end()
        .response(&["response body: ", "3 frames, 3 events, complete"]);
}
