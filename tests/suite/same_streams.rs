//! HTTP/2: what a client sees, and how far the app goes for it, is what it is on axum. Everything happens on one thread and
//! over pipes, so it is the same in every run.
//!
//! These tests run with nobody who looks; `states` runs them again with an inspector, and switched off.

mod states;

use crate::{
    h2c::{self, get, post},
    raw::LONG,
};
use bytes::Bytes;
use h2::{Reason, client::SendRequest};
use http_body_util::BodyExt as _;
use onionskin::http::{HeaderMap, HeaderValue};
use onionskin_tests::pipe::Pipe;
use std::{
    cell::RefCell,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{DuplexStream, duplex},
    sync::Notify,
};

thread_local! {
    /// What happened, in order: what the app says of itself, and what its client saw.
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn log(what: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(what.into()));
}

/// Says when it is dropped, and how far it was.
struct Watched(&'static str, usize);

impl Drop for Watched {
    fn drop(&mut self) {
        log(format!("{} is dropped at {}", self.0, self.1));
    }
}

const FRAME: usize = 10_000;

/// A body of so many frames, with trailers behind them.
struct Long(Watched, usize);

impl http_body::Body for Long {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let given = self.0.1;
        self.0.1 += 1;
        Poll::Ready(if given < self.1 {
            let bytes = Bytes::from(vec![given as u8; FRAME]);
            Some(Ok(http_body::Frame::data(bytes)))
        } else if given == self.1 {
            Some(Ok(http_body::Frame::trailers(trailers())))
        } else {
            None
        })
    }
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.append("x-sum", HeaderValue::from_static("1"));
    trailers.append("x-sum", HeaderValue::from_bytes(b"\xe9").unwrap());
    trailers
}

macro_rules! app {
    ($name:ident $web:ident) => {
        mod $name {
            use super::*;
            use ::$web::{
                Router,
                body::Body,
                extract::{Path, Request},
                middleware::{Next, from_fn},
                response::Response,
                routing::{get, post},
            };

            async fn hang() {
                log("the view begins");
                let _watched = Watched("the view", 0);
                std::future::pending().await
            }

            async fn long(Path(frames): Path<usize>) -> Body {
                Body::new(Long(Watched("the body", 0), frames))
            }

            /// Reads what comes and says what it was, the error too.
            async fn up(request: Request) -> String {
                let (mut body, mut bytes) = (request.into_body(), Watched("what is read", 0));
                while let Some(frame) = body.frame().await {
                    match frame {
                        Ok(frame) => match frame.into_data() {
                            Ok(data) => bytes.1 += data.len(),
                            Err(frame) => log(format!("the app: {frame:?}")),
                        },
                        // It would be told the same for ever.
                        Err(error) => {
                            log(format!("the app: {}", told(&error)));
                            break;
                        }
                    }
                }
                bytes.1.to_string()
            }

            /// Leaves the body where it is.
            async fn deaf(request: Request) {
                let _held = request;
                std::future::pending().await
            }

            async fn pass(request: Request, next: Next) -> Response {
                if request.uri().path() == "/hold" {
                    log("the layer begins");
                    let _watched = Watched("the layer", 0);
                    return std::future::pending().await;
                }
                next.run(request).await
            }

            fn app() -> Router {
                Router::new()
                    .route("/ok", get(async || "ok"))
                    .route("/hang", get(hang))
                    .route("/hold", get(hang))
                    .route("/long/{frames}", get(long))
                    .route("/up", post(up))
                    .route("/deaf", post(deaf))
                    .layer(from_fn(pass))
            }

            pub(super) fn serve(pipe: DuplexStream, end: Arc<Notify>) {
                let serve = ::$web::serve(Pipe::new(pipe), app())
                    .with_graceful_shutdown(async move { end.notified().await });
                tokio::spawn(async move {
                    serve.await.expect("served");
                    log("the server ends");
                });
            }
        }
    };
}

