//! Extensions whose values the app wants to see; headers that a layer marks sensitive late.

use onionskin::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
    testing,
    wire::{Edge, ExtensionEdit},
};

#[derive(Clone, Debug)]
struct Visitor {
    visits: u32,
    token: &'static str,
}

async fn arrives(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Visitor {
        visits: 1,
        token: "canary-0123456789",
    });
    next.run(request).await
}

async fn comes_again(mut request: Request, next: Next) -> Response {
    if let Some(visitor) = request.extensions_mut().get_mut::<Visitor>() {
        visitor.visits += 1;
    }
    next.run(request).await
}

async fn leaves(mut request: Request, next: Next) -> Response {
    let visitor = request.extensions_mut().remove::<Visitor>();
    assert_eq!(visitor.map(|v| (v.visits, v.token.len())), Some((2, 17)));
    next.run(request).await
}

async fn looks_only(request: Request, next: Next) -> Response {
    next.run(request).await
}

#[tokio::test]
async fn the_value_of_a_watched_extension_is_shown_where_it_changes() {
    onionskin::watch_extension::<Visitor>();
    let app = Router::new()
        .route("/", get(|| async { "Hello" }))
        .layer(from_fn(leaves))
        .layer(from_fn(looks_only))
        .layer(from_fn(comes_again))
        .layer(from_fn(arrives));
    let (_, cycle) = testing::run(app, Request::new(Body::empty())).await;

    let edits: Vec<_> = cycle
        .steps
        .iter()
        .filter(|step| step.edge == Edge::In)
        .flat_map(|step| step.delta.iter().flat_map(|delta| &delta.extensions))
        .filter(|edit| edit.type_name().ends_with("::Visitor"))
        .collect();
    let [
        ExtensionEdit::Add {
            value: Some(first), ..
        },
        ExtensionEdit::Change {
            from: Some(from),
            to,
            ..
        },
        ExtensionEdit::Remove { .. },
    ] = &edits[..]
    else {
        panic!("{edits:?}");
    };
    assert!(
        first.starts_with("Visitor { visits: 1, token: [redacted #"),
        "{first}"
    );
    assert_eq!(first, from);
    assert!(
        to.starts_with("Visitor { visits: 2, token: [redacted #"),
        "{to}"
    );
    let timeline = format!("{cycle}");
    assert!(timeline.contains("+ ext Visitor { visits: 1"), "{timeline}");
    assert!(!timeline.contains("canary"), "{timeline}");

    let replay = cycle.replay();
    let inside = cycle.steps.iter().filter(|step| step.edge == Edge::In);
    let values: Vec<_> = inside
        .filter_map(|step| replay.request(step.seq))
        .map(|message| {
            let mut held = message.extensions.iter();
            held.find_map(|held| held.value.value.clone())
        })
        .collect();
    assert!(values.contains(&Some(first.clone())) && values.contains(&Some(to.clone())));
    assert_eq!(values.last(), Some(&None), "the view has none any more");
}

async fn hides(mut request: Request, next: Next) -> Response {
    for name in ["x-note", "x-secret-free"] {
        if let Some(value) = request.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
    next.run(request).await
}

#[tokio::test]
async fn a_value_that_an_inner_layer_marks_sensitive_is_masked_further_out_too() {
    let app = Router::new()
        .route("/", get(|| async { "Hello" }))
        .layer(from_fn(hides))
        .layer(from_fn(looks_only));
    let request = Request::builder()
        .header("x-note", "canary-1")
        .header("x-other", "stays")
        .header("x-long", "y".repeat(300))
        .header("x-note", "canary-2")
        .body(Body::empty())
        .unwrap();
    let (_, cycle) = testing::run(app, request).await;

    let replay = cycle.replay();
    for step in cycle.steps.iter().filter(|step| step.edge == Edge::In) {
        let Some(message) = replay.request(step.seq) else {
            continue;
        };
        let shown: Vec<_> = message
            .headers
            .iter()
            .map(|held| (held.value.redacted, held.value.value.0.clone()))
            .collect();
        let clear: Vec<_> = shown.iter().filter(|(masked, _)| !masked).collect();
        assert_eq!(shown.len(), 4);
        // `get_mut` marks the first of the two.
        assert!(
            shown[0].0 && shown[0].1.starts_with(b"[redacted #"),
            "{shown:?}"
        );
        assert_eq!(clear.len(), 3, "{shown:?}");
    }
}
