use crate::{
    app::{App, LONG, config, until_some},
    fixture::{RUN, cycle},
    raw,
};
use futures_util::StreamExt;
use onionskin::{
    link::protocol::Message,
    otel::to_proto,
    spans::{self, Attribute, Batch, Event, Options, Span, SpanId, Status, TraceId},
    wire::{Cycle, Header, HeaderEdit},
};
use onionskin_web::{
    Client, Config, Error, Inspector, Otlp,
    model::{CycleSpans, LiveEvent, Relation, SpanCounters, StartRecording},
    recording::OpenedFile,
    start,
};
use prost::Message as _;
use std::io::Write as _;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// An inspector that receives spans on a free port.
async fn receiving(memory: u64) -> (Inspector, Client, TempDir) {
    received(Otlp {
        memory,
        ..Otlp::default()
    })
    .await
}

async fn received(otlp: Otlp) -> (Inspector, Client, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let otlp = Otlp {
        addresses: vec!["127.0.0.1:0".parse().unwrap()],
        ..otlp
    };
    let config = Config {
        otlp: Some(otlp),
        ..config(&dir)
    };
    let inspector = start(config).await.unwrap();
    let client = Client::new(inspector.url()).unwrap();
    (inspector, client, dir)
}

/// A cycle whose request came with a `traceparent`.
fn joined() -> Cycle {
    let mut cycle = cycle(RUN, 1);
    let header = Header {
        name: "traceparent".into(),
        value: format!("00-{TRACE}-00f067aa0ba902b7-01").as_bytes().into(),
        redacted: false,
    };
    let first = cycle.steps[0].delta.as_mut().unwrap();
    first.headers.push(HeaderEdit::Add { at: 0, header });
    cycle
}

fn span(trace: &str, id: u8, name: &str) -> Span {
    Span {
        trace: trace.parse().unwrap(),
        id: SpanId([id; 8]),
        name: name.into(),
        start: joined().started_unix_us * 1000 + 2_000,
        end: joined().started_unix_us * 1000 + 9_000,
        ..Span::default()
    }
}

fn batch(service: &str, spans: Vec<Span>) -> Vec<Batch> {
    vec![Batch {
        resource: vec![Attribute::new("service.name", service)],
        spans,
    }]
}

fn protobuf(batches: Vec<Batch>) -> Vec<u8> {
    to_proto(batches).encode_to_vec()
}

/// Posts a body with these headers and takes the answer: its status and its body.
async fn post(inspector: &Inspector, lines: &[&str], body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(inspector.otlp()[0]).await.unwrap();
    let len = format!("content-length: {}", body.len());
    let mut head = String::from("POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n");
    for line in lines.iter().copied().chain([&*len, "connection: close"]) {
        head += &format!("{line}\r\n");
    }
    stream
        .write_all(format!("{head}\r\n").as_bytes())
        .await
        .unwrap();
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    let send = async {
        let _ = write.write_all(body).await;
    };
    let take = async {
        let _ = read.read_to_end(&mut answer).await;
    };
    timeout(LONG * 3, async { tokio::join!(send, take) })
        .await
        .unwrap();
    let end = answer
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&answer)));
    let status = std::str::from_utf8(&answer[9..12])
        .unwrap()
        .parse()
        .unwrap();
    (status, answer[end + 4..].to_vec())
}

const PROTOBUF: &str = "content-type: application/x-protobuf";
const JSON: &str = "content-type: application/json";

async fn counters(client: &Client) -> SpanCounters {
    let figures = client.status().await.unwrap().otlp.unwrap().spans;
    let refused: u64 = figures.refused.values().sum();
    let told = figures.kept + figures.evicted + figures.repeated + refused;
    assert_eq!(figures.received, told, "{figures:?}");
    assert!(figures.memory.bytes <= figures.memory.cap);
    figures
}

async fn spans_of(client: &Client, cycle: &Cycle, count: usize) -> CycleSpans {
    until_some(async || {
        let spans = client.spans(&cycle.id).await.ok()?;
        (spans.spans.len() == count).then_some(spans)
    })
    .await
}

