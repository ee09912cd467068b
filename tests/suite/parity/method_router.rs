//! Each method of `MethodRouter`, and the functions that make one.

use super::{Mark, same, service};

/// One request for each method that there is, and one that there is not.
const METHODS: [&str; 10] = [
    "GET /",
    "HEAD /",
    "POST / b",
    "PUT /",
    "DELETE /",
    "PATCH /",
    "OPTIONS /",
    "TRACE /",
    "CONNECT /",
    "BREW /",
];

/// A router with one `MethodRouter` in it, asked with every method.
macro_rules! every_method {
    ($($make:expr),* $(,)?) => { $({
        macro_rules! made { ($axum:ident) => {{
            #[allow(unused_imports)]
            use $axum::routing::*;
            $axum::Router::<()>::new().route("/", $make)
        }}; }
        let (theirs, ours) = (
            super::answers(made!(axum), &METHODS),
            super::answers(made!(onionskin), &METHODS),
        );
        assert_eq!(theirs, ours, "{}", stringify!($make));
        assert!(theirs.iter().any(|answer| answer.contains("200 OK")), "{theirs:?}");
    })* };
}

#[test]
fn functions_for_handlers() {
    every_method!(
        get(|| async { "get" }),
        head(|| async { "head" }),
        post(|| async { "post" }),
        put(|| async { "put" }),
        delete(|| async { "delete" }),
        patch(|| async { "patch" }),
        options(|| async { "options" }),
        trace(|| async { "trace" }),
        connect(|| async { "connect" }),
        any(|| async { "any" }),
        on(MethodFilter::GET.or(MethodFilter::PUT), || async { "on" }),
    );
}

#[test]
fn functions_for_services() {
    every_method!(
        get_service(service("get")),
        head_service(service("head")),
        post_service(service("post")),
        put_service(service("put")),
        delete_service(service("delete")),
        patch_service(service("patch")),
        options_service(service("options")),
        trace_service(service("trace")),
        connect_service(service("connect")),
        any_service(service("any")),
        on_service(MethodFilter::GET.or(MethodFilter::PUT), service("on")),
    );
}

#[test]
fn chained_handlers_and_services() {
    every_method!(
        get(|| async { "get" })
            .head(|| async { "head" })
            .post(|| async { "post" })
            .put(|| async { "put" })
            .delete(|| async { "delete" })
            .patch(|| async { "patch" })
            .options(|| async { "options" })
            .trace(|| async { "trace" })
            .connect(|| async { "connect" }),
        get_service(service("get"))
            .head_service(service("head"))
            .post_service(service("post"))
            .put_service(service("put"))
            .delete_service(service("delete"))
            .patch_service(service("patch"))
            .options_service(service("options"))
            .trace_service(service("trace"))
            .connect_service(service("connect")),
        MethodRouter::new().on(MethodFilter::PATCH, || async { "patched" }),
        MethodRouter::default().on_service(MethodFilter::GET, service("got")),
        get(|| async { "get" }).merge(post(|| async { "post" })),
        get(|| async { "get" }).fallback(|| async { "else" }),
        get(|| async { "get" }).fallback_service(service("else")),
        get(|| async { "get" }).merge(post(|| async { "post" }).fallback(|| async { "else" })),
    );
}

#[test]
fn layers() {
    every_method!(
        get(|| async { "get" }).layer(Mark("all")),
        get(|| async { "get" })
            .route_layer(Mark("some"))
            .post(|| async { "bare" }),
        get(|| async { "get" })
            .layer(Mark("in"))
            .post(|| async { "post" })
            .layer(Mark("out")),
        any(|| async { "any" }).layer(Mark("all")),
    );
}

#[test]
fn errors_that_are_handled() {
    async fn refuse(
        _: axum::extract::Request,
    ) -> Result<axum::response::Response, std::fmt::Error> {
        Err(std::fmt::Error)
    }
    every_method!(
        get_service(tower::service_fn(refuse))
            .handle_error(|error: std::fmt::Error| async move { format!("handled {error}") })
    );
}

#[test]
fn as_a_service_and_as_a_handler() {
    same!(&METHODS, |axum| axum::routing::get::<_, _, ()>(|| async {
        "alone"
    }));
    same!(&METHODS, |axum| {
        use axum::{Router, extract::State, routing::get};
        let inner = get(|State(n): State<u8>| async move { n.to_string() });
        Router::new().fallback(inner.with_state(7))
    });
    // Every router takes axum's own, built by another crate perhaps.
    let foreign = axum::routing::get::<_, _, ()>(|| async { "foreign" }).put(|| async { "put" });
    let ours = onionskin::routing::MethodRouter::from(foreign.clone());
    assert_eq!(
        super::answers(foreign, &METHODS),
        super::answers(ours, &METHODS)
    );
}
