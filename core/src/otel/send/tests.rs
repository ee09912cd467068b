//! Receivers that misbehave, over HTTP and (`grpc`) over gRPC; and those behind TLS.

#[cfg(feature = "otel-tls")]
mod authority;
mod grpc;
#[cfg(feature = "otel-tls")]
mod tls;

use super::*;
use crate::{
    spans::{Options, encode},
    text::samples,
};
use axum::{
    Router, body::Bytes, extract::State, http::HeaderMap, response::Response, routing::post,
};
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

const SOON: Duration = Duration::from_secs(60);

/// A receiver: what it was sent, and what it answers, the last answer again and again.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<Vec<Response<String>>>>,
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// Larger requests are refused.
    most: Option<usize>,
}

fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Response<String> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

async fn export(State(this): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response<String> {
    if this.most.is_some_and(|most| body.len() > most) {
        return status(413, &[], "");
    }
    this.got.lock().unwrap().push((headers, body));
    let mut answers = this.answers.lock().unwrap();
    match answers.len() {
        0 => status(200, &[], ""),
        1 => answers[0].clone(),
        _ => answers.remove(0),
    }
}

impl Receiver {
    fn answering(answers: Vec<Response<String>>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers)),
            ..Self::default()
        }
    }

    fn app(&self) -> Router {
        Router::new()
            .route("/v1/traces", post(export))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(self.clone())
    }

    /// Serves it on a free port and gives what sends there.
    async fn outlet(&self) -> Outlet {
        outlet(self.app(), Protocol::HttpProtobuf).await
    }

    /// The spans of the requests that it has.
    fn spans(&self) -> Vec<Vec<message::Span>> {
        let spans = |(_, body): &(HeaderMap, Bytes)| {
            let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
            let mut resources = request.resource_spans;
            resources.remove(0).scope_spans.remove(0).spans
        };
        self.got.lock().unwrap().iter().map(spans).collect()
    }
}

/// Serves an app on a free port and gives what sends there.
async fn outlet(app: Router, protocol: Protocol) -> Outlet {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    Outlet::new(Settings::new(&url, protocol).unwrap()).unwrap()
}

fn cycles() -> Vec<Vec<Span>> {
    let cycles = [
        samples::completed(),
        samples::panicked(),
        samples::retried(),
    ];
    cycles
        .iter()
        .map(|c| encode(c, &Options::default()))
        .collect()
}

fn count() -> u64 {
    cycles().iter().map(|c| c.len() as u64).sum()
}

#[tokio::test]
async fn all_of_it_arrives_with_the_headers_that_are_wanted() {
    let receiver = Receiver::default();
    let mut outlet = receiver.outlet().await;
    outlet.settings.header("api-key", "s3cret").unwrap();
    let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
    assert_eq!((sent.spans, sent.requests), (count(), 1));
    let sent = receiver.spans().concat();
    let given: Vec<_> = cycles().concat().into_iter().map(proto::span).collect();
    assert_eq!(sent, given);
    assert_eq!(receiver.got.lock().unwrap()[0].0["api-key"], "s3cret");
}

#[tokio::test]
async fn who_asks_for_patience_is_sent_the_same_again_and_not_before_its_time() {
    let busy = status(429, &[("retry-after", "1")], "busy");
    let receiver = Receiver::answering(vec![busy, status(503, &[], ""), status(200, &[], "")]);
    let begun = Instant::now();
    let sent = receiver
        .outlet()
        .await
        .send(&[], cycles(), SOON)
        .await
        .unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((sent.spans, sent.requests), (count(), 1));
    let got = receiver.spans();
    assert_eq!(got.len(), 3);
    assert!(got[0] == got[1] && got[1] == got[2], "under the same ids");
}

#[tokio::test]
async fn who_refuses_is_not_asked_again() {
    let html = [("content-type", "text/html")];
    for answer in [
        status(400, &[], "bad"),
        status(500, &[], "oh"),
        status(401, &[], ""),
        status(200, &html, "<html>"),
    ] {
        let receiver = Receiver::answering(vec![answer]);
        let sent = receiver
            .outlet()
            .await
            .send(&[], cycles(), SOON)
            .await
            .unwrap();
        assert_eq!(receiver.spans().len(), 1);
        assert_eq!((sent.spans, sent.requests), (0, 0));
        assert!(sent.refused.iter().eq(&[0, 1, 2]), "{sent:?}");
        assert!(sent.why.is_some());
    }
}

#[tokio::test]
async fn what_is_refused_of_a_good_request_is_counted() {
    let json = [("content-type", "application/json")];
    let partly = r#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"two of them"}}"#;
    let receiver = Receiver::answering(vec![status(200, &json, partly)]);
    let sent = receiver
        .outlet()
        .await
        .send(&[], cycles(), SOON)
        .await
        .unwrap();
    assert_eq!((sent.spans, sent.rejected_spans), (count() - 2, 2));
    assert_eq!(sent.why.as_deref(), Some("two of them"));
    assert_eq!(receiver.spans().len(), 1, "never sent again");
}

#[tokio::test]
async fn what_is_too_large_is_split_until_it_fits() {
    let receiver = Receiver {
        most: Some(8 << 10),
        ..Receiver::default()
    };
    let outlet = receiver.outlet().await;
    let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
    assert!(sent.requests > 1, "{sent:?}");
    let arrived: u64 = receiver.spans().iter().map(|r| r.len() as u64).sum();
    assert_eq!(arrived, sent.spans);
    // A span that is too large by itself is refused, and its cycle with it.
    let small = Receiver {
        most: Some(10),
        ..Receiver::default()
    };
    let sent = small
        .outlet()
        .await
        .send(&[], cycles(), SOON)
        .await
        .unwrap();
    assert_eq!((sent.spans, sent.refused.len()), (0, 3));
}

#[tokio::test]
async fn a_large_delivery_is_packed_into_requests_below_the_limit() {
    let cycles: Vec<_> = cycles().into_iter().cycle().take(60).collect();
    let count: usize = cycles.iter().map(Vec::len).sum();
    let mut delivery = Delivery::new(&[], cycles);
    delivery.pack(64 << 10);
    assert!(delivery.pending.len() > 5);
    assert_eq!(delivery.pending.iter().map(Vec::len).sum::<usize>(), count);
    for spans in &delivery.pending {
        assert!(delivery.request(spans).encoded_len() <= 64 << 10);
    }
    assert_eq!(delivery.left().len(), 60);
}

#[tokio::test]
async fn nobody_there_and_nobody_who_answers_are_said() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let half = Duration::from_millis(1500);
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let mut settings = Settings::new(&url, protocol).unwrap();
        settings.timeout = Duration::from_millis(50);
        // It takes the connection and says nothing.
        let error = Outlet::new(settings)
            .unwrap()
            .send(&[], cycles(), half)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("no answer within 50ms"),
            "{error}"
        );
    }
    drop(listener);
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let settings = Settings::new(&url, protocol).unwrap();
        let error = Outlet::new(settings)
            .unwrap()
            .send(&[], cycles(), half)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");
    }
}
