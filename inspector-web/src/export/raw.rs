//! Messages as their bytes.

use super::edges::Edges;
use http::StatusCode;
use onionskin::wire::{Body, Cycle, Header};

/// The request: what HTTP/1.1 would send, byte for byte as it was recorded.
pub(super) fn request(out: &mut Vec<u8>, cycle: &Cycle) {
    let edges = Edges::new(cycle);
    let version = Edges::version(Some(&edges.request));
    let line = format!("{} {} {version}\r\n", edges.method(), edges.target());
    message(out, &line, edges.request_headers(), edges.request_body());
}

/// The response; nothing if there was none.
pub(super) fn response(out: &mut Vec<u8>, cycle: &Cycle) {
    let edges = Edges::new(cycle);
    let Some(status) = edges.status() else {
        return;
    };
    let version = Edges::version(edges.response.as_ref());
    let line = format!("{version} {status} {}\r\n", reason(status));
    message(out, &line, edges.response_headers(), edges.response_body());
}

/// The words for a status.
pub(super) fn reason(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|s| s.canonical_reason()).unwrap_or("")
}

fn message<'h>(
    out: &mut Vec<u8>,
    line: &str,
    headers: impl Iterator<Item = &'h Header>,
    body: Option<&Body>,
) {
    out.extend_from_slice(line.as_bytes());
    for header in headers {
        out.extend_from_slice(header.name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(&header.value.0);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    if let Some(body) = body {
        out.extend_from_slice(&body.head.0);
    }
}
