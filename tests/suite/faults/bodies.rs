//! Bodies that are not sent, and such as never end.

use crate::served::{Served, read_until};
use onionskin::{
    testing::Recorded,
    wire::{self, BodyEnd, Left, MarkKind, Outcome, Side, Stage},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The same app on either.
macro_rules! bodiless {
    ($web:ident) => {{
        use $web::{Router, body::Body, http::StatusCode, routing::get};
        let view = || async { (StatusCode::NOT_MODIFIED, [("etag", "\"7\"")], "not for you") };
        let parts = ["not ", "for you"].map(Ok::<_, std::convert::Infallible>);
        let streamed = move || async move {
            let body = Body::from_stream(futures_util::stream::iter(parts));
            (StatusCode::NOT_MODIFIED, body)
        };
        Router::new()
            .route("/conn/whole", get(view))
            .route("/conn/streamed", get(streamed))
            .route(
                "/conn/empty",
                get(|| async { (StatusCode::NO_CONTENT, "not for you") }),
            )
            .route("/conn/next", get(|| async { "next" }))
    }};
}

/// Two requests on one connection: were a byte of the first body sent, the second answer would not be where it is.
fn two(path: &str) -> String {
    format!(
        "GET /conn/{path} HTTP/1.1\r\nhost: x\r\n\r\nGET /conn/next HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
}

async fn read(client: &mut tokio::net::TcpStream, request: &str) -> Vec<u8> {
    client.write_all(request.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.unwrap();
    all
}

fn response_body(cycle: &Recorded) -> &wire::Body {
    let mut bodies = cycle.bodies.iter();
    let body = bodies.find(|body| body.side == Side::Response);
    body.unwrap_or_else(|| panic!("no body\n{cycle}"))
}

#[tokio::test]
async fn the_body_of_a_304_or_204_is_dropped_and_the_answer_is_complete() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, bodiless!(axum)).await });
    let served = Served::start(bodiless!(onionskin)).await;
    for (path, status) in [("whole", 304), ("streamed", 304), ("empty", 204)] {
        let mut theirs = tokio::net::TcpStream::connect(at).await.unwrap();
        let theirs = read(&mut theirs, &two(path)).await;
        let ours = read(&mut served.connect().await, &two(path)).await;
        let without_date = crate::raw::without_date;
        assert_eq!(without_date(&ours), without_date(&theirs), "{path}");
        let cycles = served.cycles(2).await;
        let bodiless = &cycles[0];
        assert_eq!(bodiless.status, Some(status));
        let body = response_body(bodiless);
        // The server never asked for it, and all that there was to send was sent.
        assert_eq!((body.len, body.frames), (0, 0), "{bodiless}");
        assert_ne!(body.end, BodyEnd::Complete, "{bodiless}");
        assert_eq!(bodiless.steps.last().unwrap().left, Some(Left::Sent));
        assert_eq!(bodiless.outcome, Outcome::Completed, "{bodiless}");
        let sent = |cycle: &Recorded| cycle.steps.last()?.sent.as_ref()?.bytes_out;
        let out: u64 = cycles.iter().map(|cycle| sent(cycle).unwrap()).sum();
        assert_eq!(out, ours.len() as u64);
    }
}

#[tokio::test]
async fn so_it_is_on_the_serve_of_axum() {
    let served = Served::start_on_axum(bodiless!(onionskin)).await;
    for (path, status) in [("whole", 304), ("streamed", 304), ("empty", 204)] {
        read(&mut served.connect().await, &two(path)).await;
        let cycles = served.cycles(2).await;
        let bodiless = &cycles[0];
        assert_eq!(bodiless.status, Some(status));
        let body = response_body(bodiless);
        assert_eq!((body.len, body.frames), (0, 0), "{bodiless}");
        assert_eq!(bodiless.steps.last().unwrap().left, Some(Left::Sent));
        assert_eq!(bodiless.outcome, Outcome::Completed, "{bodiless}");
    }
}

#[tokio::test]
async fn a_body_to_head_is_dropped_and_the_answer_is_complete() {
    for status in [200, 404] {
        is_dropped_and_complete(status).await;
    }
}

async fn is_dropped_and_complete(status: u16) {
    use onionskin::{body::Body, extract::Request, response::Response};
    // No router, which would take the body off itself.
    let service = tower::service_fn(move |_: Request| async move {
        let parts = ["not ", "for you"].map(Ok::<_, std::convert::Infallible>);
        let body = Body::from_stream(futures_util::stream::iter(parts));
        let response = Response::builder().status(status).body(body);
        Ok::<_, std::convert::Infallible>(response.unwrap())
    });
    let served = Served::start_service(service).await;
    let two = two("whole").replacen("GET", "HEAD", 1);
    let answers = read(&mut served.connect().await, &two).await;
    assert_eq!(
        answers.escape_ascii().to_string().matches("not ").count(),
        1
    );
    let cycles = served.cycles(2).await;
    let [head, get] = &cycles[..] else {
        panic!("{cycles:?}");
    };
    assert_eq!((&*head.method, &*get.method), ("HEAD", "GET"));
    assert_eq!((response_body(head).len, response_body(get).len), (0, 11));
    for cycle in [head, get] {
        assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Sent));
        assert_eq!(cycle.outcome, Outcome::Completed, "{cycle}");
    }
    let sent = |cycle: &Recorded| cycle.steps.last()?.sent.as_ref()?.bytes_out;
    let out: u64 = cycles.iter().map(|cycle| sent(cycle).unwrap()).sum();
    assert_eq!(out, answers.len() as u64);
}

#[tokio::test]
async fn of_a_stream_of_events_without_end_a_bounded_part_is_kept() {
    use onionskin::{
        Router,
        response::{Sse, sse::Event},
        routing::get,
    };
    const READ: usize = 8 << 20;
    let line = "x".repeat(1 << 10);
    let view = move || async move {
        let event = move || Ok::<_, std::convert::Infallible>(Event::default().data(&line));
        Sse::new(futures_util::stream::repeat_with(event))
    };
    let served = Served::start(Router::new().route("/conn", get(view))).await;
    let mut client = served.connect().await;
    let request = b"GET /conn HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request).await.unwrap();
    read_until(&mut client, b"\r\n\r\n").await;
    client.read_exact(&mut vec![0; READ]).await.unwrap();
    drop(client);
    let cycle = served.cycle().await;
    assert_eq!(cycle.steps.last().unwrap().left, Some(Left::Cut));
    let cancelled = Outcome::Cancelled {
        stage: Stage::Send,
        site: None,
    };
    assert_eq!(cycle.outcome, cancelled);
    let body = response_body(&cycle);
    // All of it is counted: what the client read is that and the framing of chunks, less than a hundredth.
    assert!(body.len > READ as u64 / 100 * 99, "{}", body.len);
    let event = "data: \n\n".len() as u64 + (1 << 10);
    assert_eq!((body.len / event, body.len % event), (body.frames, 0));
    assert_eq!(body.events, Some(body.frames));
    // The beginning is kept, and the rest is said to be left out.
    assert_eq!(body.head.0.len(), 64 << 10);
    let of_frames = |mark: &&wire::Mark| matches!(mark.what, MarkKind::BodyFrame { .. });
    let kept = cycle.marks.iter().filter(of_frames).count() as u64;
    assert_eq!(kept, 256);
    assert_eq!(kept + cycle.omitted.marks, body.frames);
}
