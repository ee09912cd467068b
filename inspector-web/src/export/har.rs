//! HTTP Archive 1.2, after <http://www.softwareishard.com/blog/har-12-spec/>.
//!
//! What it has no field for stands in fields that begin with `_`, as it allows.

pub(super) mod read;

use super::{
    edges::{Edges, first},
    json,
    raw::reason,
    time::rfc3339,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use onionskin::{
    replay::Message,
    wire::{Body, Cycle, Edge, Header, Stage},
};
use serde_json::{Value, json as value};

pub(super) const HEAD: &str = concat!(
    "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"onionskin\",\"version\":\"",
    env!("CARGO_PKG_VERSION"),
    "\"},\"entries\":[\n"
);
pub(super) const TAIL: &str = "\n]}}\n";

/// A cycle as an entry.
pub(super) fn entry(out: &mut Vec<u8>, cycle: &Cycle) {
    let edges = Edges::new(cycle);
    let site = cycle.outcome.site().and_then(|i| cycle.sites.get(i));
    let outcome = cycle.outcome.describe(site.map(|s| s.name.as_str()));
    let [send, wait, receive] = timings(cycle);
    let mut entry = value!({
        "startedDateTime": rfc3339(cycle.started_unix_us),
        "time": ms(send + wait + receive),
        "request": request(&edges),
        "response": response(&edges),
        "cache": {},
        "timings": {"send": ms(send), "wait": ms(wait), "receive": ms(receive)},
        "comment": outcome,
        "_app": cycle.app,
        "_cycle": cycle.id,
        "_route": cycle.route,
    });
    if let Some(connection) = &cycle.connection {
        entry["connection"] = connection.number.to_string().into();
    }
    json(out, &entry);
}

/// Nanoseconds as milliseconds.
fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

/// How long the request took to come, the app to answer, the response to go. `time` is their sum, as the format wants.
fn timings(cycle: &Cycle) -> [u64; 3] {
    let at = |stage, edge| {
        let mut steps = cycle.steps.iter();
        steps
            .find(|s| s.stage == stage && s.edge == edge)
            .map(|s| s.t_ns)
    };
    let before = cycle
        .connection
        .as_ref()
        .map_or(0, |c| c.first_byte_before_ns);
    let parsed = at(Stage::Parse, Edge::Out)
        .unwrap_or(0)
        .min(cycle.duration_ns);
    let answered = at(Stage::Send, Edge::In).unwrap_or(cycle.duration_ns);
    let answered = answered.clamp(parsed, cycle.duration_ns);
    [
        before + parsed,
        answered - parsed,
        cycle.duration_ns - answered,
    ]
}

fn request(edges: &Edges<'_>) -> Value {
    let url = edges.url();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut request = value!({
        "method": edges.method(),
        "url": uri(&url),
        "httpVersion": Edges::version(Some(&edges.request)),
        "cookies": edges.request_headers().filter(|h| h.name == "cookie").flat_map(cookies).collect::<Vec<_>>(),
        "headers": headers(edges.request_headers()),
        "queryString": pairs(query),
        "headersSize": -1,
        "bodySize": size(&edges.request, edges.request_body()),
    });
    if !uri(&url).ends_with(edges.target()) {
        request["_target"] = edges.target().into();
    }
    if let Some(body) = edges.request_body().filter(|body| body.len > 0) {
        request["postData"] = post_data(&edges.request, body);
    }
    comment(&mut request, &edges.request_notes());
    request
}

/// A URL with what may not stand in one (RFC 3986) encoded: servers take such bytes, readers of HAR files may not.
fn uri(url: &str) -> String {
    let mut uri = String::with_capacity(url.len());
    // `[` and `]` are the host's, around an address.
    let rest = url.find("://").map_or(0, |at| at + 3);
    let path = url[rest..].find('/').map_or(url.len(), |at| rest + at);
    for (at, b) in url.bytes().enumerate() {
        match b {
            b'[' | b']' if at < path => uri.push(char::from(b)),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(b)),
            b if b"-._~:/?#@!$&'()*+,;=%".contains(&b) => uri.push(char::from(b)),
            b => uri += &format!("%{b:02X}"),
        }
    }
    uri
}

