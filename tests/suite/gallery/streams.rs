//! WebSocket, events, bodies to disk.

use super::{
    Client, GALLERY_AXUM, GALLERY_ONIONSKIN, directory, one, only, raw, same, start, statuses,
    talk, way,
};
use crate::{
    raw::{request, without_date},
    watch::Watch,
};
use onionskin::wire::{BodyEnd, FrameKind, Left, Outcome, Sent, Side, Stage};
use std::{net::SocketAddr, time::Duration};

fn join(name: &str, more: &str) -> Vec<u8> {
    let head = format!(
        "GET /join/{name} HTTP/1.1\nhost: x\nconnection: upgrade\nupgrade: websocket\n\
         sec-websocket-version: 13\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n{more}\n"
    );
    head.replace('\n', "\r\n").into_bytes()
}

/// A short frame of a client, masked with zeros.
fn frame(code: u8, bytes: &[u8]) -> Vec<u8> {
    let len = u8::try_from(bytes.len()).ok().filter(|len| *len < 126);
    let mut frame = vec![0x80 | code, 0x80 | len.expect("short"), 0, 0, 0, 0];
    frame.extend_from_slice(bytes);
    frame
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;

fn joined(to: SocketAddr, name: &str) -> Client {
    let mut client = Client::new(to);
    client.send(&join(name, ""));
    client.until(format!("{name} is here").as_bytes());
    client
}

fn left(mut client: Client) -> Vec<u8> {
    client.send(&frame(CLOSE, b"\x03\xe8bye"));
    client.rest()
}

fn chat_of_two(to: SocketAddr) -> Vec<u8> {
    let mut ann = joined(to, "ann");
    let mut bob = joined(to, "bob");
    ann.until(b"bob is here");
    ann.send(&frame(TEXT, "grüße".as_bytes()));
    for one in [&mut ann, &mut bob] {
        one.until("ann: grüße".as_bytes());
    }
    bob.send(&frame(TEXT, b"hey"));
    for one in [&mut ann, &mut bob] {
        one.until(b"bob: hey");
    }
    bob.send(&frame(BINARY, b"\0\x01\x02"));
    bob.until(b"\0\x01\x02");
    bob.send(&frame(PING, b"here?"));
    bob.until(b"here?");
    let bob = left(bob);
    ann.until(b"bob went");
    [left(ann), bob].concat()
}

/// A name that is taken while its owner is in the room.
fn name_taken(to: SocketAddr) -> Vec<u8> {
    let owner = joined(to, "eve");
    let mut other = Client::new(to);
    // The server shall close after it refused.
    other.send(&join("eve", "connection: close\n"));
    let other = other.rest();
    [left(owner), other].concat()
}

#[test]
fn chat_over_websocket() {
    let talks = [
        talk("of two", &[101, 101], chat_of_two),
        talk("the name is taken", &[101, 409], name_taken),
        talk("a protocol that both know", &[101], |to| {
            let mut client = Client::new(to);
            client.send(&join("pat", "sec-websocket-protocol: chat.v0, chat.v1\n"));
            client.until(b"pat is here");
            left(client)
        }),
        talk("a message that is too big", &[101], |to| {
            let mut client = joined(to, "max");
            client.send(&frame(TEXT, &[b'x'; 100]));
            client.rest()
        }),
        talk("gone without a word", &[101, 101], |to| {
            let mut stays = joined(to, "sue");
            let goes = joined(to, "tom").got;
            stays.until(b"tom went");
            [left(stays), goes].concat()
        }),
        one("no upgrade", &[400], "GET /join/ann", b""),
        one("the page", &[200], "GET /", b""),
    ];
    let told = same("chat", &talks);
    for cycle in told[0].iter().chain([&told[1][0], &told[2][0]]) {
        let upgraded = Outcome::Upgraded {
            protocol: "websocket".into(),
        };
        assert_eq!(cycle.outcome, upgraded);
        let expected = [
            "> serve",
            "> resolve",
            "< resolve",
            "> join",
            "< join",
            "< router",
        ];
        assert_eq!(way(cycle)[..6], expected);
    }
    // Bob: said one text and one binary, pinged, closed; heard himself come, both texts, the echo.
    let bob = &told[0][1];
    let sent: &Sent = bob.steps.last().unwrap().sent.as_ref().unwrap();
    let traffic = sent.upgraded.clone().unwrap();
    let of = |side: Side, kind: FrameKind| {
        let mut all = traffic.frames.iter();
        let found = all.find(|count| count.side == side && count.kind == kind);
        found.map(|count| (count.frames, count.bytes))
    };
    assert_eq!(of(Side::Request, FrameKind::Text), Some((1, 3)));
    assert_eq!(of(Side::Request, FrameKind::Binary), Some((1, 3)));
    assert_eq!(of(Side::Request, FrameKind::Ping), Some((1, 5)));
    assert_eq!(of(Side::Request, FrameKind::Close), Some((1, 5)));
    let heard = ["bob is here", "ann: grüße", "bob: hey"];
    let bytes = heard.iter().map(|text| text.len() as u64).sum();
    assert_eq!(of(Side::Response, FrameKind::Text), Some((3, bytes)));
    assert_eq!(of(Side::Response, FrameKind::Binary), Some((1, 3)));
    assert_eq!(of(Side::Response, FrameKind::Pong), Some((1, 5)));
    let refused = only(&told[5]);
    // Which extractor refused it is known by axum's own event, and this app has no subscriber.
    assert_eq!(refused.status, Some(400));
    assert_eq!(way(refused)[3..5], ["> join", "< join"]);
    assert_eq!(told[1][1].outcome, Outcome::Completed);
}

/// One listens, another says three things, the last ends it.
fn feed(to: SocketAddr) -> Vec<u8> {
    let mut listener = Client::new(to);
    listener.send(&request("GET /feed HTTP/1.1", b""));
    listener.until(b": listening\n\n\r\n");
    let mut said = Vec::new();
    for text in ["one\ntwo", "dr\u{ef}", "bye"] {
        let mut client = Client::new(to);
        client.send(&request("POST /say HTTP/1.1", text.as_bytes()));
        said.extend(client.rest());
    }
    [listener.rest(), said].concat()
}

#[test]
fn events() {
    let talks = [
        one("all", &[200], "GET /count", b""),
        one(
            "those after the third",
            &[200],
            "GET /count\nlast-event-id: 3",
            b"",
        ),
        one("only the head", &[200], "HEAD /count", b""),
        talk("kept alive, until the client goes", &[200], |to| {
            let mut client = Client::new(to);
            client.send(&request("GET /silence HTTP/1.1", b""));
            client.until(b": still here\n\n\r\n");
            client.until(b": still here\n\n\r\n");
            client.got
        }),
        talk("a feed", &[200, 202, 202, 202], feed),
        one("nobody listens", &[202], "POST /say", b"hello?"),
    ];
    let told = same("events", &talks);
    let events = |told: &[onionskin::wire::Cycle]| {
        let body = told[0].bodies.iter().find(|b| b.side == Side::Response);
        body.and_then(|body| body.events)
    };
    assert_eq!(events(&told[0]), Some(5));
    assert_eq!(events(&told[1]), Some(2));
    assert_eq!(only(&told[0]).outcome, Outcome::Completed);
    let cut = Outcome::Cancelled {
        stage: Stage::Send,
        site: None,
    };
    let silence = only(&told[3]);
    assert_eq!(silence.outcome, cut);
    assert_eq!(silence.steps.last().unwrap().left, Some(Left::Cut));
    assert_eq!(events(&told[4]), Some(2));
}

fn chunked(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"POST /file/chunks HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for part in parts.iter().chain([&&b""[..]]) {
        bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

#[test]
fn bodies_to_disk() {
    let big: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let talks = [
        one("many bytes", &[201], "POST /file/big", &big),
        one("and back", &[200], "GET /file/big", b""),
        raw("in chunks", &[201], chunked(&[b"one", b"three", b"five!"])),
        one("and back again", &[200], "GET /file/chunks", b""),
        one(
            "only with its leave",
            &[100, 201],
            "POST /file/asked\nexpect: 100-continue",
            b"may I",
        ),
        one("a bad name", &[400], "POST /file/a.b", b"x"),
        one("none there", &[404], "GET /file/nothing", b""),
    ];
    let told = same("disk", &talks);
    let saved = only(&told[0]);
    assert_eq!(saved.outcome, Outcome::Completed);
    let body = saved.bodies.iter().find(|b| b.side == Side::Request);
    let body = body.unwrap();
    assert_eq!(
        (body.len, &body.end),
        (big.len() as u64, &BodyEnd::Complete)
    );
    let loaded = only(&told[1]);
    let loaded = loaded.bodies.iter().find(|b| b.side == Side::Response);
    let loaded = loaded.unwrap();
    assert_eq!((loaded.len, loaded.frames), (big.len() as u64, 150));
    assert_eq!(loaded.hash, body.hash, "what came is what went");
    assert_eq!(only(&told[5]).outcome, Outcome::Completed);
}

#[test]
fn an_upload_under_way_is_finished_before_the_end() {
    let upload = |program: &str, watch: Option<&Watch>| {
        let files = directory();
        let socket = watch.map(Watch::socket);
        let app = start(program, "disk", files.path(), socket.as_deref(), true);
        // What ends with the process may be gone before it is told; that they are connected is sure.
        watch.inspect(|watch| watch.wait_for_app());
        let at = app.at;
        let mut client = Client::new(at);
        client.send(b"POST /file/slow HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\nhalf");
        let saved = files.path().join("saved/slow");
        let begun = std::time::Instant::now();
        while !saved.exists() {
            assert!(begun.elapsed() < crate::raw::LONG, "it does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        let client = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            let refused = std::net::TcpStream::connect(at).is_err();
            client.send(b"full");
            (refused, without_date(&client.rest()))
        });
        app.shut_down();
        let heard = client.join().unwrap();
        assert_eq!(std::fs::read(saved).unwrap(), b"halffull");
        heard
    };
    let axum = upload(GALLERY_AXUM, None);
    assert!(axum.0, "who comes too late is refused");
    assert_eq!(statuses(&axum.1), [201]);
    assert_eq!(upload(GALLERY_ONIONSKIN, None), axum);
    let watch = Watch::new();
    assert_eq!(upload(GALLERY_ONIONSKIN, Some(&watch)), axum);
}
