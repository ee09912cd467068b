//! What is known from the connection.

use crate::{
    h2c,
    raw::{Act, converse, request},
    scene::sight,
};
use onionskin::http::{HeaderMap, HeaderValue};
use std::time::Duration;

#[test]
fn first_and_last_bytes_and_the_use_of_the_connection() {
    let scene = sight();
    let mut eyes = scene.cycles_of(2, || {
        let one = |body: &'static [u8; 5]| {
            [
                Act::Send(b"POST /echo HTTP/1.1\r\nhost: x\r\n".to_vec()),
                Act::Wait(Duration::from_millis(30)),
                Act::Send([b"content-length: 5\r\n\r\n", &body[..]].concat()),
                Act::Await(body),
            ]
        };
        let acts = [&one(b"hello")[..], &one(b"again"), &[Act::Leave]].concat();
        converse(scene.at(), &acts);
    });
    for (n, eyes) in eyes.iter_mut().enumerate() {
        let of = format!("request {} on connection ", n + 1);
        eyes.at("→ parse").request(&[
            &of,
            "from 127.0.0.1:",
            "B read, the first ",
            " before this, the last ",
            "POST /echo HTTP/1.1",
        ]);
        let sent = ["first byte at ", ", last at "];
        eyes.at("← send: all sent").response(&sent);
    }
}

#[test]
fn bytes_in_and_out() {
    let scene = sight();
    let asked = request("GET /books/7 HTTP/1.1", b"");
    let mut answer = Vec::new();
    let mut eyes = scene.cycles_of(1, || {
        answer = converse(scene.at(), &[Act::Send(asked.clone())])
    });
    let read = format!("{} B read", asked.len());
    eyes[0].at("→ parse").request(&[&read]);
    let written = format!("{} B on the wire", answer.len());
    eyes[0].at("← send: all sent").response(&[&written]);
}

#[test]
fn version_chunks_and_a_body_that_is_complete() {
    let mut eyes = sight().cycle_of("GET /chunks HTTP/1.1", b"");
    eyes.at("→ parse").request(&["GET /chunks HTTP/1.1"]);
    let whole = "response body: 11 B in 3 frames, complete, xxh64 ";
    eyes.at("← send: all sent").response(&[whole]);
    let mut eyes = sight().cycle_of("GET /chunks HTTP/1.0", b"");
    eyes.at("→ parse").request(&["GET /chunks HTTP/1.0"]);
}

#[test]
fn trailers() {
    let mut eyes = sight().cycle_of("GET /trailers HTTP/1.1\nte: trailers", b"");
    let body = "response body: 3 B in 1 frame, complete";
    eyes.at_the_end().response(&[body, "trailer x-sum: 3"]);
}

#[test]
fn a_body_that_is_cut() {
    let acts = [
        Act::Send(request("GET /endless HTTP/1.1", b"")),
        Act::Await(b"xxx"),
        Act::Leave,
    ];
    let mut eyes = sight().cycle_of_acts(&acts);
    eyes.at("← send: cut before its end");
    eyes.response(&["not read to its end", "cancelled in send"]);
}

#[test]
fn pipelined_requests() {
    let scene = sight();
    let one = |n: u8| format!("GET /books/{n} HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut eyes = scene.cycles_of(3, || {
        let last = request("GET /books/3 HTTP/1.1", b"");
        let all = [one(1).into_bytes(), one(2).into_bytes(), last].concat();
        converse(scene.at(), &[Act::Send(all)]);
    });
    for (n, eyes) in eyes.iter_mut().enumerate() {
        let [of, target] = [
            format!("request {} on connection ", n + 1),
            format!("GET /books/{} HTTP/1.1", n + 1),
        ];
        let read = if n == 0 {
            " B read"
        } else {
            "no bytes of its own"
        };
        eyes.at("→ parse").request(&[&of, &target, read]);
    }
}

#[test]
fn http2_has_figures_of_the_stream_and_none_of_the_connections_bytes() {
    let scene = sight();
    let mut eyes = scene.cycles_of(2, || {
        scene.over_http2(async |client| {
            h2c::ask(&client, h2c::get("/chunks"), &[], None).await;
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static("42"));
            let frames: [&[u8]; 2] = [b"one ", b"two"];
            h2c::ask(&client, h2c::post("/echo"), &frames, Some(trailers)).await;
        });
    });
    let [first, second] = &mut eyes[..] else {
        unreachable!()
    };
    first
        .at("→ parse")
        .request(&["request 1 on connection ", "HTTP/2"]);
    first
        .at("← send: all sent")
        .response(&["response body: 11 B in 3 frames, complete"]);
    assert!(!first.lines().contains("on the wire"), "{first}");
    second
        .at("→ parse")
        .request(&["request 2 on connection ", "no bytes of its own", "HTTP/2"]);
    second
        .at_the_end()
        .response(&["7 B in 2 frames, complete", "trailer x-sum: 42"]);
}