#[tokio::test]
async fn spans_of_other_services_stand_beside_the_cycle_of_their_trace() {
    let (inspector, client, _dir) = receiving(1 << 20).await;
    let cycle = joined();
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    let message = Message::Cycle {
        cycle: Box::new(cycle.clone()),
    };
    app.say(&message).await;

    // Before anything came.
    let none = spans_of(&client, &cycle, 0).await;
    assert!(none.receiving && none.joined && none.trace == TRACE);

    // What the app itself exports is not shown twice; what hangs beneath it is.
    let own = spans::encode(&cycle, &Options::default());
    let view = own
        .iter()
        .find(|span| span.name.starts_with("view"))
        .unwrap()
        .clone();
    let mut call = span(TRACE, 1, "POST /charge");
    call.parent = Some(view.id);
    call.status = Status::Error {
        message: "no money".into(),
    };
    let count = own.len() as u64;
    let sent = [batch("shop", own), batch("bank", vec![call])].concat();
    assert_eq!(
        post(&inspector, &[PROTOBUF], &protobuf(sent)).await,
        (200, vec![])
    );
    let beside = spans_of(&client, &cycle, 1).await;
    let line = &beside.spans[0];
    assert_eq!(line.service.as_deref(), Some("bank"));
    assert_eq!(
        (line.relation, &line.under),
        (Relation::Beneath, &Some(view.name))
    );
    assert_eq!((line.from_ns, line.duration_ns), (Some(2_000), Some(7_000)));
    assert_eq!(line.message.as_deref(), Some("no money"));
    assert_eq!(beside.own, count);

    // Later, in JSON, packed, and from the caller.
    let mut caller = span(TRACE, 2, "GET");
    caller.id = "00f067aa0ba902b7".parse().unwrap();
    let json = spans::to_json(&batch("front", vec![caller])).to_string();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(json.as_bytes()).unwrap();
    let lines = [JSON, "content-encoding: gzip"];
    let answer = post(&inspector, &lines, &packed.finish().unwrap()).await;
    assert_eq!(answer, (200, b"{}".to_vec()));
    let beside = spans_of(&client, &cycle, 2).await;
    assert_eq!(beside.spans[0].relation, Relation::Above);
    assert_eq!(counters(&client).await.kept, count + 2);
}

#[tokio::test]
async fn who_follows_live_is_told_that_spans_came() {
    let (inspector, client, _dir) = receiving(1 << 20).await;
    let mut live = client.live(None).await.unwrap();
    let spans = batch("bank", vec![span(TRACE, 1, "charge")]);
    post(&inspector, &[PROTOBUF], &protobuf(spans)).await;
    let told = async {
        while let Some(event) = live.next().await {
            if let LiveEvent::Spans(figures) = event.unwrap().event
                && figures.kept == 1
            {
                return;
            }
        }
        panic!("the line broke");
    };
    timeout(LONG, told).await.unwrap();
}

#[tokio::test]
async fn what_is_none_is_refused_and_said_and_the_rest_is_taken() {
    let (inspector, client, _dir) = receiving(1 << 20).await;
    let mut bad = span(TRACE, 2, "no id");
    bad.id = SpanId([0; 8]);
    let mut wide = span(TRACE, 3, "wide");
    wide.attributes = (0..100_000)
        .map(|n| Attribute::new(n.to_string(), "v"))
        .collect();
    let mut long = span(TRACE, 4, "long");
    long.attributes = vec![Attribute::new("long", "x".repeat(3 << 20))];
    let sent = batch("bank", vec![span(TRACE, 1, "good"), bad, wide, long]);
    for (kind, body) in [
        (PROTOBUF, protobuf(sent.clone())),
        (JSON, spans::to_json(&sent).to_string().into_bytes()),
    ] {
        let (status, answer) = post(&inspector, &[kind], &body).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(status, 200);
        assert!(
            answer.contains("1 refused: ids or times that are none"),
            "{answer}"
        );
        assert!(answer.contains("refused: longer than 2 MiB"), "{answer}");
    }
    let figures = counters(&client).await;
    assert_eq!((figures.received, figures.kept), (8, 2 + 1), "{figures:?}");
}

