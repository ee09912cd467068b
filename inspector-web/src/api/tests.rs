use super::*;
use crate::{
    fixture::{RUN, cycle, hello},
    guard::Token,
    model::Problem,
    store::{Arrival, Intake, Item, Record, Session},
};
use axum::body::{Body, to_bytes};
use onionskin::link::protocol::Message;
use std::time::Duration;

/// An API with one cycle in it.
fn api() -> (Guard, Router, Session) {
    let store = Store::new(1 << 20);
    let session = store.connect(&hello(RUN)).unwrap();
    let mut odd = cycle(RUN, 2);
    odd.steps[1].seq = 7;
    let items = [cycle(RUN, 1), odd].map(|cycle| {
        let cycle = Box::new(cycle);
        let message = Message::Cycle {
            cycle: cycle.clone(),
        };
        let json = serde_json::to_vec(&message).unwrap();
        Item::Cycle(Box::new(Arrival::new(&cycle, Record::Json(json.into()))))
    });
    assert!(session.commit(Intake {
        items: items.into(),
        ..Intake::default()
    }));
    let closing = watch::channel(false).1;
    let api = Api::new(
        store,
        Some(Path::new("/run/x")),
        None,
        Limits::default(),
        closing,
    );
    let guard = Guard::new(80, Token::from_text("t"), Duration::ZERO);
    (guard, router(api), session)
}

async fn get(path: &str) -> Response {
    let (guard, router, _session) = api();
    let request = Request::get(path)
        .header("host", "localhost")
        .header("authorization", "Bearer t")
        .body(Body::empty())
        .unwrap();
    answer(&guard, router, request).await
}

#[tokio::test]
async fn what_can_not_be_answered_says_why() {
    let kept = format!("/api/cycles/{RUN}");
    for (path, status, words) in [
        ("/nothing", 404, "nothing at this path"),
        ("/api/cycles/unknown", 404, "made room"),
        (&format!("{kept}-3"), 404, "made room"),
        (&format!("{kept}-1/steps/3"), 404, "3 steps"),
        (&format!("{kept}-2/steps/0"), 422, "step 7"),
        (&format!("{kept}-1/steps/x"), 400, "x"),
        (&format!("{kept}-3/timeline"), 404, "made room"),
        (&format!("{kept}-3/insights"), 404, "made room"),
        (&format!("{kept}-1/steps/3/view"), 404, "3 steps"),
        (&format!("{kept}-2/steps/0/view"), 422, "step 7"),
        (&format!("{kept}-1/steps/-1"), 400, "-1"),
        (&format!("{kept}-1/bodies/1"), 404, "1 bodies"),
        (&format!("{kept}-1/bodies/1/view"), 404, "1 bodies"),
        (
            &format!("{kept}-1/bodies/0/view?against=1"),
            404,
            "1 bodies",
        ),
        (&format!("{kept}-1/bodies/0/view?as=pdf"), 400, "pdf"),
        (&format!("{kept}-1/bodies/0/view?encoded=2"), 400, "0 or 1"),
        ("/api/compare?a=x", 400, "b"),
        (
            &format!("/api/compare?a={RUN}-1&b={RUN}-3"),
            404,
            "made room",
        ),
        (&format!("/api/compare?a={RUN}-1&b={RUN}-2"), 422, "step 7"),
        ("/api/cycles/%ff", 400, "UTF-8"),
        ("/api/cycles?limit=0", 400, "1 to 1000"),
        ("/api/cycles?limit=1001", 400, "1 to 1000"),
        ("/api/cycles?before=-1", 400, "before"),
        ("/api/cycles?filter=stauts:500", 400, "no field \"stauts\""),
        ("/api/live?filter=(", 400, "missing"),
        ("/api/apps/ffffffffffff/stack", 404, "map"),
        (&format!("/api/apps/{RUN}/stack"), 404, "map"),
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), status, "{path}");
        let kind = &response.headers()[header::CONTENT_TYPE];
        assert_eq!(kind, "application/problem+json", "{path}");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.status, status);
        assert!(problem.detail.contains(words), "{path}: {}", problem.detail);
    }
}

#[tokio::test]
async fn every_answer_is_shielded() {
    for path in [
        "/",
        "/app.js",
        "/app.css",
        "/api/status",
        "/api/live",
        "/nothing",
    ] {
        let response = get(path).await;
        let headers = response.headers();
        for (name, value) in HEADERS {
            assert_eq!(headers[&name], value, "{path}: {name}");
        }
        assert!(
            !headers
                .keys()
                .any(|name| name.as_str().starts_with("access-control"))
        );
    }
    let (guard, router, _session) = api();
    let foreign = Request::get("/").body(Body::empty()).unwrap();
    let response = answer(&guard, router, foreign).await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_body_is_a_file_to_save_and_nothing_to_show() {
    let response = get(&format!("/api/cycles/{RUN}-1/bodies/0")).await;
    let headers = response.headers();
    assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"));
    let disposition = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.starts_with("attachment;"), "{disposition}");
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    assert_eq!(&body[..], [0, 0xff, b'<', b'>']);
}

#[tokio::test]
async fn the_page_holds_no_secret_and_no_inline_script() {
    let response = get("/").await;
    let body = to_bytes(response.into_body(), 100_000).await.unwrap();
    let page = std::str::from_utf8(&body).unwrap();
    assert!(page.contains("<title>Onionskin</title>"));
    for script in page.split("<script").skip(1) {
        let (attributes, content) = script.split_once('>').unwrap();
        assert!(attributes.contains(" src=\"/app.js\"") && content.starts_with("</script>"));
    }
    assert!(!page.contains("style=") && !page.contains(" on"), "{page}");
    let script = include_str!("../../dist/app.js");
    for unsafe_sink in [
        ".innerHTML",
        ".outerHTML",
        "insertAdjacentHTML",
        "eval(",
        "new Function",
        "document.write",
    ] {
        assert!(!script.contains(unsafe_sink), "{unsafe_sink}");
    }
    // What an app sent becomes a document in one place only: a frame with an empty sandbox.
    assert_eq!(script.matches("createPolicy").count(), 1);
    assert_eq!(script.matches("srcdoc").count(), 1);
}