app! { plain axum }
app! { ours onionskin }

/// An error with its sources.
fn told(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |told, source| {
        format!("{told}: {source}")
    })
}

/// Lets everything go as far as it can.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// A client, and what tells the server to end.
struct Talk {
    client: SendRequest<Bytes>,
    end: Arc<Notify>,
}

impl Talk {
    async fn ready(&self) -> SendRequest<Bytes> {
        self.client.clone().ready().await.unwrap()
    }

    async fn ask(&self, path: &str) -> String {
        let answer = h2c::ask(&self.client, get(path), &[], None).await;
        let (status, (body, trailers)) = (answer.status(), answer.into_body());
        format!("{path}: {status}, {} bytes, {trailers:?}", body.len())
    }
}

/// The log of what a client does with the app on one of the two, with windows of this size.
fn told_by<F: Future<Output = ()>>(
    serve: fn(DuplexStream, Arc<Notify>),
    window: u32,
    client: impl Fn(Talk) -> F,
) -> Vec<String> {
    LOG.take();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (near, far) = duplex(1 << 20);
        let end = Arc::new(Notify::new());
        serve(far, end.clone());
        let talk = Talk {
            client: h2c::connect_with(near, window).await,
            end,
        };
        client(talk).await;
        settle().await;
        log("it is over");
    });
    // What is still there goes with the runtime.
    drop(runtime);
    LOG.take()
}

fn assert_same<F: Future<Output = ()>>(window: u32, client: impl Fn(Talk) -> F) -> Vec<String> {
    let axum = told_by(plain::serve, window, &client);
    let ours = told_by(ours::serve, window, &client);
    assert_eq!(ours, axum);
    // Where an inspector is attached it is to hear of all of it.
    assert!(onionskin::flush(LONG));
    axum
}

const DEFAULT: u32 = 65_535;

#[test]
fn streams_that_the_client_resets() {
    let said = assert_same(DEFAULT, async |talk| {
        for (when, path) in [
            ("before the server has seen it", "/hang?unseen"),
            ("before the view", "/hold"),
            ("in the view", "/hang"),
        ] {
            log(when);
            let (answer, mut stream) = talk.ready().await.send_request(get(path), true).unwrap();
            if path != "/hang?unseen" {
                settle().await;
            }
            stream.send_reset(Reason::CANCEL);
            log(told(&answer.await.unwrap_err()));
            settle().await;
        }
        log("in the body of the response");
        let (answer, mut stream) = talk
            .ready()
            .await
            .send_request(get("/long/1000"), true)
            .unwrap();
        let mut body = answer.await.unwrap().into_body();
        log(format!(
            "{} bytes",
            body.data().await.unwrap().unwrap().len()
        ));
        stream.send_reset(Reason::INTERNAL_ERROR);
        settle().await;
        log("in the body of the request");
        let (answer, mut stream) = talk.ready().await.send_request(post("/up"), false).unwrap();
        stream.send_data(vec![7; 5000].into(), false).unwrap();
        settle().await;
        stream.send_reset(Reason::CANCEL);
        log(told(&answer.await.unwrap_err()));
        settle().await;
        // The connection is as good as before.
        log(talk.ask("/ok").await);
    });
    let has = |what: &str| said.iter().any(|line| line.contains(what));
    // The server asks the view even for a stream that is reset already.
    let views = said.iter().filter(|line| *line == "the view begins");
    assert_eq!(views.count(), 2, "{said:#?}");
    assert!(has("the layer is dropped at 0") && has("the view is dropped at 0"));
    assert!(has("the body is dropped at"));
    assert!(has("what is read is dropped at 5000"), "{said:#?}");
}

