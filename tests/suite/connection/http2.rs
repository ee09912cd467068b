//! HTTP/2: figures of the connection at the connection, those of a stream at the stream.

use super::{Served, sent};
use crate::{
    h2c::{self, ask, connect, get, post},
    served::read_until,
};
use h2::client::SendRequest;
use onionskin::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Version},
    middleware::{Next, from_fn},
    response::Response,
    routing,
    testing::Recorded,
    wire::{self, BodyEnd, Left, Outcome, Side, Stage},
};
use std::{convert::Infallible, future::pending};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Barrier, Notify};

/// The connection of a client that asks for itself.
async fn ready(served: &mut Served) -> SendRequest<Bytes> {
    let client = connect(served.take_client().await).await;
    client.ready().await.unwrap()
}

/// The answer to a small request, while others are under way.
async fn meanwhile(client: &SendRequest<Bytes>, path: &str, body: &[u8]) {
    let answer = ask(client, get(path), &[], None).await;
    assert_eq!(answer.into_body().0, body);
}

/// The cycle of this path.
fn of<'a>(cycles: &'a [Recorded], path: &str) -> &'a Recorded {
    cycles.iter().find(|c| c.target.ends_with(path)).unwrap()
}

/// What was seen of the response's body.
fn response_body(cycle: &Recorded) -> &wire::Body {
    let mut bodies = cycle.bodies.iter();
    bodies.find(|b| b.side == Side::Response).unwrap()
}

async fn echo(request: Request) -> Response {
    assert_eq!(request.version(), Version::HTTP_2);
    Response::new(request.into_body())
}

#[tokio::test]
async fn streams_of_one_connection_run_at_once_and_are_told_apart() {
    let meet: &'static Barrier = Box::leak(Box::new(Barrier::new(3)));
    let view = move || async move {
        // None goes on before all have come: on HTTP/1.1 this would be for ever.
        meet.wait().await;
        "met"
    };
    let app = Router::new()
        .route("/conn/first", routing::get(async || "met"))
        .route("/conn/{n}", routing::get(view));
    let mut served = Served::start(app).await;
    let client = connect(served.take_client().await).await;
    // Both ends have introduced themselves then: what comes now are requests.
    ask(&client, get("/conn/first"), &[], None).await;
    let asked = ["/conn/1", "/conn/2", "/conn/3"].map(|path| ask(&client, get(path), &[], None));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.into_body().0, b"met");
    }
    let cycles = served.cycles(4).await;
    let mut reuse = Vec::new();
    for cycle in &cycles {
        let request = cycle.replay().request(0).unwrap();
        assert_eq!(request.version.as_ref().unwrap().value, "HTTP/2");
        assert_eq!(cycle.outcome, Outcome::Completed);
        let connection = cycle.connection.as_ref().unwrap();
        assert_eq!(
            connection.number,
            cycles[0].connection.as_ref().unwrap().number
        );
        reuse.push(connection.reuse);
        // The streams share the bytes of the connection: none of them has them.
        assert_eq!(
            (connection.bytes_in, connection.first_byte_before_ns),
            (0, 0)
        );
        let sent = sent(cycle);
        assert_eq!(
            (sent.bytes_out, sent.first_byte_ns, sent.last_byte_ns),
            (None, None, None)
        );
        // What is the stream's own is known.
        assert!(sent.body_end_ns > 0);
        let body = response_body(cycle);
        assert_eq!((body.len, body.frames), (3, 1));
    }
    reuse.sort_unstable();
    assert_eq!(reuse, [1, 2, 3, 4]);
}

/// A layer that will not go on has a request.
static HELD: Notify = Notify::const_new();

async fn hold(request: Request, next: Next) -> Response {
    HELD.notify_one();
    pending::<()>().await;
    next.run(request).await
}

