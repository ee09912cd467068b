//! The requests that both apps are asked, in this order.

use crate::raw::{Act, request};
use std::time::Duration;

/// Half of it is enough for the app to have begun, and not enough for it to answer.
const PATIENCE: Duration = notes_axum::PATIENCE;

/// One conversation, and how its first answer begins.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) acts: Vec<Act>,
    pub(crate) begins: &'static str,
    /// How many requests the app sees in it.
    pub(crate) cycles: u64,
}

fn case(name: &'static str, begins: &'static str, cycles: u64, acts: Vec<Act>) -> Case {
    Case {
        name,
        acts,
        begins,
        cycles,
    }
}

/// One request on a connection of its own.
fn one(name: &'static str, status: &'static str, head: &str, body: &[u8]) -> Case {
    case(name, status, 1, vec![Act::Send(request(head, body))])
}

/// Bytes as they are, `\n` for CRLF.
fn lines(name: &'static str, status: &'static str, cycles: u64, text: &str) -> Case {
    let bytes = text.replace('\n', "\r\n").into_bytes();
    case(name, status, cycles, vec![Act::Send(bytes)])
}

const JSON: &str = "content-type: application/json";

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = routes();
    cases.extend(bodies());
    cases.extend(layers());
    cases.extend(heads());
    cases.extend(connections());
    cases
}

