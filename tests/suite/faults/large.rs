//! An app of ten thousand routes, and one of a thousand layers.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};
use tower::ServiceExt as _;

/// Runs on a thread with as much stack as so many layers need, on axum too.
fn with_stack<R: Send + 'static>(code: impl AsyncFnOnce() -> R + Send + 'static) -> R {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(code())
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    thread.spawn(run).unwrap().join().unwrap()
}

/// How far down the stack a view was.
static DEPTH: AtomicUsize = AtomicUsize::new(0);

fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local).addr())
}

macro_rules! of_layers {
    ($web:ident, $n:expr) => {{
        use $web::{
            Router,
            extract::Request,
            middleware::{Next, from_fn},
            routing::get,
        };
        let top = here();
        let view = move || async move {
            DEPTH.store(top - here(), Ordering::SeqCst);
            "seen"
        };
        let mut app = Router::new().route("/", get(view));
        for _ in 0..$n {
            app = app.layer(from_fn(async |request: Request, next: Next| {
                next.run(request).await
            }));
        }
        app
    }};
}

macro_rules! of_routes {
    ($web:ident, $n:expr) => {{
        use $web::{Router, extract::Path, routing::get};
        let mut app = Router::new();
        for n in 0..$n {
            let view = move |Path(id): Path<String>| async move { format!("{n} {id}") };
            app = app.route(&format!("/r{n}/{{id}}"), get(view));
        }
        app
    }};
}

type Answer = (u16, String);

async fn asked<S>(app: S, path: &str) -> Answer
where
    S: tower_service::Service<
            axum::extract::Request,
            Response = axum::response::Response,
            Error = Infallible,
        >,
{
    let request = axum::extract::Request::get(path).body(axum::body::Body::empty());
    let Ok(response) = app.oneshot(request.unwrap()).await;
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 10)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn a_thousand_layers_answer_as_on_axum_and_take_little_more_stack() {
    const LAYERS: usize = 1000;
    let (theirs, of_axum) = with_stack(async || {
        let answer = asked(of_layers!(axum, LAYERS), "/").await;
        (answer, DEPTH.load(Ordering::SeqCst))
    });
    let (ours, of_ours, cycle) = with_stack(async || {
        let app = of_layers!(onionskin, LAYERS);
        let answer = asked(app.clone(), "/").await;
        let depth = DEPTH.load(Ordering::SeqCst);
        let request = axum::extract::Request::new(axum::body::Body::empty());
        (answer, depth, onionskin::testing::run(app, request).await.1)
    });
    assert_eq!((&*theirs.1, &ours), ("seen", &theirs));
    assert!(
        of_axum > 0 && of_ours < of_axum / 4 * 5,
        "{of_ours} bytes, {of_axum} on axum"
    );
    let layer = |entered: &Option<usize>| {
        entered.is_some_and(|site| cycle.sites[site].kind == onionskin::wire::SiteKind::Layer)
    };
    let passed = cycle.steps.iter().filter(|step| layer(&step.site)).count();
    assert_eq!((passed, cycle.omitted.steps), (2 * LAYERS, 0));
}

#[test]
fn ten_thousand_routes_answer_as_on_axum() {
    const ROUTES: usize = 10_000;
    let (theirs, ours) = (of_routes!(axum, ROUTES), of_routes!(onionskin, ROUTES));
    let (theirs, ours) = with_stack(async move || {
        let mut answers = (Vec::new(), Vec::new());
        for path in ["/r0/x", "/r9999/y", "/r10000/z", "/r5000"] {
            answers.0.push(asked(theirs.clone(), path).await);
            answers.1.push(asked(ours.clone(), path).await);
        }
        answers
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours[1], (200, "9999 y".to_owned()));
    assert_eq!((ours[2].0, ours[3].0), (404, 404));
}
