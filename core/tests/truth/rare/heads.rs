//! Heads of messages: what is compared, copied and masked.

use super::{Long, passes, request};
use onionskin::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Version},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::get,
    testing,
    wire::{ExtensionEdit, HeaderEdit},
};
use std::{any::type_name, collections::HashMap, fmt};

#[tokio::test]
async fn a_version_that_alone_is_another_is_shown() {
    async fn lowers(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        *response.version_mut() = Version::HTTP_10;
        response
    }
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(lowers))
        .layer(from_fn(passes));
    let (_, cycle) = testing::run(app, request()).await;
    let version = cycle.layer("lowers").response_changes()[0].version.clone();
    assert_eq!(version.expect("it changed").to, "HTTP/1.0");
    // It is told once.
    let passed = cycle.layer("passes").response_changes();
    assert!(passed.iter().all(|c| c.version.is_none()), "{passed:?}");
}

/// A name that is on no list says nothing of its value.
#[tokio::test]
async fn a_token_in_a_header_of_any_name_is_masked() {
    let token = "Bearer canary-0123456789";
    let app = Router::new().route("/", get(async move || [("x-told", token)]));
    let asked = Request::builder().header("x-note", token);
    let (_, cycle) = testing::run(app, asked.body(Body::empty()).unwrap()).await;
    let last = cycle.steps.len() as u32 - 1;
    let (asked, told) = (cycle.replay().request(0), cycle.replay().response(last));
    for (name, message) in [("x-note", asked), ("x-told", told)] {
        let headers = &message.expect("it is there").headers;
        let held = headers.iter().find(|h| h.value.name == name);
        let shown = held.expect("it was sent").value.value.to_text();
        assert!(!shown.contains("canary"), "{name}: {shown}");
    }
}

