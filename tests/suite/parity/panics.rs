//! What axum refuses with a panic is refused with the same words, at the same line of the caller's.

use super::{Mark, service};
use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Once,
};

thread_local! {
    /// Whether this thread is in [`panic_of`]; the panics of others are not ours.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Message and `file:line:column` of the panic that this code ends in.
fn panic_of<T>(code: impl FnOnce() -> T) -> (String, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !EXPECTED.get() {
                return next(info);
            }
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
            let at = info.location().unwrap().to_string();
            LAST.with_borrow_mut(|last| *last = text.map(|text| (text, at)));
            if std::env::var_os("PARITY_LOUD").is_some() {
                next(info);
            }
        }));
    });
    EXPECTED.set(true);
    let ended = catch_unwind(AssertUnwindSafe(code));
    EXPECTED.set(false);
    assert!(ended.is_err(), "this should be refused");
    LAST.take().expect("a panic with a message")
}

/// The same code is refused by both in the same words; where axum names the caller's line, so do we.
macro_rules! refused {
    ($($says:literal $where:ident |$axum:ident| $code:expr;)*) => { $({
        let theirs = {
            #[allow(unused_imports)]
            use ::axum::{self as $axum, Router, routing::*};
            panic_of(|| $code)
        };
        let ours = {
            #[allow(unused_imports)]
            use ::onionskin::{self as $axum, Router, routing::*};
            panic_of(|| $code)
        };
        assert!(theirs.0.contains($says), "{theirs:?}");
        assert_eq!(theirs.0, ours.0);
        refused!(@ $where theirs ours);
    })* };
    (@ here $theirs:ident $ours:ident) => {
        assert!($theirs.1.starts_with(file!()), "{:?}", $theirs);
        assert_eq!($theirs.1, $ours.1);
    };
    // axum itself names a line of its own.
    (@ there $theirs:ident $ours:ident) => {
        assert!(!$theirs.1.starts_with(file!()), "{:?}", $theirs);
    };
}

async fn ok() {}

#[test]
fn routers() {
    refused! {
        "Overlapping method route" here |axum| Router::<()>::new().route("/", get(ok)).route("/", get(ok));
        "Paths must start with a `/`" here |axum| Router::<()>::new().route("x", get(ok));
        "Paths must start with a `/`" here |axum| Router::<()>::new().route("", get(ok));
        "Path segments must not start with `:`" here |axum| Router::<()>::new().route("/:id", get(ok));
        "Path segments must not start with `*`" here |axum| Router::<()>::new().route("/*id", get(ok));
        "conflict" here |axum| Router::<()>::new().route("/{a}", get(ok)).route("/{b}", get(ok));
        "Nesting at the root is no longer supported" here |axum| Router::<()>::new().nest("/", Router::new());
        "Nesting at the root is no longer supported" here |axum| Router::<()>::new().nest("", Router::new());
        "Nesting at the root is no longer supported" here |axum| Router::<()>::new().nest_service("/", service("s"));
        "nested routes cannot contain wildcards" there |axum| Router::<()>::new().nest("/{*all}", Router::new().route("/", get(ok)));
        "Adding a route_layer before any routes is a no-op" here |axum| Router::<()>::new().route_layer(Mark("m"));
        "Cannot merge two `Router`s that both have a fallback" here
            |axum| Router::<()>::new().fallback(ok).merge(Router::new().fallback(ok));
        "Overlapping method route" here
            |axum| Router::<()>::new().route("/", get(ok)).merge(Router::new().route("/", get(ok)));
        "cannot be used with `Router`s" there
            |axum| Router::<()>::new().route_service("/", Router::<()>::new());
        "conflict" there
            |axum| Router::<()>::new().route_service("/", service("a")).route_service("/", service("b"));
    }
}

#[test]
fn method_routers() {
    refused! {
        "Overlapping method route" here |axum| get::<_, _, ()>(ok).get(ok);
        "Overlapping method route" here |axum| get::<_, _, ()>(ok).on(MethodFilter::GET, ok);
        "Overlapping method route" here |axum| post_service::<_, ()>(service("a")).post_service(service("b"));
        "Overlapping method route" here |axum| get::<_, _, ()>(ok).merge(get(ok));
        "both have a fallback" here |axum| get::<_, _, ()>(ok).fallback(ok).merge(post(ok).fallback(ok));
        "Adding a route_layer before any routes is a no-op" here
            |axum| MethodRouter::<(), std::convert::Infallible>::new().route_layer(Mark("m"));
    }
}