#[tokio::test]
async fn foreign_bytes_are_refused_and_the_next_request_is_taken() {
    let (inspector, client, _dir) = receiving(1 << 20).await;
    let whole = protobuf(batch("bank", vec![span(TRACE, 1, "charge")]));
    let gzip = "content-encoding: gzip";
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..200 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let zeros = vec![0; 100 << 20];
    let requests: [(u16, &[&str], &[u8]); 12] = [
        (400, &[PROTOBUF], b"\xff\xff\xff\xff nonsense"),
        (400, &[PROTOBUF], &whole[..whole.len() - 3]),
        (400, &[JSON], &whole),
        (400, &[JSON], b"[1,2"),
        (400, &[PROTOBUF, gzip], &whole),
        (413, &[PROTOBUF, gzip], &bomb),
        (413, &[PROTOBUF], &zeros),
        (415, &["content-type: text/plain"], &whole),
        (415, &[], &whole),
        (415, &[PROTOBUF, "content-encoding: br"], &whole),
        (403, &[PROTOBUF, "origin: http://localhost"], &whole),
        (403, &[PROTOBUF, "host: evil.example"], &whole),
    ];
    let count = requests.len() as u64;
    for (wanted, lines, body) in requests {
        let (status, _) = post(&inspector, lines, body).await;
        assert_eq!(status, wanted, "{lines:?}");
    }
    let figures = counters(&client).await;
    assert_eq!((figures.received, figures.refused_requests), (0, count));
    assert_eq!(post(&inspector, &[PROTOBUF], &whole).await.0, 200);
    assert_eq!(counters(&client).await.kept, 1);
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_the_oldest_trace_goes_first() {
    let (inspector, client, _dir) = receiving(200 << 10).await;
    for trace in 1..=50u8 {
        let trace = TraceId([trace; 16]).to_string();
        let mut spans = vec![span(&trace, 1, &"n".repeat(900)), span(&trace, 2, "short")];
        spans[0].attributes = vec![Attribute::new("long", "x".repeat(4_000))];
        post(&inspector, &[PROTOBUF], &protobuf(batch("bank", spans))).await;
    }
    let figures = counters(&client).await;
    assert_eq!(figures.received, 100);
    assert!(figures.evicted > 0 && figures.kept > 20, "{figures:?}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_says_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let otlp = Otlp {
        addresses: vec![taken.local_addr().unwrap()],
        ..Otlp::default()
    };
    let config = Config {
        otlp: Some(otlp),
        ..config(&dir)
    };
    let socket = config.socket.clone();
    let error = start(config).await.unwrap_err();
    assert!(matches!(error, Error::Otlp { .. }));
    assert!(error.to_string().contains("--otlp=14317,14318"), "{error}");
    assert!(!socket.exists());
}

#[tokio::test]
async fn nothing_is_received_unless_it_is_asked_for() {
    let (inspector, client, _dir) = crate::app::inspector(onionskin_web::Limits::default()).await;
    assert!(inspector.otlp().is_empty());
    assert_eq!(client.status().await.unwrap().otlp, None);
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, [1]).await;
    let id = format!("{RUN}-1");
    let spans = until_some(async || client.spans(&id).await.ok()).await;
    assert_eq!(spans, CycleSpans::default());
    let json = "content-type: application/json";
    assert_eq!(
        raw::status(&inspector, "POST /v1/traces", &["host: x", json]).await,
        403
    );
}

#[tokio::test]
async fn it_ends_with_the_inspector_even_while_a_sender_is_connected() {
    let (inspector, _client, _dir) = receiving(1 << 20).await;
    let address = inspector.otlp()[0];
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"POST /v1/traces HTTP/1.1\r\n")
        .await
        .unwrap();
    timeout(LONG, inspector.shutdown()).await.unwrap();
    let mut rest = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

/// 16 MB of spans that are mostly small parts, each of which is taken apart and looked at.
fn laborious() -> Vec<u8> {
    let attribute = || Attribute::new("k", "v");
    let event = || Event {
        attributes: (0..64).map(|_| attribute()).collect(),
        ..Event::default()
    };
    let span = |n: u32| Span {
        events: (0..64).map(|_| event()).collect(),
        ..span(TRACE, n as u8 | 1, "n")
    };
    let mut body = Vec::new();
    for n in 0.. {
        let more = protobuf(batch("bank", vec![span(n)]));
        if body.len() + more.len() > 16 << 20 {
            return body;
        }
        body.extend(more);
    }
    unreachable!()
}