async fn hides(mut request: Request, next: Next) -> Response {
    for name in ["x-one", "x-two"] {
        if let Some(value) = request.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
    // The last header takes the place of the one that goes.
    request.headers_mut().remove("x-first");
    next.run(request).await
}

#[tokio::test]
async fn values_that_are_marked_sensitive_are_masked_though_they_move_as_well() {
    for moves in [false, true] {
        let mut request = Request::builder();
        if moves {
            request = request.header("x-first", "goes");
        }
        let request = request
            .header("x-one", "canary-1")
            .header("x-plain", "stays")
            .header("x-two", "canary-2");
        let app = Router::new()
            .route("/", get(async || ()))
            .layer(from_fn(hides))
            .layer(from_fn(passes));
        let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
        for step in &cycle.steps {
            let message = cycle.replay().request(step.seq).expect("it is there");
            for held in &message.headers {
                let header = &held.value;
                let is_secret = matches!(&*header.name, "x-one" | "x-two");
                assert_eq!(header.redacted, is_secret, "{moves}: {header:?}");
                assert!(!header.value.to_text().contains("canary"), "{header:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_secret_that_only_moves_is_not_said_to_change() {
    let request = Request::builder()
        .header("x-first", "goes")
        .header("x-other", "stays")
        .header("x-api-key", "canary");
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(hides));
    let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
    let edits = &cycle.layer("hides").request_changes()[0].headers;
    let [HeaderEdit::Remove { .. }, HeaderEdit::Move { header, .. }] = &edits[..] else {
        panic!("{edits:?}");
    };
    assert!(header.redacted && header.name == "x-api-key");
}

async fn other_key(State(key): State<usize>, mut request: Request, next: Next) -> Response {
    let value = format!("canary-{key}").parse().expect("a value");
    request.headers_mut().insert("x-api-key", value);
    next.run(request).await
}

/// A mask says little of the value that it stands for, so those of two values may be the same.
#[tokio::test]
async fn a_secret_that_another_takes_the_place_of_changes_though_their_masks_look_alike() {
    let keys = |keys: &[usize]| {
        let request = keys.iter().fold(Request::builder(), |request, key| {
            request.header("x-api-key", format!("canary-{key}"))
        });
        request.body(Body::empty()).unwrap()
    };
    let all: Vec<_> = (0..2000).collect();
    let app = Router::new().route("/", get(async || ()));
    let (_, cycle) = testing::run(app, keys(&all)).await;
    let replay = cycle.replay();
    let masked = &replay.request(0).expect("it is there").headers;
    let mut first = HashMap::new();
    let alike = masked.iter().zip(all).find_map(|(held, key)| {
        let of = first.insert(held.value.value.clone(), key);
        Some((of?, key))
    });
    let (one, other) = alike.expect("2,000 values have not 65,536 masks");

    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn_with_state(other, other_key));
    let (_, cycle) = testing::run(app, keys(&[one])).await;
    let edits = &cycle.layer("other_key").request_changes()[0].headers;
    let [HeaderEdit::Change { from, to, .. }] = &edits[..] else {
        panic!("{edits:?}");
    };
    assert_eq!(from, to, "they look alike");
}

/// From the first place too.
#[tokio::test]
async fn a_secret_that_goes_to_the_end_is_not_said_to_change() {
    async fn moves(mut request: Request, next: Next) -> Response {
        let secret = request.headers_mut().remove("x-api-key");
        let secret = secret.expect("it was sent");
        request.headers_mut().insert("x-api-key", secret);
        next.run(request).await
    }
    let request = Request::builder()
        .header("x-api-key", "canary")
        .header("x-other", "stays");
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(moves));
    let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
    let edits = &cycle.layer("moves").request_changes()[0].headers;
    assert!(matches!(&edits[..], [HeaderEdit::Move { .. }]), "{edits:?}");
}

/// No other probe sees it again.
#[tokio::test]
async fn a_sensitive_value_that_only_the_handler_sees_is_masked() {
    async fn signs(mut request: Request, next: Next) -> Response {
        let mut value = HeaderValue::from_static("canary");
        value.set_sensitive(true);
        request.headers_mut().insert("x-plain", value);
        next.run(request).await
    }
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(signs));
    let (_, cycle) = testing::run(app, request()).await;
    let edits = &cycle.layer("signs").request_changes()[0].headers;
    assert!(
        matches!(&edits[..], [HeaderEdit::Add { header, .. }] if header.redacted),
        "{edits:?}"
    );
    let text = serde_json::to_string(&*cycle).unwrap();
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn values_of_extensions_of_every_length_are_shown_whole() {
    onionskin::watch_extension::<Long>();
    for length in 100..150 {
        let puts = move |mut request: Request, next: Next| {
            request.extensions_mut().insert(Long(length));
            next.run(request)
        };
        let app = Router::new()
            .route("/", get(async || ()))
            .layer(from_fn(puts));
        let (_, cycle) = testing::run(app, request()).await;
        let last = cycle.replay().request(cycle.steps.len() as u32 - 1);
        let mut held = last.expect("a request").extensions.iter();
        let held = held.find(|held| held.value.type_name == type_name::<Long>());
        let value = held.and_then(|held| held.value.value.clone());
        assert_eq!(value, Some("v".repeat(length)));
    }
}

#[tokio::test]
async fn headers_of_every_length_are_recorded_whole() {
    for length in 100..150 {
        let (value, name) = ("v".repeat(length), format!("x-{}", "n".repeat(length)));
        let sent = [("accept", &value), (&*name, &value), ("via", &value)];
        let mut request = Request::builder();
        for (name, value) in sent {
            request = request.header(name, value);
        }
        let app = Router::new().route("/", get(async || ()));
        let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
        let seen = cycle.replay().request(0).expect("a request");
        let seen = seen.headers.iter().map(|held| &held.value);
        assert!(seen.clone().all(|header| !header.redacted), "{length}");
        let seen: Vec<_> = seen.map(|h| (&*h.name, h.value.to_text())).collect();
        let sent = sent.map(|(name, value)| (name, value.as_str().into()));
        assert_eq!(seen, sent);
    }
}

/// In an absolute URI, and in one that is only an authority, it is not the path alone that is asked for.
#[tokio::test]
async fn the_target_of_every_form_is_recorded_whole() {
    for (method, target) in [
        ("GET", "/a?b=1"),
        ("GET", "http://shop.example/a?b=1"),
        ("CONNECT", "shop.example:443"),
        ("OPTIONS", "*"),
    ] {
        let app = Router::new().fallback(async || ());
        let request = Request::builder().method(method).uri(target);
        let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
        let seen = cycle.replay().request(0).expect("a request");
        let uri = seen.uri.as_ref().map(|held| &*held.value);
        assert_eq!(uri, Some(target), "{method}");
    }
}

#[tokio::test]
async fn values_that_are_marked_sensitive_late_are_masked_in_both_messages_at_once() {
    async fn hides(mut request: Request, next: Next) -> Response {
        let hide = |headers: &mut HeaderMap, name: &str| {
            headers
                .get_mut(name)
                .expect("it is there")
                .set_sensitive(true);
        };
        hide(request.headers_mut(), "x-asked");
        let mut response = next.run(request).await;
        hide(response.headers_mut(), "x-told");
        response
    }
    let app = Router::new()
        .route("/", get(async || [("x-told", "canary-2")]))
        .layer(from_fn(hides));
    let request = Request::builder().header("x-asked", "canary-1");
    let (_, cycle) = testing::run(app, request.body(Body::empty()).unwrap()).await;
    let text = serde_json::to_string(&*cycle).unwrap();
    assert!(text.contains("x-asked") && text.contains("x-told"));
    assert!(!text.contains("canary"), "{text}");
}

#[derive(Clone)]
struct One;
#[derive(Clone)]
struct Other;

impl fmt::Debug for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same")
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same")
    }
}

