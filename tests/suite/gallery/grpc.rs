//! gRPC: requests and trailers of HTTP/2.

use super::{only, same, talk};
use crate::h2c;
use onionskin::{
    http::{HeaderMap, HeaderValue},
    wire::{BodyEnd, Cycle, Outcome, Side},
};
use prost::Message as _;
use std::{fmt::Write as _, net::SocketAddr};

#[derive(Clone, PartialEq, prost::Message)]
struct Item {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    count: u32,
}

/// A message with the five bytes before it.
fn message(name: &str, count: u32) -> Vec<u8> {
    let item = Item {
        name: name.into(),
        count,
    }
    .encode_to_vec();
    let mut bytes = vec![0];
    bytes.extend((item.len() as u32).to_be_bytes());
    bytes.extend(item);
    bytes
}

fn put_headers(text: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        writeln!(text, "{name}: {}", value.as_bytes().escape_ascii()).unwrap();
    }
}

/// One call, and what came back in words.
fn call(to: SocketAddr, path: &str, messages: &[&[u8]], trailers: Option<HeaderMap>) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let client = h2c::connect(tokio::net::TcpStream::connect(to).await.unwrap()).await;
        let mut request = h2c::post(path);
        let headers = request.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        let response = h2c::ask(&client, request, messages, trailers).await;
        let (head, (body, trailers)) = response.into_parts();
        let mut text = format!("HTTP/2.0 {}\n", head.status.as_u16());
        put_headers(&mut text, &head.headers);
        writeln!(text, "\n{}\n", body.escape_ascii()).unwrap();
        put_headers(&mut text, &trailers);
        text.into_bytes()
    })
}

fn trailers_of(cycle: &Cycle, side: Side) -> Vec<(String, String)> {
    let body = cycle
        .bodies
        .iter()
        .find(|body| body.side == side)
        .expect("a body");
    assert_eq!(body.end, BodyEnd::Complete);
    let text = |header: &onionskin::wire::Header| {
        (header.name.clone(), header.value.to_text().into_owned())
    };
    body.trailers.iter().map(text).collect()
}

#[test]
fn a_grpc_service_beside_pages() {
    let unary = |name: &'static str, item: &'static str, path: &'static str| {
        talk(name, &[200], move |to| {
            call(to, path, &[&message(item, 0)], None)
        })
    };
    let talks = [
        unary("one", "apple", "/shop.Stock/Count"),
        unary("not found", "unicorn", "/shop.Stock/Count"),
        unary("no such method", "apple", "/shop.Stock/Guess"),
        unary("no such service", "apple", "/shop.Staff/Count"),
        talk("a stream of answers", &[200], |to| {
            call(to, "/shop.Stock/Countdown", &[&message("egg", 3)], None)
        }),
        talk("one that fails on the way", &[200], |to| {
            call(to, "/shop.Stock/Countdown", &[&message("egg", 9)], None)
        }),
        talk("a stream of questions", &[200], |to| {
            let items = [message("a", 1), message("b", 2), message("c", 39)];
            let items: Vec<_> = items.iter().map(Vec::as_slice).collect();
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static("42"));
            call(to, "/shop.Stock/Add", &items, Some(trailers))
        }),
        talk("garbage", &[200], |to| {
            call(to, "/shop.Stock/Count", &[b"\x07garbage"], None)
        }),
        super::one("a page", &[200], "GET /", b""),
    ];
    let told = same("grpc", &talks);
    let status = |cycle: &Cycle| {
        let trailers = trailers_of(cycle, Side::Response);
        let status = trailers.iter().find(|(name, _)| name == "grpc-status");
        status.expect("a status").1.clone()
    };
    for one in [0, 4, 6] {
        assert_eq!(status(only(&told[one])), "0");
    }
    // Eight is "resource exhausted": known only at the end of the stream.
    assert_eq!(status(only(&told[5])), "8");
    let sum = ("x-sum".to_owned(), "42".to_owned());
    assert_eq!(trailers_of(only(&told[6]), Side::Request), [sum]);
    for cycles in &told {
        let cycle = only(cycles);
        assert_eq!(cycle.outcome, Outcome::Completed);
        let last = cycle.steps.last().unwrap().sent.as_ref().unwrap();
        // Bytes of HTTP/2 belong to the connection, not to a stream.
        assert_eq!(last.bytes_out.is_none(), cycle.target != "/");
    }
}