fn routes() -> Vec<Case> {
    let create = format!("POST /notes HTTP/1.1\n{JSON}");
    vec![
        one("root", "HTTP/1.1 200", "GET / HTTP/1.1", b""),
        one("HEAD on GET", "HTTP/1.1 200", "HEAD / HTTP/1.1", b""),
        one("create", "HTTP/1.1 201", &create, br#"{"text":"milk"}"#),
        one(
            "create again",
            "HTTP/1.1 201",
            &create,
            br#"{"text":"bread"}"#,
        ),
        one("list", "HTTP/1.1 200", "GET /notes?skip=1 HTTP/1.1", b""),
        one("show", "HTTP/1.1 200", "GET /notes/1 HTTP/1.1", b""),
        one("HEAD of one", "HTTP/1.1 200", "HEAD /notes/1 HTTP/1.1", b""),
        one(
            "change",
            "HTTP/1.1 204",
            "PUT /notes/1 HTTP/1.1",
            "käse".as_bytes(),
        ),
        one("delete", "HTTP/1.1 204", "DELETE /notes/2 HTTP/1.1", b""),
        one(
            "handler's 404",
            "HTTP/1.1 404",
            "GET /notes/2 HTTP/1.1",
            b"",
        ),
        one("fallback", "HTTP/1.1 404", "GET /nowhere HTTP/1.1", b""),
        one(
            "fallback in a nest",
            "HTTP/1.1 404",
            "GET /admin/nowhere HTTP/1.1",
            b"",
        ),
        one("405", "HTTP/1.1 405", "PATCH /notes HTTP/1.1", b""),
        one(
            "405 of an odd method",
            "HTTP/1.1 405",
            "BREW /notes/1 HTTP/1.1",
            b"",
        ),
        one(
            "trailing slash",
            "HTTP/1.1 404",
            "GET /notes/ HTTP/1.1",
            b"",
        ),
        one("redirect", "HTTP/1.1 308", "GET /moved HTTP/1.1", b""),
        one("no content", "HTTP/1.1 204", "GET /empty HTTP/1.1", b""),
        one("peer", "HTTP/1.1 200", "GET /peer HTTP/1.1", b""),
        one(
            "path that is no number",
            "HTTP/1.1 400",
            "GET /notes/many HTTP/1.1",
            b"",
        ),
        one(
            "path that is no UTF-8",
            "HTTP/1.1 400",
            "GET /notes/%ff HTTP/1.1",
            b"",
        ),
        one(
            "path with a slash in it",
            "HTTP/1.1 400",
            "GET /notes/1%2F2 HTTP/1.1",
            b"",
        ),
        one(
            "query that is no number",
            "HTTP/1.1 400",
            "GET /notes?skip=x HTTP/1.1",
            b"",
        ),
        one(
            "long path",
            "HTTP/1.1 404",
            &format!("GET /{} HTTP/1.1", "x".repeat(9000)),
            b"",
        ),
    ]
}

fn bodies() -> Vec<Case> {
    let create = format!("POST /notes HTTP/1.1\n{JSON}");
    let form = "POST /form HTTP/1.1\ncontent-type: application/x-www-form-urlencoded";
    vec![
        one("JSON syntax", "HTTP/1.1 400", &create, b"{\"text\":"),
        one("JSON of another shape", "HTTP/1.1 422", &create, b"{}"),
        one(
            "no content type",
            "HTTP/1.1 415",
            "POST /notes HTTP/1.1",
            b"{}",
        ),
        one("form", "HTTP/1.1 200", form, b"text=a+b%21"),
        one("form of another shape", "HTTP/1.1 422", form, b"test=1"),
        one(
            "JSON for a form",
            "HTTP/1.1 415",
            "POST /form HTTP/1.1",
            b"text=1",
        ),
        one(
            "up to the limit",
            "HTTP/1.1 200",
            "POST /upload HTTP/1.1",
            &[b'u'; 1024],
        ),
        one(
            "over the limit",
            "HTTP/1.1 413",
            "POST /upload HTTP/1.1",
            &[b'u'; 1025],
        ),
        lines(
            "over the limit, chunked",
            "HTTP/1.1 413",
            1,
            &format!(
                "POST /upload HTTP/1.1\nhost: x\nconnection: close\ntransfer-encoding: chunked\n\n800\n{0}\n800\n{0}\n0\n\n",
                "u".repeat(2048)
            ),
        ),
        one(
            "echo",
            "HTTP/1.1 200",
            "POST /echo HTTP/1.1",
            &[0xa5; 70_000],
        ),
        lines(
            "echo of a chunked body",
            "HTTP/1.1 200",
            1,
            "POST /echo HTTP/1.1\nhost: x\nconnection: close\ntransfer-encoding: chunked\n\n3\nabc\n0\n\n",
        ),
        lines(
            "echo of nothing",
            "HTTP/1.1 200",
            1,
            "POST /echo HTTP/1.1\nhost: x\nconnection: close\ncontent-length: 0\n\n",
        ),
        lines(
            "bad chunk",
            "HTTP/1.1 400",
            1,
            "POST /upload HTTP/1.1\nhost: x\nconnection: close\ntransfer-encoding: chunked\n\nzz\nabc\n0\n\n",
        ),
        one("streamed", "HTTP/1.1 200", "GET /stream HTTP/1.1", b""),
        one(
            "HEAD of a stream",
            "HTTP/1.1 200",
            "HEAD /stream HTTP/1.1",
            b"",
        ),
        one(
            "trailers",
            "HTTP/1.1 200",
            "GET /trailers HTTP/1.1\nte: trailers",
            b"",
        ),
        one(
            "trailers not asked for",
            "HTTP/1.1 200",
            "GET /trailers HTTP/1.1",
            b"",
        ),
        one(
            "bytes that are no text",
            "HTTP/1.1 200",
            "GET /bytes HTTP/1.1",
            b"",
        ),
        one(
            "a body that breaks",
            "HTTP/1.1 200",
            "GET /broken HTTP/1.1",
            b"",
        ),
    ]
}

fn layers() -> Vec<Case> {
    let preflight =
        "OPTIONS /notes HTTP/1.1\norigin: http://shop.example\naccess-control-request-method: POST";
    let foreign = preflight.replace("shop", "thief");
    vec![
        one("preflight", "HTTP/1.1 200", preflight, b""),
        one("preflight of a stranger", "HTTP/1.1 200", &foreign, b""),
        one(
            "plain OPTIONS",
            "HTTP/1.1 200",
            "OPTIONS /notes HTTP/1.1",
            b"",
        ),
        one(
            "CORS",
            "HTTP/1.1 200",
            "GET / HTTP/1.1\norigin: http://shop.example",
            b"",
        ),
        one(
            "no token",
            "HTTP/1.1 401",
            "GET /admin/notes/1/a HTTP/1.1",
            b"",
        ),
        one(
            "token",
            "HTTP/1.1 200",
            "GET /admin/notes/7/a/b%20c HTTP/1.1\nauthorization: Bearer open-sesame",
            b"",
        ),
        one(
            "405 in a nest",
            "HTTP/1.1 405",
            "GET /admin/clear HTTP/1.1\nauthorization: Bearer open-sesame",
            b"",
        ),
        one("timeout", "HTTP/1.1 504", "GET /slow HTTP/1.1", b""),
        one("panic", "HTTP/1.1 500", "GET /panic HTTP/1.1", b""),
    ]
}

/// A head with so many headers of 3 KiB, beside those that every request has.
fn many_headers(n: usize) -> String {
    let header = |n| format!("\nx-{n}: {}", "v".repeat(3 << 10));
    "GET /?many HTTP/1.1".to_owned() + &(0..n).map(header).collect::<String>()
}

fn heads() -> Vec<Case> {
    let odd = b"GET /headers HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-odd: caf\xe9\xff\r\nX-Case: A\r\n\r\n";
    vec![
        one(
            "duplicate headers",
            "HTTP/1.1 200",
            "GET /headers HTTP/1.1\naccept: a\nx-b: 1\naccept: b\nX-B: 2\naccept: a",
            b"",
        ),
        one(
            "empty header",
            "HTTP/1.1 200",
            "GET /headers HTTP/1.1\nx-empty:\nx-blank:   ",
            b"",
        ),
        one("100 long headers", "HTTP/1.1 200", &many_headers(97), b""),
        one("101 headers", "HTTP/1.1 431", &many_headers(99), b""),
        one(
            "private header",
            "HTTP/1.1 200",
            "GET /headers HTTP/1.1\nx-private: 1\nx-stamp: mine",
            b"",
        ),
        one(
            "secrets",
            "HTTP/1.1 200",
            "GET /headers?token=abc HTTP/1.1\nauthorization: Bearer s\ncookie: a=1; b=2",
            b"",
        ),
        case(
            "header that is no UTF-8",
            "HTTP/1.1 200",
            1,
            vec![Act::Send(odd.to_vec())],
        ),
        lines(
            "absolute form",
            "HTTP/1.1 200",
            1,
            "GET http://notes.example/headers?a=b HTTP/1.1\nhost: notes.example\nconnection: close\n\n",
        ),
        lines(
            "asterisk form",
            "HTTP/1.1",
            1,
            "OPTIONS * HTTP/1.1\nhost: x\nconnection: close\n\n",
        ),
        lines(
            "no host",
            "HTTP/1.1 200",
            1,
            "GET / HTTP/1.1\nconnection: close\n\n",
        ),
        lines("HTTP/1.0", "HTTP/1.0 200", 1, "GET /headers HTTP/1.0\n\n"),
        lines(
            "a stream for HTTP/1.0",
            "HTTP/1.0 200",
            1,
            "GET /stream HTTP/1.0\n\n",
        ),
        lines(
            "keep-alive for HTTP/1.0",
            "HTTP/1.0 200",
            2,
            "GET / HTTP/1.0\nconnection: keep-alive\n\nGET / HTTP/1.0\n\n",
        ),
        lines("no HTTP at all", "HTTP/1.1 400", 1, "HELO notes\n\n"),
        lines(
            "space in a name",
            "HTTP/1.1 400",
            1,
            "GET / HTTP/1.1\nbad name: x\n\n",
        ),
    ]
}

fn connections() -> Vec<Case> {
    let mut slow = request("POST /echo HTTP/1.1", b"late body");
    let rest = slow.split_off(slow.len() - 9);
    vec![
        lines("keep-alive", "HTTP/1.1 200", 3,
            "GET / HTTP/1.1\nhost: x\n\nGET /nowhere HTTP/1.1\nhost: x\n\nHEAD / HTTP/1.1\nhost: x\nconnection: close\n\n"),
        lines("pipelined with bodies", "HTTP/1.1 200", 3,
            "POST /echo HTTP/1.1\nhost: x\ncontent-length: 3\n\nabcPOST /echo HTTP/1.1\nhost: x\ntransfer-encoding: chunked\n\n1\nz\n0\n\nGET /stream HTTP/1.1\nhost: x\nconnection: close\n\n"),
        case("100-continue", "HTTP/1.1 100", 1, vec![
            Act::Send(b"POST /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n".to_vec()),
            Act::Await(b"\r\n\r\n"),
            Act::Send(b"body".to_vec()),
        ]),
        case("100-continue that nobody wants", "HTTP/1.1 404", 1, vec![
            Act::Send(b"POST /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n".to_vec()),
        ]),
        case("a body that comes later", "HTTP/1.1 200", 1, vec![
            Act::Send(slow),
            Act::Send(rest),
        ]),
        case("gone before the body", "", 1, vec![
            Act::Send(b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\nsome".to_vec()),
            Act::Leave,
        ]),
        case("gone before the answer", "", 1, vec![
            Act::Send(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
            Act::Wait(PATIENCE / 2),
            Act::Leave,
        ]),
        case("gone in the head", "", 1, vec![
            Act::Send(b"GET /slow HTTP/1.1\r\nhos".to_vec()),
            Act::Leave,
        ]),
        one("healthy after that", "HTTP/1.1 200", "GET / HTTP/1.1", b""),
    ]
}