#[tokio::test]
async fn an_extension_in_the_place_of_another_is_another_though_it_looks_the_same() {
    onionskin::watch_extension::<One>();
    onionskin::watch_extension::<Other>();
    async fn puts(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(One);
        next.run(request).await
    }
    async fn replaces(mut request: Request, next: Next) -> Response {
        request.extensions_mut().remove::<One>();
        request.extensions_mut().insert(Other);
        next.run(request).await
    }
    let app = Router::new()
        .route("/", get(async || ()))
        .layer(from_fn(replaces))
        .layer(from_fn(puts));
    let (_, cycle) = testing::run(app, request()).await;
    let [one, other] = [type_name::<One>(), type_name::<Other>()].map(str::to_owned);
    let added = ExtensionEdit::Add {
        type_name: other,
        value: Some("the same".into()),
    };
    let removed = ExtensionEdit::Remove { type_name: one };
    assert_eq!(
        cycle.layer("replaces").request_changes()[0].extensions,
        [added, removed]
    );
}

async fn grows(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Long(1));
    next.run(request).await
}

async fn grows_more(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Long(2));
    next.run(request).await
}

#[tokio::test]
async fn extensions_are_the_apps_and_of_whom_set_them_last() {
    onionskin::watch_extension::<Long>();
    let app = Router::new()
        .route("/", get(async || "seen"))
        .layer(from_fn(passes))
        .layer(from_fn(grows_more))
        .layer(from_fn(grows));
    let (_, cycle) = testing::run(app, request()).await;
    assert_eq!(cycle.extension_set_by::<Long>(), Some("grows_more"));
    let came = &cycle.replay().request(0).expect("a request").extensions;
    assert!(came.is_empty(), "nothing of ours: {came:?}");
    let routing = cycle.layer("passes").request_changes();
    assert!(routing[0].extensions.is_empty(), "{routing:?}");
}

/// One of many types.
#[derive(Clone)]
struct Kind<const N: usize>;

/// Puts types in, and says which.
macro_rules! put_kinds {
    ($extensions:expr, $($n:literal)*) => {{
        $($extensions.insert(Kind::<$n>);)*
        vec![$(type_name::<Kind<$n>>()),*]
    }};
}

#[tokio::test]
async fn many_types_of_extensions_are_told_apart() {
    let mut request = request();
    let mut names = put_kinds!(
        request.extensions_mut(),
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39
    );
    let (_, cycle) = testing::run(Router::new(), request).await;
    let shown = &cycle.replay().request(0).expect("a request").extensions;
    let mut shown: Vec<_> = shown.iter().map(|held| &*held.value.type_name).collect();
    names.sort_unstable();
    shown.sort_unstable();
    assert_eq!(shown, names);
}