#[test]
fn a_window_that_is_not_opened_holds_the_body_back() {
    for window in [0, 1, FRAME as u32, DEFAULT, 1 << 20] {
        let said = assert_same(window, async |talk| {
            let (answer, _stream) = talk
                .ready()
                .await
                .send_request(get("/long/100000"), true)
                .unwrap();
            let mut body = answer.await.unwrap().into_body();
            settle().await;
            for more in [1, 3 * FRAME, 50 * FRAME] {
                // A window of one byte would take as many turns as there are bytes.
                let more = more.min(window as usize * 100);
                let mut taken = 0;
                while window > 0 && taken < more {
                    let bytes = body.data().await.unwrap().unwrap().len();
                    body.flow_control().release_capacity(bytes).unwrap();
                    taken += bytes;
                }
                settle().await;
                log(format!("{taken} bytes"));
            }
        });
        let dropped = said.iter().find(|line| line.starts_with("the body"));
        let given: usize = dropped
            .unwrap()
            .rsplit(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(given < 1000, "{given}");
    }
}

#[test]
fn a_body_that_the_view_leaves_is_not_taken() {
    assert_same(DEFAULT, async |talk| {
        for path in ["/deaf", "/up"] {
            let (_answer, mut stream) = talk.ready().await.send_request(post(path), false).unwrap();
            let mut sent = 0;
            for _ in 0..100 {
                stream.reserve_capacity(10_000);
                settle().await;
                let room = stream.capacity().min(10_000);
                if room == 0 {
                    break;
                }
                stream.send_data(vec![7; room].into(), false).unwrap();
                sent += room;
            }
            log(format!("{path}: {sent} bytes"));
        }
    });
}

#[test]
fn a_hundred_streams_at_once_with_trailers_both_ways() {
    let said = assert_same(DEFAULT, async |talk| {
        let paths: Vec<_> = (0..100).map(|n| format!("/long/{}", n % 7)).collect();
        let asked = paths.iter().map(|path| talk.ask(path));
        for answer in futures_util::future::join_all(asked).await {
            log(answer);
        }
        let sum = Some(trailers());
        let answer = h2c::ask(&talk.client, post("/up"), &[b"one ", b"two"], sum).await;
        log(format!("{:?}", answer.into_body()));
    });
    let sums = said.iter().filter(|line| line.contains("\"x-sum\""));
    assert_eq!(sums.count(), 101, "{said:#?}");
}

#[test]
fn a_server_that_ends_finishes_what_it_has_begun() {
    let said = assert_same(DEFAULT, async |talk| {
        let mut first = talk.ready().await;
        let (answer, _) = first.send_request(get("/long/20"), true).unwrap();
        let mut body = answer.await.unwrap().into_body();
        settle().await;
        talk.end.notify_one();
        settle().await;
        log("GOAWAY has come");
        match talk.client.clone().ready().await {
            Ok(mut client) => match client.send_request(get("/ok"), true) {
                Ok((answer, _)) => log(format!("{:?}", answer.await.map(|a| a.status()))),
                Err(error) => log(told(&error)),
            },
            Err(error) => log(told(&error)),
        }
        let (bytes, trailers) = h2c::rest(&mut body).await.unwrap();
        log(format!("{} bytes, {trailers:?}", bytes.len()));
    });
    assert!(said.iter().any(|line| line.starts_with("200000 bytes")));
    assert!(said.contains(&"the server ends".to_owned()), "{said:#?}");
}

#[test]
fn a_client_that_is_gone_with_all_its_streams() {
    let said = assert_same(DEFAULT, async |talk| {
        let (hanging, _a) = talk.ready().await.send_request(get("/hang"), true).unwrap();
        let (answer, _b) = talk
            .ready()
            .await
            .send_request(get("/long/1000"), true)
            .unwrap();
        let body = answer.await.unwrap().into_body();
        settle().await;
        // The last of them takes the connection along.
        drop((hanging, _a, body, _b, talk.client));
        settle().await;
    });
    assert!(
        said.contains(&"the view is dropped at 0".to_owned()),
        "{said:#?}"
    );
}
