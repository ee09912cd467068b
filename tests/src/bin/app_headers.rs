//! `app-headers SEED CASES`: random requests through random stacks of layers, in this process. For each case one line of
//! JSON: what every layer, and the view, saw itself, in order of time. Ends when its standard input does.

use onionskin::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri},
    middleware::{Next, from_fn},
    response::Response,
    routing::any,
};
use onionskin_tests::{observed::Observed, random::Random};
use std::{
    io::{Read as _, Write as _},
    sync::{Arc, Mutex},
};
use tower_service::Service as _;

/// Few names, so that edits meet; three of them are credentials.
const NAMES: [&str; 11] = [
    "x-a",
    "x-b",
    "x-c",
    "x-d",
    "accept",
    "via",
    "vary",
    "content-language",
    "cookie",
    "set-cookie",
    "authorization",
];
const VALUES: [&[u8]; 7] = [b"1", b"2", b"3", b"", b"a, b", b"caf\xe9\xff", b"x=1; y=2"];

#[derive(Clone, Debug)]
enum Edit {
    Insert(HeaderName, HeaderValue),
    Append(HeaderName, HeaderValue),
    Remove(HeaderName),
    /// Takes everything out and puts it in again, last first.
    Reverse,
    Clear,
    /// Nothing is different in the end.
    Undone(HeaderName, HeaderValue),
    Line(usize),
}

#[derive(Clone, Copy, Debug)]
enum Way {
    /// Hands the request on and the response back.
    Through,
    /// Answers by itself.
    Answers,
    /// Hands on a request built afresh.
    Rebuilds,
    /// Hands the request on twice.
    Twice,
}

#[derive(Clone, Debug)]
struct Plan {
    request: Vec<Edit>,
    response: Vec<Edit>,
    way: Way,
}

fn edits(random: &mut Random) -> Vec<Edit> {
    let many = if random.percent(30) {
        0
    } else {
        random.below(5)
    };
    let edit = |random: &mut Random| {
        let name = HeaderName::from_static(NAMES[random.below(NAMES.len())]);
        let value = HeaderValue::from_bytes(VALUES[random.below(VALUES.len())]).unwrap();
        match random.below(20) {
            0..7 => Edit::Insert(name, value),
            7..12 => Edit::Append(name, value),
            12..16 => Edit::Remove(name),
            16 => Edit::Reverse,
            17 if random.percent(30) => Edit::Clear,
            18 => Edit::Undone(name, value),
            _ => Edit::Line(random.below(3)),
        }
    };
    (0..many).map(|_| edit(random)).collect()
}

fn plan(random: &mut Random) -> Plan {
    Plan {
        request: edits(random),
        response: edits(random),
        way: match random.below(100) {
            0..5 => Way::Answers,
            5..12 => Way::Rebuilds,
            12..18 => Way::Twice,
            _ => Way::Through,
        },
    }
}

fn edit(headers: &mut HeaderMap, edit: &Edit) {
    match edit {
        Edit::Insert(name, value) => drop(headers.insert(name, value.clone())),
        Edit::Append(name, value) => drop(headers.append(name, value.clone())),
        Edit::Remove(name) => drop(headers.remove(name)),
        Edit::Clear => headers.clear(),
        Edit::Reverse => {
            let all = headers.iter().map(|(n, v)| (n.clone(), v.clone()));
            let mut all: Vec<_> = all.collect();
            headers.clear();
            while let Some((name, value)) = all.pop() {
                headers.append(name, value);
            }
        }
        Edit::Undone(name, value) => {
            let before = headers.clone();
            headers.insert(name, value.clone());
            *headers = before;
        }
        Edit::Line(_) => {}
    }
}

fn edit_request(request: &mut Request, edits: &[Edit]) {
    for one in edits {
        if let Edit::Line(which) = one {
            *request.uri_mut() = [Uri::from_static("/else"), Uri::from_static("/?page=2")]
                .get(*which)
                .cloned()
                .unwrap_or_else(|| request.uri().clone());
            *request.method_mut() = [Method::PUT, Method::GET, Method::POST][*which].clone();
        }
        edit(request.headers_mut(), one);
    }
}

fn edit_response(response: &mut Response, edits: &[Edit]) {
    for one in edits {
        if let Edit::Line(which) = one {
            let all = [
                StatusCode::OK,
                StatusCode::ACCEPTED,
                StatusCode::IM_A_TEAPOT,
            ];
            *response.status_mut() = all[*which];
        }
        edit(response.headers_mut(), one);
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Observed>>>);

impl Log {
    fn note(&self, inward: bool, line: String, headers: &HeaderMap) {
        let headers = headers.iter();
        self.0.lock().unwrap().push(Observed {
            inward,
            line,
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
        });
    }

    fn request(&self, request: &Request) {
        let line = format!("{} {}", request.method(), request.uri());
        self.note(true, line, request.headers());
    }

    fn response(&self, response: &Response) {
        self.note(
            false,
            response.status().as_u16().to_string(),
            response.headers(),
        );
    }
}

async fn act(plan: Plan, log: Log, mut request: Request, mut next: Next) -> Response {
    log.request(&request);
    edit_request(&mut request, &plan.request);
    let mut response = match plan.way {
        Way::Answers => Response::new(Body::empty()),
        Way::Through => next.run(request).await,
        Way::Rebuilds => {
            let (old, body) = request.into_parts();
            let mut new = Request::new(body);
            *new.method_mut() = old.method;
            *new.uri_mut() = old.uri;
            *new.headers_mut() = old.headers;
            next.run(new).await
        }
        Way::Twice => {
            let mut again = Request::new(Body::empty());
            *again.method_mut() = request.method().clone();
            *again.uri_mut() = request.uri().clone();
            *again.headers_mut() = request.headers().clone();
            *again.extensions_mut() = request.extensions().clone();
            // Not `Next` again: it may be asked once. Its clone is the service as it was.
            drop(next.clone().run(again).await);
            next = next.clone();
            next.run(request).await
        }
    };
    edit_response(&mut response, &plan.response);
    log.response(&response);
    response
}

async fn case(random: &mut Random) -> Vec<Observed> {
    let log = Log::default();
    let own = edits(random);
    let view = {
        let (own, log) = (own, log.clone());
        any(move |request: Request| async move {
            log.request(&request);
            let mut response = Response::new(Body::from("body"));
            edit_response(&mut response, &own);
            log.response(&response);
            response
        })
    };
    let mut app: Router = Router::new().route("/", view);
    for _ in 0..=random.below(8) {
        let (plan, log) = (plan(random), log.clone());
        app = app.layer(from_fn(move |request, next| {
            act(plan.clone(), log.clone(), request, next)
        }));
    }
    let mut request = Request::new(Body::empty());
    edit_request(&mut request, &edits(random));
    *request.uri_mut() = Uri::from_static("/");
    let Ok(response) = app.call(request).await;
    drop(onionskin::body::to_bytes(response.into_body(), 1 << 20).await);
    log.0.lock().unwrap().clone()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|n| n.parse::<u64>().unwrap());
    let (seed, cases) = (arguments.next().unwrap(), arguments.next().unwrap());
    let mut out = std::io::stdout().lock();
    for number in 0..cases {
        let seen = case(&mut Random::new(seed + number)).await;
        writeln!(out, "{}", serde_json::to_string(&seen).unwrap()).unwrap();
    }
    out.flush().unwrap();
    drop(out);
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