fn response(edges: &Edges<'_>) -> Value {
    let none = Message::default();
    let message = edges.response.as_ref().unwrap_or(&none);
    // As browsers have it: 0 where there was no response.
    let status = edges.status().unwrap_or(0);
    let mut response = value!({
        "status": status,
        "statusText": reason(status),
        "httpVersion": Edges::version(Some(message)),
        "cookies": edges.response_headers().filter(|h| h.name == "set-cookie").map(set_cookie).collect::<Vec<_>>(),
        "headers": headers(edges.response_headers()),
        "content": content(message, edges.response_body()),
        "redirectURL": first(message, "location").map_or("".into(), |h| latin1(&h.value.0)),
        "headersSize": -1,
        "bodySize": size(message, edges.response_body()),
    });
    comment(&mut response, &edges.response_notes());
    response
}

fn comment(value: &mut Value, notes: &[String]) {
    if !notes.is_empty() {
        value["comment"] = notes.join("; ").into();
    }
}

/// Bytes of the body as they passed; -1 where they were not counted.
fn size(message: &Message, body: Option<&Body>) -> i64 {
    let announced = message.body.as_ref().and_then(|held| held.value.announced);
    let len = body.map(|body| body.len).or(announced);
    len.and_then(|len| i64::try_from(len).ok()).unwrap_or(-1)
}

fn headers<'h>(headers: impl Iterator<Item = &'h Header>) -> Vec<Value> {
    let header = |h: &Header| match h.value.as_str() {
        Some(text) => value!({"name": h.name, "value": text}),
        None => value!({
            "name": h.name, "value": latin1(&h.value.0), "comment": "not UTF-8: a character for each byte",
        }),
    };
    headers.map(header).collect()
}

/// Bytes as text: UTF-8 where they are, else a character for each byte, as browsers have it.
fn latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

fn cookies(header: &Header) -> Vec<Value> {
    let text = latin1(&header.value.0);
    let pairs = text
        .split(';')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    pairs.map(cookie).collect()
}

fn cookie(pair: &str) -> Value {
    let (name, content) = pair.split_once('=').unwrap_or(("", pair));
    value!({"name": name, "value": content})
}

fn set_cookie(header: &Header) -> Value {
    let text = latin1(&header.value.0);
    let mut parts = text.split(';').map(str::trim);
    let mut cookie = cookie(parts.next().unwrap_or_default());
    for part in parts {
        let (name, content) = part.split_once('=').unwrap_or((part, ""));
        match name.to_ascii_lowercase().as_str() {
            "path" => cookie["path"] = content.into(),
            "domain" => cookie["domain"] = content.into(),
            "httponly" => cookie["httpOnly"] = true.into(),
            "secure" => cookie["secure"] = true.into(),
            // `expires` is a date of another form; readers take it from the header.
            _ => {}
        }
    }
    cookie
}

/// `a=1&b=2` as pairs, as they were sent: not decoded, so that nothing is lost.
fn pairs(query: &str) -> Vec<Value> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, content) = pair.split_once('=').unwrap_or((pair, ""));
            value!({"name": name, "value": content})
        })
        .collect()
}

fn media_type(message: &Message) -> String {
    first(message, "content-type").map_or("".into(), |h| latin1(&h.value.0))
}

fn post_data(message: &Message, body: &Body) -> Value {
    let media_type = media_type(message);
    // The format has no encoding for what is posted. Chrome has the same trouble and this name.
    match body.head.as_str() {
        Some(text) => value!({"mimeType": media_type, "params": [], "text": text}),
        None => value!({
            "mimeType": media_type, "params": [], "text": STANDARD.encode(&body.head.0), "_encoding": "base64",
            "comment": "not UTF-8: base64",
        }),
    }
}

fn content(message: &Message, body: Option<&Body>) -> Value {
    let mut content = value!({
        "size": size(message, body),
        "mimeType": match media_type(message) {
            none if none.is_empty() => "x-unknown".into(),
            media_type => media_type,
        },
    });
    let Some(body) = body.filter(|body| body.len > 0) else {
        return content;
    };
    if let Some(coding) = first(message, "content-encoding") {
        content["comment"] = format!("as it was sent: {}", latin1(&coding.value.0)).into();
    }
    match body.head.as_str() {
        Some(text) => content["text"] = text.into(),
        None => {
            content["text"] = STANDARD.encode(&body.head.0).into();
            content["encoding"] = "base64".into();
        }
    }
    content
}
