//! Panics: in a handler, in a layer, in a body, in a `Drop`; caught, and not.

use super::ask;
use onionskin::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
    testing::Recorded,
    wire::{MarkKind, Outcome},
};
use std::convert::Infallible;
use tower_http::catch_panic::CatchPanicLayer;

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

async fn handler() {
    panic!("in the handler");
}

async fn dropping() -> &'static str {
    let _bomb = Bomb;
    "not sent"
}

async fn before(_: Request, _: Next) -> Response {
    panic!("in the layer");
}

async fn after(request: Request, next: Next) -> Response {
    drop(next.run(request).await);
    panic!("behind the view");
}

/// A body that breaks off.
async fn breaking() -> Body {
    let parts = futures_util::stream::iter(0..3).map(|n| match n {
        0 => Ok::<_, Infallible>(Bytes::from_static(b"some of it")),
        _ => panic!("in the body"),
    });
    use futures_util::StreamExt as _;
    Body::from_stream(parts)
}

/// A body that is whole, and panics when it is done with.
async fn bomb_in_body() -> Body {
    use futures_util::StreamExt as _;
    let bomb = Bomb;
    Body::from_stream(futures_util::stream::iter(["all of it"]).map(move |part| {
        let _ = &bomb;
        Ok::<_, Infallible>(Bytes::from_static(part.as_bytes()))
    }))
}

fn app() -> Router {
    let ok = || get(|| async { "ok" });
    Router::new()
        .route("/conn/handler", get(handler))
        .route("/conn/drop", get(dropping))
        .route("/conn/before", ok().layer(from_fn(before)))
        .route("/conn/after", ok().layer(from_fn(after)))
        .route("/conn/body", get(breaking))
        .route("/conn/body/drop", get(bomb_in_body))
}

/// Message, name of the place, caught.
fn panicked(cycle: &Recorded) -> (&str, &str, bool) {
    let Outcome::Panicked {
        site,
        message,
        at,
        caught,
    } = &cycle.outcome
    else {
        panic!("{:?} {cycle}", cycle.outcome);
    };
    assert!(
        at.as_ref().unwrap().contains("suite/view/panics.rs:"),
        "{at:?}"
    );
    let backtrace = cycle.marks.iter().find_map(|m| match &m.what {
        MarkKind::Panic { backtrace, .. } => Some(backtrace),
        _ => None,
    });
    // Folded: the frames of this file are there, those of axum, hyper and tokio are not.
    let backtrace = backtrace.unwrap();
    assert!(
        backtrace
            .iter()
            .any(|f| f.at.contains("suite/view/panics.rs:")),
        "{backtrace:#?}"
    );
    assert!(
        backtrace.iter().all(|f| !f.function.starts_with("hyper")),
        "{backtrace:#?}"
    );
    assert!(backtrace.iter().any(|f| f.folded > 0), "{backtrace:#?}");
    let said = cycle.to_string();
    assert!(
        said.contains("· panic at ") && said.contains("panics.rs:"),
        "{said}"
    );
    let site = site.map_or("", |site| &cycle.sites[site].name);
    (message.as_deref().unwrap(), site, *caught)
}

#[tokio::test]
async fn each_is_named_with_its_place_whether_it_is_caught_or_not() {
    for (path, message, site) in [
        ("handler", "in the handler", "panics::handler"),
        ("drop", "dropped", "dropping"),
        ("before", "in the layer", "before"),
        ("after", "behind the view", "after"),
    ] {
        let head = format!("GET /conn/{path} HTTP/1.1");
        let (answer, cycle) = ask(app(), &head, b"").await;
        assert_eq!(answer, "", "the connection just ends");
        assert_eq!(panicked(&cycle), (message, site, false), "{path}");
        assert_eq!(cycle.status, None);

        let (answer, cycle) = ask(app().layer(CatchPanicLayer::new()), &head, b"").await;
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        assert_eq!(panicked(&cycle), (message, site, true), "{path}");
        assert_eq!(cycle.status, Some(500));
    }
}

#[tokio::test]
async fn secrets_in_messages_are_masked() {
    let view = || async {
        let number = "canary".parse::<u8>().map_err(|_| "password=canary");
        number.expect("a number").to_string()
    };
    let app = Router::new().route("/conn", get(view));
    let (_, cycle) = ask(app, "GET /conn HTTP/1.1", b"").await;
    let (message, ..) = panicked(&cycle);
    assert!(message.contains("password=[redacted #"), "{message}");
    let json = serde_json::to_string(&*cycle).unwrap();
    assert!(!json.contains("canary"), "{json}");
}

#[tokio::test]
async fn in_a_body_no_layer_catches_it() {
    for catching in [false, true] {
        let app = if catching {
            app().layer(CatchPanicLayer::new())
        } else {
            app()
        };
        let (answer, cycle) = ask(app.clone(), "GET /conn/body HTTP/1.1", b"").await;
        assert!(!answer.contains("\r\n0\r\n"), "not whole: {answer}");
        let (message, _, caught) = panicked(&cycle);
        assert_eq!((message, caught), ("in the body", false));
        assert_eq!(cycle.status, Some(200));

        // The cycle ends, too, where the body panics after its last frame.
        let (_, cycle) = ask(app, "GET /conn/body/drop HTTP/1.1", b"").await;
        let (message, _, caught) = panicked(&cycle);
        assert_eq!((message, caught), ("dropped", false));
    }
}

/// In a process of its own: a hook is everybody's.
#[test]
fn a_hook_of_the_apps_own_is_called_as_before() {
    const CHILD: &str = "ONIONSKIN_TEST_OF_A_HOOK";
    const NAME: &str = "view::panics::a_hook_of_the_apps_own_is_called_as_before";
    if std::env::var_os(CHILD).is_some() {
        std::panic::set_hook(Box::new(|info| eprintln!("the app's own hook: {info}")));
        let app = Router::new()
            .route("/conn", get(handler))
            .layer(CatchPanicLayer::new());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let (_, cycle) = runtime
            .unwrap()
            .block_on(ask(app, "GET /conn HTTP/1.1", b""));
        assert!(matches!(cycle.outcome, Outcome::Panicked { .. }));
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("the app's own hook: ").count(), 1, "{said}");
    assert!(said.contains("in the handler"), "{said}");
}
