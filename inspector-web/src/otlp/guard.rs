//! Who may send.
//!
//! Any web page can make a browser post to loopback, and senders of OTLP have no token to be told by. But a browser says who
//! it is (`Origin` is on everything that is posted, `Sec-Fetch-Site` on all requests of today's), can't send these content types
//! without asking first, which is not answered, and names the host that it believes it speaks to. Node's `fetch` says
//! `Sec-Fetch-Mode` too, so that tells nobody.

use super::form::{Form, Refusal};
use http::{HeaderMap, Method, StatusCode, header, request::Parts, uri::Authority};
use tonic::Code;

const GRPC: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const HTTP: &str = "/v1/traces";

const ONLY_TRACES: &str = "this inspector takes traces only: set OTEL_METRICS_EXPORTER=none and OTEL_LOGS_EXPORTER=none, or send \
     those elsewhere";

/// How a request speaks, as far as that can be told: refusals are said so.
pub(super) fn form(parts: &Parts) -> Form {
    match content_type(&parts.headers) {
        Some(kind) if is(kind, "application/grpc") || is(kind, "application/grpc+proto") => {
            Form::Grpc
        }
        Some(kind) if is(kind, "application/x-protobuf") => Form::Protobuf,
        _ => Form::Json,
    }
}

/// Lets a request in, or says why not. `on_loopback`: where it came in, names of other hosts are lies.
pub(super) fn check(parts: &Parts, on_loopback: bool) -> Result<(), Refusal> {
    let headers = &parts.headers;
    let is_browser = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if is_browser {
        return Err(forbidden("nothing is taken from web pages"));
    }
    if on_loopback && !names_loopback(parts) {
        return Err(forbidden(
            "the host must be localhost, 127.0.0.1 or [::1], whatever the port",
        ));
    }
    let wanted = match (parts.uri.path(), form(parts)) {
        (HTTP, Form::Protobuf) | (GRPC, Form::Grpc) => true,
        (HTTP, Form::Json) => {
            content_type(headers).is_some_and(|kind| is(kind, "application/json"))
        }
        (HTTP | GRPC, _) => false,
        (path, _) => return Err(unknown(path)),
    };
    if parts.method != Method::POST {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Refusal::new(
            status,
            Code::Unimplemented,
            "spans are posted",
        ));
    }
    if !wanted {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::InvalidArgument,
            "the content type must be application/x-protobuf, application/json, or that of gRPC",
        ));
    }
    Ok(())
}

fn forbidden(message: &str) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, Code::PermissionDenied, message)
}

fn unknown(path: &str) -> Refusal {
    let is_other = path.starts_with("/v1/") || path.starts_with("/opentelemetry.proto.collector.");
    let message = match is_other {
        true => ONLY_TRACES,
        false => "spans are posted to /v1/traces, or exported by gRPC",
    };
    Refusal::new(StatusCode::NOT_FOUND, Code::Unimplemented, message)
}

/// The only content type.
fn content_type(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(kind)
}

/// Whether a content type is this one, whatever its parameters.
fn is(kind: &str, wanted: &str) -> bool {
    let bare = kind.split(';').next().unwrap_or_default().trim();
    bare.eq_ignore_ascii_case(wanted)
}

/// Whether every name that the request has for us is one of loopback. The port may be another: that of a tunnel.
fn names_loopback(parts: &Parts) -> bool {
    let mut hosts: Vec<Option<Authority>> = parts
        .headers
        .get_all(header::HOST)
        .iter()
        .map(|host| host.as_bytes().try_into().ok())
        .collect();
    hosts.extend(parts.uri.authority().cloned().map(Some));
    let ours = ["localhost", "127.0.0.1", "[::1]"];
    let is_ours = |host: &Option<Authority>| {
        let host = host.as_ref();
        host.is_some_and(|h| !h.as_str().contains('@') && ours.contains(&h.host()))
    };
    (1..=2).contains(&hosts.len()) && hosts.iter().all(is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const HOST: (&str, &str) = ("host", "localhost:4318");
    const JSON: (&str, &str) = ("content-type", "application/json");

    fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts, true).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn only_what_no_browser_sends() {
        assert_eq!(ask("POST", HTTP, &[HOST, JSON]), 200);
        for foreign in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:4318"),
            ("origin", ""),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert_eq!(
                ask("POST", HTTP, &[HOST, JSON, foreign]),
                403,
                "{foreign:?}"
            );
        }
        for kind in [
            "text/plain",
            "",
            "application/x-www-form-urlencoded",
            "text/json",
        ] {
            let kind = ("content-type", kind);
            assert_eq!(ask("POST", HTTP, &[HOST, kind]), 415, "{kind:?}");
        }
        assert_eq!(ask("POST", HTTP, &[HOST]), 415);
        assert_eq!(
            ask("POST", HTTP, &[HOST, JSON, ("content-type", "text/plain")]),
            415
        );
        assert_eq!(ask("POST", GRPC, &[HOST, JSON]), 415);
        assert_eq!(
            ask("POST", HTTP, &[HOST, ("content-type", "application/grpc")]),
            415
        );
        for method in ["GET", "OPTIONS", "PUT", "DELETE", "HEAD"] {
            assert_eq!(ask(method, HTTP, &[HOST, JSON]), 405, "{method}");
        }
    }

    #[test]
    fn only_under_a_name_of_loopback() {
        for host in ["localhost", "localhost:1", "127.0.0.1:4318", "[::1]:4318"] {
            assert_eq!(ask("POST", HTTP, &[("host", host), JSON]), 200, "{host}");
        }
        for host in [
            "",
            "evil.example:4318",
            "localhost.evil.example",
            "127.0.0.1.nip.io:4318",
            "user@localhost:4318",
            "localhost.:4318",
            "0.0.0.0:4318",
            "2130706433:4318",
        ] {
            assert_eq!(ask("POST", HTTP, &[("host", host), JSON]), 403, "{host}");
        }
        assert_eq!(ask("POST", HTTP, &[JSON]), 403);
        assert_eq!(
            ask("POST", "http://evil.example/v1/traces", &[HOST, JSON]),
            403
        );
        assert_eq!(ask("POST", "http://localhost:4317/v1/traces", &[JSON]), 200);
    }

    #[test]
    fn what_else_there_is_is_told_where_to_go() {
        for path in [
            "/v1/metrics",
            "/v1/logs",
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            "/",
        ] {
            assert_eq!(ask("POST", path, &[HOST, JSON]), 404, "{path}");
        }
    }
}
