//! OTLP over HTTP.

use super::{Answer, Connector, Protocol, Settings, chain, proto};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use std::{
    io::Write as _,
    time::{Duration, SystemTime},
};

/// Longest answer that is looked at.
const LONGEST: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(super) struct Http(Client<Connector, Full<Bytes>>);

impl Http {
    pub(super) fn new(connector: Connector) -> Self {
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    pub(super) async fn ask(
        &self,
        settings: &Settings,
        request: ExportTraceServiceRequest,
    ) -> Answer {
        let (kind, mut body) = match settings.protocol {
            Protocol::HttpJson => {
                let (batches, _) = proto::from_proto(request);
                let json = crate::spans::to_json(&batches).to_string();
                ("application/json", json.into_bytes())
            }
            _ => ("application/x-protobuf", request.encode_to_vec()),
        };
        let mut head = Request::post(settings.endpoint.clone()).header(header::CONTENT_TYPE, kind);
        if settings.gzip {
            body = compressed(&body);
            head = head.header(header::CONTENT_ENCODING, "gzip");
        }
        for (name, value) in &settings.headers {
            head = head.header(name, value);
        }
        let request = match head.body(Full::from(body)) {
            Ok(request) => request,
            Err(error) => {
                let why = error.to_string();
                return Answer::Refused { why };
            }
        };
        let response = match self.0.request(request).await {
            Ok(response) => response,
            Err(error) => {
                let why = chain(error.to_string(), &error);
                return Answer::Later { after: None, why };
            }
        };
        let (parts, body) = response.into_parts();
        match Limited::new(body, LONGEST).collect().await {
            Ok(body) => answer(&Response::from_parts(parts, body.to_bytes())),
            Err(error) => Answer::Later {
                after: None,
                why: format!("its answer breaks off: {error}"),
            },
        }
    }
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.expect("memory takes all that is written")
}

fn answer(response: &Response<Bytes>) -> Answer {
    let status = response.status();
    let said = || {
        let start = response.body().get(..200).unwrap_or(response.body());
        let text = String::from_utf8_lossy(start);
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        format!("it answers {status} {text}").trim_end().to_owned()
    };
    match status {
        StatusCode::OK | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => match partial(response) {
            Some(partial) => Answer::Taken(partial),
            None => Answer::Refused {
                why: format!("{}: that is no receiver of OTLP", said()),
            },
        },
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Answer::Later {
            after: retry_after(response.headers(), SystemTime::now()),
            why: said(),
        },
        StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge { why: said() },
        _ => Answer::Refused { why: said() },
    }
}

/// What the receiver refused of what it took; none if this is no answer of a receiver.
fn partial(response: &Response<Bytes>) -> Option<Option<ExportTracePartialSuccess>> {
    let body = response.body();
    if body.is_empty() {
        return Some(None);
    }
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()?;
    if kind.starts_with("application/json") {
        let json: serde_json::Value = serde_json::from_slice(body).ok()?;
        let partial = json.as_object()?.get("partialSuccess");
        return Some(partial.map(|p| ExportTracePartialSuccess {
            rejected_spans: match p.get("rejectedSpans") {
                Some(serde_json::Value::String(n)) => n.parse().unwrap_or(0),
                n => n.and_then(serde_json::Value::as_i64).unwrap_or(0),
            },
            error_message: p["errorMessage"].as_str().unwrap_or_default().into(),
        }));
    }
    kind.starts_with("application/x-protobuf").then_some(())?;
    let answer = ExportTraceServiceResponse::decode(&body[..]).ok()?;
    Some(answer.partial_success)
}

/// `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        answer(&response.body(Bytes::copy_from_slice(body)).unwrap())
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn answers_are_told_apart() {
        let protobuf = ("content-type", "application/x-protobuf");
        let partly = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 2,
                error_message: "two".into(),
            }),
        };
        assert!(matches!(response(200, &[], b""), Answer::Taken(None)));
        assert!(matches!(response(200, &[JSON], b"{}"), Answer::Taken(None)));
        let told = response(200, &[protobuf], &partly.encode_to_vec());
        assert!(matches!(told, Answer::Taken(Some(p)) if p.rejected_spans == 2));
        let told = response(200, &[JSON], br#"{"partialSuccess":{"rejectedSpans":"2"}}"#);
        assert!(matches!(told, Answer::Taken(Some(p)) if p.rejected_spans == 2));
        for (status, body) in [(400, "no"), (401, ""), (404, ""), (500, "oh"), (301, "")] {
            let told = response(status, &[], body.as_bytes());
            assert!(
                matches!(told, Answer::Refused { why } if why.contains(body)),
                "{status}"
            );
        }
        for status in [429, 502, 503, 504] {
            let told = response(status, &[("retry-after", "3")], b"");
            let three = Duration::from_secs(3);
            assert!(matches!(told, Answer::Later { after: Some(a), .. } if a == three));
        }
        assert!(matches!(response(413, &[], b""), Answer::TooLarge { .. }));
    }

    #[test]
    fn who_is_no_receiver_has_taken_nothing() {
        let html = ("content-type", "text/html");
        for told in [
            response(200, &[html], b"<html>Jaeger UI"),
            response(200, &[JSON], b"[]"),
            response(200, &[JSON], b"{"),
            response(
                200,
                &[("content-type", "application/x-protobuf")],
                b"\xff\xff\xff",
            ),
        ] {
            assert!(matches!(told, Answer::Refused { .. }), "{told:?}");
        }
    }

    #[test]
    fn a_date_to_retry_after_is_understood() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let after = |value: &'static str| {
            let headers = [(header::RETRY_AFTER, value.parse().unwrap())];
            retry_after(&headers.into_iter().collect(), now)
        };
        assert_eq!(
            after("Sun, 06 Nov 1994 08:49:47 GMT"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
    }
}