#[tokio::test]
async fn a_stream_that_the_client_resets_is_cancelled_where_it_was() {
    let endless = || async {
        let frame = || futures_util::stream::once(async { Ok::<_, Infallible>("on and on") });
        Body::from_stream(futures_util::StreamExt::chain(
            frame(),
            futures_util::stream::pending(),
        ))
    };
    let app = Router::new()
        .route("/conn/hang", routing::get(pending::<()>))
        .route(
            "/conn/held",
            routing::get(pending::<()>).layer(from_fn(hold)),
        )
        .route("/conn/endless", routing::get(endless))
        .route("/conn/well", routing::get(async || "well"));
    let mut served = Served::start(app).await;
    let mut client = ready(&mut served).await;

    let (hanging, mut stream) = client.send_request(get("/conn/hang"), true).unwrap();
    // The other streams go on: this one was answered after the hanging one had come.
    meanwhile(&client, "/conn/well", b"well").await;
    stream.send_reset(h2::Reason::CANCEL);
    assert!(hanging.await.is_err());

    let (held, mut stream) = client.send_request(get("/conn/held"), true).unwrap();
    HELD.notified().await;
    stream.send_reset(h2::Reason::CANCEL);
    assert!(held.await.is_err());

    let (response, mut stream) = client.send_request(get("/conn/endless"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "on and on");
    stream.send_reset(h2::Reason::CANCEL);

    let cycles = served.cycles(4).await;
    let of = |path: &str| of(&cycles, path);
    for (path, outcome) in [
        ("/conn/hang", "cancelled in view (pending)"),
        ("/conn/held", "cancelled in middleware (hold)"),
        ("/conn/endless", "cancelled in send"),
        ("/conn/well", "completed"),
    ] {
        let cycle = of(path);
        let site = cycle.outcome.site().map(|site| &*cycle.sites[site].name);
        assert_eq!(cycle.outcome.describe(site), outcome, "{cycle}");
    }
    let endless = of("/conn/endless");
    assert_eq!(endless.steps.last().unwrap().left, Some(Left::Cut));
}

#[tokio::test]
async fn trailers_pass_both_ways() {
    let mut served = Served::start(Router::new().route("/conn", routing::post(echo))).await;
    let client = connect(served.take_client().await).await;
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("42"));
    let answer = ask(
        &client,
        post("/conn"),
        &[b"one ", b"two"],
        Some(trailers.clone()),
    )
    .await;
    assert_eq!(answer.into_body(), (b"one two".to_vec(), trailers));
    let cycle = served.cycles(1).await.remove(0);
    let body = &cycle.bodies[0];
    assert_eq!(
        (body.len, body.frames, &body.end),
        (7, 2, &BodyEnd::Complete)
    );
    assert_eq!(body.trailers[0].name, "x-sum");
    assert_eq!(cycle.outcome, Outcome::Completed);
}

#[tokio::test]
async fn a_large_body_waits_for_the_window_of_its_reader() {
    const LEN: usize = 3 << 20;
    let large = || async { Bytes::from(vec![7; LEN]) };
    let app = Router::new()
        .route("/conn/large", routing::get(large))
        .route("/conn/small", routing::get(async || "small"));
    let mut served = Served::start(app).await;
    let mut client = ready(&mut served).await;
    let (response, _) = client.send_request(get("/conn/large"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    // Taken, and no room made for more: the stream stands still, and others do not.
    let first = body.data().await.unwrap().unwrap();
    assert!(first.len() < LEN / 8);
    body.flow_control().release_capacity(first.len()).unwrap();
    meanwhile(&client, "/conn/small", b"small").await;
    let (rest, _) = h2c::rest(&mut body).await.unwrap();
    assert_eq!(first.len() + rest.len(), LEN);
    let cycles = served.cycles(2).await;
    let large = of(&cycles, "/conn/large");
    let body = response_body(large);
    assert_eq!((body.len, &body.end), (LEN as u64, &BodyEnd::Complete));
    assert_eq!(large.outcome, Outcome::Completed);
}

#[tokio::test]
async fn a_request_that_the_client_gives_up_half_way() {
    let app = Router::new()
        .route("/conn/read", routing::post(async |body: Bytes| body))
        .route("/conn/last", routing::get(async || "last"));
    let mut served = Served::start(app).await;
    let mut client = ready(&mut served).await;
    let (answer, mut stream) = client.send_request(post("/conn/read"), false).unwrap();
    stream
        .send_data(Bytes::from_static(b"half"), false)
        .unwrap();
    meanwhile(&client, "/conn/last", b"last").await;
    stream.send_reset(h2::Reason::CANCEL);
    assert!(answer.await.is_err());
    let cycles = served.cycles(2).await;
    let read = of(&cycles, "/conn/read");
    let stage = match &read.outcome {
        Outcome::Cancelled { stage, .. } => *stage,
        other => panic!("{other:?}\n{read}"),
    };
    assert!(matches!(stage, Stage::View | Stage::Send), "{read}");
    let body = read.bodies.iter().find(|b| b.side == Side::Request);
    assert_eq!(body.unwrap().len, 4, "{read}");
    assert_ne!(body.unwrap().end, BodyEnd::Complete);
    assert_eq!(of(&cycles, "/conn/last").outcome, Outcome::Completed);
}

/// What a client sends that keeps a connection for later and then does not need it.
#[tokio::test]
async fn a_connection_without_a_request_is_no_cycle() {
    let app = Router::new().route("/conn", routing::get(async || "here"));
    let mut served = Served::start(app).await;
    let mut client = served.take_client().await;
    let settings = |flags| [0, 0, 0, 4, flags, 0, 0, 0, 0];
    let begin = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings(0)].concat();
    client.write_all(&begin).await.unwrap();
    // The server's settings, and that it has heard of the client's.
    read_until(&mut client, &settings(1)).await;
    client.write_all(&settings(1)).await.unwrap();
    client.shutdown().await.unwrap();
    // The server closes when it has noted all there is to note.
    client.read_to_end(&mut Vec::new()).await.unwrap();
    let other = connect(served.take_client().await).await;
    ask(&other, get("/conn"), &[], None).await;
    let cycle = served.cycle().await;
    assert_eq!(cycle.method, "GET");
}
