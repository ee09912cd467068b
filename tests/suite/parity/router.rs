//! Each method of `Router`.

use super::{Mark, same, service};

#[test]
fn routes_nests_and_merges() {
    let asked = [
        "GET /",
        "HEAD /",
        "POST /",
        "GET /nowhere",
        "GET /books/7",
        "GET /books/%20",
        "GET /books/",
        "GET /static/a/b.css",
        "GET /static",
        "GET /static/",
        "GET /shop/items/3",
        "PUT /shop/items/3",
        "GET /shop",
        "GET /shop/nowhere",
        "GET /merged",
        "DELETE /any",
        "GET /svc?x=1",
    ];
    let answers = same!(&asked, |axum| {
        use axum::{
            Router,
            extract::Path,
            routing::{any, get, put},
        };
        let shop = Router::new().route(
            "/items/{id}",
            get(|Path(id): Path<u8>| async move { format!("item {id}") })
                .merge(put(|| async { "put" })),
        );
        Router::<()>::new()
            .route("/", get(|| async { "root" }))
            .route(
                "/books/{id}",
                get(|Path(id): Path<String>| async move { id }),
            )
            .nest("/shop", shop)
            .nest_service("/static", service("files"))
            .merge(Router::new().route("/merged", get(|| async { "merged" })))
            .route("/any", any(|| async { "any" }))
            .route_service("/svc", service("svc"))
    });
    assert!(answers[0].ends_with("root"), "{}", answers[0]);
    assert!(answers[2].contains("405"), "{}", answers[2]);
    assert!(answers[7].ends_with("files /a/b.css"), "{}", answers[7]);
}

#[test]
fn fallbacks() {
    let asked = [
        "GET /",
        "POST /",
        "GET /x",
        "GET /in",
        "POST /in",
        "GET /in/x",
    ];
    let plain = same!(&asked, |axum| {
        use axum::{Router, routing::get};
        Router::<()>::new()
            .route("/", get(|| async { "root" }))
            .nest("/in", Router::new().route("/", get(|| async { "in" })))
            .fallback(|| async { "lost" })
            .method_not_allowed_fallback(|| async { "not so" })
    });
    assert!(plain[1].ends_with("not so"));
    assert!(plain[5].ends_with("lost"));
    let own = same!(&asked, |axum| {
        use axum::{Router, routing::get};
        let inner = Router::new()
            .route("/", get(|| async { "in" }))
            .fallback_service(service("inner"));
        Router::<()>::new()
            .route("/", get(|| async { "root" }))
            .nest("/in", inner)
            .fallback_service(service("outer"))
    });
    assert!(own[5].ends_with("inner /x"), "{}", own[5]);
    let reset = same!(&asked, |axum| {
        use axum::{Router, routing::get};
        let router: Router = Router::new()
            .route("/", get(|| async { "root" }))
            .fallback(|| async { "lost" })
            .reset_fallback();
        // The fallback is the default one again, so another may be merged in.
        router.merge(Router::new().fallback(|| async { "other" }))
    });
    assert!(reset[2].ends_with("other"), "{}", reset[2]);
    same!(&asked, |axum| {
        axum::Router::<()>::new().fallback(|| async { "only" })
    });
    same!(&asked, |axum| axum::Router::<()>::default());
}

#[test]
fn layers_run_in_the_same_order() {
    let asked = [
        "GET /",
        "GET /late",
        "GET /nowhere",
        "POST /",
        "GET /in/x",
        "GET /in",
    ];
    let answers = same!(&asked, |axum| {
        use axum::{Router, routing::get};
        let inner = Router::new()
            .route("/", get(|| async { "in" }).layer(Mark("method")))
            .layer(Mark("nested"));
        Router::<()>::new()
            .route("/", get(|| async { "root" }))
            .route_layer(Mark("route"))
            .layer(Mark("inner"))
            .layer(Mark("outer"))
            .route("/late", get(|| async { "late" }))
            .nest("/in", inner)
    });
    assert!(answers[0].contains(r#""x-mark": "route", "x-mark": "inner", "x-mark": "outer""#));
    assert!(answers[5].contains(r#""x-mark": "method", "x-mark": "nested""#));
}

#[test]
fn state_and_extractors() {
    let asked = [
        "GET /7",
        "GET /x",
        "POST /json {\"a\":1}",
        "GET /uri/a?b=c",
        "GET /in/uri",
    ];
    let answers = same!(&asked, |axum| {
        use axum::{
            Router,
            extract::{FromRef, MatchedPath, NestedPath, OriginalUri, Path, State},
            routing::get,
        };
        #[derive(Clone)]
        struct App(u32);
        impl FromRef<App> for u32 {
            fn from_ref(app: &App) -> u32 {
                app.0
            }
        }
        let inner = Router::new().route(
            "/uri",
            get(
                |OriginalUri(uri): OriginalUri, nested: NestedPath| async move {
                    format!("{uri} {}", nested.as_str())
                },
            ),
        );
        Router::new()
            .route(
                "/{id}",
                get(
                    |State(n): State<u32>, Path(id): Path<u32>| async move { (n + id).to_string() },
                ),
            )
            .route(
                "/uri/{*rest}",
                get(|path: MatchedPath| async move { path.as_str().to_owned() }),
            )
            .nest("/in", inner)
            .with_state::<()>(App(35))
    });
    assert!(answers[0].ends_with(" 42"));
    assert!(answers[4].ends_with("/in/uri /in"), "{}", answers[4]);
}

#[test]
fn services_made_of_it() {
    let asked = ["GET /", "GET /x"];
    same!(&asked, |axum| {
        use axum::{Router, routing::get};
        Router::<()>::new()
            .route("/", get(|| async { "root" }))
            .into_service::<axum::body::Body>()
    });
    let (mut theirs, mut ours) = (
        axum::Router::<()>::new().route("/", axum::routing::get(|| async { "root" })),
        onionskin::Router::<()>::new().route("/", onionskin::routing::get(|| async { "root" })),
    );
    assert_eq!(
        super::answers(theirs.as_service::<axum::body::Body>(), &asked),
        super::answers(ours.as_service::<axum::body::Body>(), &asked)
    );
    assert_eq!((theirs.has_routes(), ours.has_routes()), (true, true));
    assert!(!onionskin::Router::<()>::new().has_routes());
}

#[test]
fn old_path_syntax() {
    let asked = ["GET /:id", "GET /7", "GET /*x"];
    let answers = same!(&asked, |axum| {
        use axum::{Router, routing::get};
        Router::<()>::new()
            .without_v07_checks()
            .route("/:id", get(|| async { "literally" }))
            .route("/*x", get(|| async { "so" }))
    });
    assert!(answers[0].ends_with("literally"));
}
