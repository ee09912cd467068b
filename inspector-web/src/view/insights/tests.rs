use super::*;
use crate::view::samples::{get_request, record, shop};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use onionskin::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
    wire::{Mark, MarkKind},
};
use std::time::Duration;

fn kinds(cycle: &Cycle) -> Vec<InsightKind> {
    insights(cycle).into_iter().map(|i| i.kind).collect()
}

fn only(cycle: &Cycle) -> Insight {
    let mut insights = insights(cycle);
    assert_eq!(insights.len(), 1, "{insights:#?}");
    insights.remove(0)
}

fn answer_with(headers: &'static [(&'static str, &'static str)]) -> Router {
    let handler = async move || {
        let mut response = "hello".into_response();
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            response
                .headers_mut()
                .append(name, HeaderValue::from_static(value));
        }
        response
    };
    Router::new().route("/", get(handler))
}

#[test]
fn a_header_that_is_set_over_another_is_told_once() {
    let insight = only(&record(shop(), get_request("/books/7")));
    assert_eq!(insight.kind, InsightKind::HeaderOverwritten);
    assert_eq!(
        insight.text,
        "stamp set x-served-by: stamp, where book had set book"
    );
    assert_eq!(kinds(&record(shop(), get_request("/admin"))), []);
}

#[test]
fn a_header_that_is_added_to_is_none_that_is_set_over() {
    async fn more(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let headers = response.headers_mut();
        headers.insert(
            "cache-control",
            HeaderValue::from_static("no-cache, private"),
        );
        headers.insert("vary", HeaderValue::from_static("origin"));
        response
    }
    let app =
        answer_with(&[("cache-control", "no-cache"), ("vary", "accept")]).layer(from_fn(more));
    assert_eq!(kinds(&record(app, get_request("/"))), []);
}

#[test]
fn a_session_that_scripts_can_read_is_told() {
    let app = answer_with(&[
        ("set-cookie", "shop_sid=canary; Path=/; SameSite=Lax"),
        ("set-cookie", "session=canary; HttpOnly"),
        ("set-cookie", "csrf_session=canary"),
        ("set-cookie", "old_session=; Path=/; Max-Age=0"),
        ("set-cookie", "theme=dark"),
    ]);
    let insight = only(&record(app, get_request("/")));
    assert_eq!(insight.kind, InsightKind::ReadableCookie);
    assert!(
        insight
            .text
            .ends_with("set the cookie shop_sid without HttpOnly"),
        "{insight:?}"
    );
}

#[test]
fn a_thread_that_was_kept_is_told_and_one_that_waited_is_not() {
    const LONG: Duration = Duration::from_millis(120);
    let app = Router::new()
        .route("/kept", get(async || std::thread::sleep(LONG)))
        .route("/waited", get(async || tokio::time::sleep(LONG).await));
    let insight = only(&record(app.clone(), get_request("/kept")));
    assert_eq!(insight.kind, InsightKind::BlockedThread);
    assert_eq!(kinds(&record(app, get_request("/waited"))), []);
}

#[test]
fn a_preflight_that_the_cors_layer_never_saw_is_told() {
    async fn cors(request: Request, next: Next) -> Response {
        match *request.method() == Method::OPTIONS {
            true => [("access-control-allow-origin", "*")].into_response(),
            false => next.run(request).await,
        }
    }
    async fn login(request: Request, next: Next) -> Response {
        match request.headers().contains_key("authorization") {
            true => next.run(request).await,
            false => StatusCode::UNAUTHORIZED.into_response(),
        }
    }
    let route = || Router::new().route("/", post(async || "done"));
    let preflight = || {
        Request::options("/")
            .header("origin", "http://localhost:5173")
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap()
    };
    let refused = route().layer(from_fn(cors)).layer(from_fn(login));
    let insight = only(&record(refused, preflight()));
    assert_eq!(insight.kind, InsightKind::PreflightRefused);
    assert!(
        insight
            .text
            .starts_with("login refused a preflight before cors"),
        "{insight:?}"
    );
    let allowed = route().layer(from_fn(login)).layer(from_fn(cors));
    assert_eq!(kinds(&record(allowed, preflight())), []);
}

#[test]
fn a_body_that_was_copied_is_told() {
    async fn log_body(request: Request, next: Next) -> Response {
        let (head, body) = request.into_parts();
        let bytes = to_bytes(body, 1000).await.unwrap();
        next.run(Request::from_parts(head, bytes.into())).await
    }
    let app = Router::new()
        .route("/", post(async |body: String| body.len().to_string()))
        .layer(from_fn(log_body));
    let request = Request::post("/").body("hello".into()).unwrap();
    let insight = only(&record(app, request));
    assert_eq!(insight.kind, InsightKind::BodyBuffered);
    assert!(
        insight
            .text
            .starts_with("log_body took in the body of the request"),
        "{insight:?}"
    );
}

#[test]
fn a_body_with_something_around_it_is_not_told_as_copied() {
    async fn count(request: Request, next: Next) -> Response {
        let around = |body| Body::from_stream(Body::into_data_stream(body));
        next.run(request.map(around)).await.map(around)
    }
    let app = Router::new()
        .route("/", post(async |body: String| body))
        .layer(from_fn(count));
    let request = Request::post("/").body("hello".into()).unwrap();
    assert_eq!(kinds(&record(app, request)), []);
}

#[test]
fn what_is_compressed_already_is_told() {
    async fn compress(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let headers = response.headers_mut();
        let coding = match headers.contains_key("content-encoding") {
            true => "br, gzip",
            false => "gzip",
        };
        headers.insert("content-encoding", HeaderValue::from_static(coding));
        *response.body_mut() = Body::from("smaller");
        response
    }
    for (headers, told) in [
        (&[("content-type", "image/png")][..], true),
        (&[("content-encoding", "br")], true),
        (&[("content-type", "text/html")], false),
        (&[("content-type", "image/svg+xml")], false),
    ] {
        // The handler's own `content-type` is the first.
        let app = answer_with(headers).layer(from_fn(compress));
        let found = kinds(&record(app, get_request("/")));
        assert_eq!(
            found.contains(&InsightKind::CompressedTwice),
            told,
            "{headers:?} {found:?}"
        );
    }
}

#[test]
fn a_query_in_a_loop_is_told_and_its_transactions_are_not() {
    let mut cycle = record(shop(), get_request("/admin"));
    let view = cycle
        .steps
        .iter()
        .find(|s| s.site.is_some_and(|i| cycle.sites[i].name == "guard"));
    let inside = view.unwrap().seq;
    let mut run = |statement: &str, times: usize| {
        for _ in 0..times {
            cycle.marks.push(Mark {
                t_ns: 0,
                after: inside,
                inside: Some(inside),
                what: MarkKind::Sql {
                    statement: statement.into(),
                    rows: None,
                    elapsed_ns: None,
                },
            });
        }
    };
    run("SELECT * FROM books WHERE id = ?", 3);
    run("SELECT 1", 2);
    run("begin", 9);
    let insight = only(&cycle);
    assert_eq!(insight.kind, InsightKind::RepeatedQuery);
    assert_eq!(
        insight.text,
        "guard ran the same statement 3 times: SELECT * FROM books WHERE id = ?"
    );
}
