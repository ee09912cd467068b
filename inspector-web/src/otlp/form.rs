//! The three forms of OTLP: gRPC, and protobuf or JSON over HTTP. What an answer looks like in each.

use super::{body, reading::Reason};
use axum::body::Body;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::StreamBody;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use serde_json::json;
use std::{collections::BTreeMap, convert::Infallible, time::Duration};
use tonic::Code;

/// How a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Grpc,
    Protobuf,
    Json,
}

/// Why a request is not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    code: Code,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            message,
        }
    }

    pub(super) fn malformed(why: String) -> Self {
        let message = format!("this can't be read: {why}");
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, message)
    }

    pub(super) fn too_long(most: usize) -> Self {
        let message = format!("a request may have {most} bytes, unpacked too");
        // Not `ResourceExhausted`, which some senders take for "later".
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::OutOfRange, message)
    }

    pub(super) fn slow(patience: Duration) -> Self {
        let message = format!("a request has to be here within {patience:?}");
        Self::new(StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, message)
    }

    pub(super) fn broken() -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::Cancelled, "it breaks off")
    }

    /// Whoever hears this sends again.
    pub(super) fn busy() -> Self {
        let message = "too many requests are under way";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message)
    }
}

impl Form {
    /// The message of a request, from its bytes.
    pub(super) fn message(self, headers: &HeaderMap, bytes: Vec<u8>) -> Result<Bytes, Refusal> {
        match self {
            Self::Grpc => one_message(headers, bytes),
            Self::Protobuf | Self::Json => match coding(headers, header::CONTENT_ENCODING)? {
                true => Ok(body::unpacked(&bytes)?.into()),
                false => Ok(bytes.into()),
            },
        }
    }

    /// All is taken, but for these spans.
    pub(super) fn taken(self, refused: &BTreeMap<Reason, u64>) -> Response<Body> {
        let count: u64 = refused.values().sum();
        let why: Vec<_> = refused
            .iter()
            .map(|(reason, count)| format!("{count} refused: {}", reason.as_str()))
            .collect();
        let why = why.join("; ");
        if self == Self::Json {
            let answer = match count {
                0 => json!({}),
                _ => json!({ "partialSuccess":
                    { "rejectedSpans": count.to_string(), "errorMessage": why } }),
            };
            return self.answer(StatusCode::OK, answer.to_string().into());
        }
        let partial_success = (count > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(count).unwrap_or(i64::MAX),
            error_message: why,
        });
        let message = ExportTraceServiceResponse { partial_success }.encode_to_vec();
        match self {
            Self::Grpc => grpc(&message),
            _ => self.answer(StatusCode::OK, message.into()),
        }
    }

    /// Nothing is taken.
    pub(super) fn refused(self, refusal: Refusal) -> Response<Body> {
        let Refusal {
            status,
            code,
            message,
        } = refusal;
        let mut response = match self {
            Self::Grpc => return tonic::Status::new(code, message).into_http(),
            Self::Json => {
                let answer = json!({ "code": code as i32, "message": message });
                self.answer(status, answer.to_string().into())
            }
            Self::Protobuf => {
                let answer = tonic_types::pb::Status {
                    code: code as i32,
                    message,
                    details: Vec::new(),
                };
                self.answer(status, answer.encode_to_vec().into())
            }
        };
        let headers = response.headers_mut();
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        response
    }

    fn answer(self, status: StatusCode, body: Bytes) -> Response<Body> {
        let kind = match self {
            Self::Json => "application/json",
            _ => "application/x-protobuf",
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        response
    }
}

/// Whether it is gzip.
fn coding(headers: &HeaderMap, name: impl header::AsHeaderName) -> Result<bool, Refusal> {
    match headers.get(name).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Unimplemented,
            "send it plain, or with gzip",
        )),
    }
}

/// The only message of a call: a byte that says whether it is packed, four with its length, and itself.
fn one_message(headers: &HeaderMap, bytes: Vec<u8>) -> Result<Bytes, Refusal> {
    let mut bytes = Bytes::from(bytes);
    let no_message = || Refusal::malformed("there is to be one message".into());
    let head: [u8; 5] = bytes
        .get(..5)
        .and_then(|h| h.try_into().ok())
        .ok_or_else(no_message)?;
    let [packed, len @ ..] = head;
    let message = bytes.split_off(5);
    if message.len() as u64 != u64::from(u32::from_be_bytes(len)) {
        return Err(no_message());
    }
    match packed {
        0 => Ok(message),
        1 if coding(headers, "grpc-encoding")? => Ok(body::unpacked(&message)?.into()),
        _ => Err(Refusal::malformed(
            "it does not say how it is packed".into(),
        )),
    }
}

/// The answer to a call that went well.
fn grpc(message: &[u8]) -> Response<Body> {
    let mut data = BytesMut::with_capacity(5 + message.len());
    data.put_u8(0);
    data.put_u32(message.len() as u32);
    data.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [
        http_body::Frame::data(data.freeze()),
        http_body::Frame::trailers(trailers),
    ];
    let frames = frames.map(Ok::<_, Infallible>);
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(encoding: Option<&'static str>, bytes: &[u8]) -> Result<Bytes, StatusCode> {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert("grpc-encoding", HeaderValue::from_static(encoding));
        }
        let message = Form::Grpc.message(&headers, bytes.to_vec());
        message.map_err(|refusal| refusal.status)
    }

    #[test]
    fn a_call_has_one_whole_message() {
        assert_eq!(call(None, b"\0\0\0\0\x02ab").unwrap(), "ab");
        assert_eq!(call(None, b"\0\0\0\0\0").unwrap(), "");
        let bad = StatusCode::BAD_REQUEST;
        for bytes in [
            &b""[..],
            b"\0\0\0\0",
            b"\0\0\0\0\x02a",
            b"\0\0\0\0\x02abc",
            b"\0\xff\xff\xff\xffab",
            b"\x01\0\0\0\x02ab",
            b"\x02\0\0\0\x02ab",
        ] {
            assert_eq!(call(None, bytes), Err(bad), "{bytes:?}");
        }
        assert_eq!(call(Some("gzip"), b"\x01\0\0\0\x02ab"), Err(bad));
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        assert_eq!(call(Some("zstd"), b"\x01\0\0\0\x02ab"), Err(status));
    }
}