#[tokio::test]
async fn requests_that_take_long_to_read_hold_up_no_other() {
    let (inspector, client, _dir) = receiving(32 << 20).await;
    let body = laborious();
    let mut under_way = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(inspector.otlp()[0]).await.unwrap();
        let length = body.len();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n{PROTOBUF}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        under_way.push(stream);
    }
    let one = protobuf(batch("bank", vec![span(TRACE, 2, "charge")]));
    assert_eq!(post(&inspector, &[PROTOBUF], &one).await.0, 200);
    let received = counters(&client).await.received;
    assert_eq!(received, 1, "those that take long are not done");
    for mut stream in under_way {
        let mut status = [0; 12];
        let read = timeout(LONG * 3, stream.read_exact(&mut status)).await;
        read.unwrap().unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
    let refused = counters(&client).await.refused;
    let too_many = refused.iter().find(|(why, _)| why.contains("32 MiB"));
    assert!(too_many.is_some(), "their memory has a bound: {refused:?}");
}

/// Sends a whole request and takes its answer, on a connection that stays.
async fn exchange(stream: &mut TcpStream) {
    let body = protobuf(batch("bank", vec![span(TRACE, 1, "charge")]));
    let length = body.len();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n{PROTOBUF}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let byte = timeout(LONG, stream.read_u8()).await.unwrap();
        answer.push(byte.expect("an answer"));
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
}

#[tokio::test]
async fn who_says_nothing_for_too_long_is_cut() {
    let silence = Duration::from_millis(300);
    let (inspector, _client, _dir) = received(Otlp {
        silence,
        ..Otlp::default()
    })
    .await;
    let address = inspector.otlp()[0];
    // Said nothing, half a head, half a body, a whole request, and HTTP/2's first words.
    let half: [&[u8]; 4] = [
        b"",
        b"POST /v1/traces HTTP/1.1\r\nhost: loc",
        b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ];
    let mut streams = Vec::new();
    for said in half {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said).await.unwrap();
        streams.push((stream, Instant::now()));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    exchange(&mut stream).await;
    streams.push((stream, Instant::now()));
    for (mut stream, since) in streams {
        let mut rest = Vec::new();
        // Closed, or reset where something was not read.
        let _ = timeout(LONG, stream.read_to_end(&mut rest))
            .await
            .expect("it is cut");
        assert!(since.elapsed() > silence / 2, "it was waited for");
    }
    // Nobody else is.
    exchange(&mut TcpStream::connect(address).await.unwrap()).await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_has_a_place_when_another_ends() {
    let (inspector, _client, _dir) = received(Otlp {
        connections: 3,
        ..Otlp::default()
    })
    .await;
    let address = inspector.otlp()[0];
    let mut all = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        exchange(&mut stream).await;
        all.push(stream);
    }
    let mut answer = Vec::new();
    let mut one_more = TcpStream::connect(address).await.unwrap();
    timeout(LONG, one_more.read_to_end(&mut answer))
        .await
        .expect("it is closed")
        .unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 503"), "{answer:?}");
    // Those that are there are served on.
    exchange(&mut all[0]).await;
    drop(all.pop());
    let body = protobuf(batch("bank", vec![span(TRACE, 1, "charge")]));
    until_some(async || {
        let (status, _) = post(&inspector, &[PROTOBUF], &body).await;
        assert!([200, 503].contains(&status), "{status}");
        (status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_is_opened_shows_them_as_they_were_live() {
    let (inspector, client, dir) = receiving(1 << 20).await;
    let file = dir.path().join("r.onionskin");
    let wanted = StartRecording {
        file: Some(file.to_str().unwrap().into()),
        ..StartRecording::default()
    };
    client.start_recording(&wanted).await.unwrap();
    let cycle = joined();
    let before = batch("bank", vec![span(TRACE, 1, "charge")]);
    post(&inspector, &[PROTOBUF], &protobuf(before)).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    let message = Message::Cycle {
        cycle: Box::new(cycle.clone()),
    };
    app.say(&message).await;
    spans_of(&client, &cycle, 1).await;
    let recorded = async || (client.status().await.unwrap().recording?.cycles == 1).then_some(());
    until_some(recorded).await;
    let late = batch("post", vec![span(TRACE, 2, "parcel")]);
    post(&inspector, &[PROTOBUF], &protobuf(late)).await;
    let live = spans_of(&client, &cycle, 2).await;
    client.stop_recording().await.unwrap();
    inspector.shutdown().await;

    let opened = OpenedFile::open(&file).unwrap();
    let inspector = onionskin_web::open(config(&dir), opened).await.unwrap();
    let client = Client::new(inspector.url()).unwrap();
    let again = client.spans(&cycle.id).await.unwrap();
    assert!(live.receiving && !again.receiving);
    let receiving = true;
    assert_eq!(CycleSpans { receiving, ..again }, live);
}
