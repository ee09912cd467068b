//! `onionskin_tower::ServiceBuilder` beside tower's own: the same code compiles with both and answers the same, and with
//! ours every layer is seen with its name and its line.

use axum::{
    body::Body,
    error_handling::HandleErrorLayer,
    extract::Request,
    http::{HeaderValue, StatusCode},
    middleware::{from_fn, map_request},
    response::{IntoResponse as _, Response},
};
use onionskin::{Router, routing::get, testing};
use std::{convert::Infallible, time::Duration};
use tower::{BoxError, Layer, Service, ServiceExt as _};

/// The same stack built with tower's builder and with ours.
macro_rules! both {
    (|$new:ident| $stack:expr) => {{
        let theirs = {
            fn $new() -> tower::ServiceBuilder<tower::layer::util::Identity> {
                tower::ServiceBuilder::new()
            }
            $stack
        };
        let ours = {
            fn $new() -> onionskin_tower::ServiceBuilder<tower::layer::util::Identity> {
                onionskin_tower::ServiceBuilder::new()
            }
            $stack
        };
        (theirs, ours)
    }};
}

/// Status and headers of an app with this stack around it, and the names of the layers that were seen.
fn through<L>(stack: L) -> (String, Vec<String>)
where
    L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: axum::response::IntoResponse + 'static,
    <L::Service as Service<Request>>::Future: Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let app: Router = Router::new()
            .route("/", get(|| async { "view" }))
            .layer(stack);
        let (response, recorded) = testing::run(app, Request::new(Body::empty())).await;
        let builder =
            |site: &&onionskin::wire::Site| site.kind == onionskin::wire::SiteKind::BuilderLayer;
        let cycle: &onionskin::wire::Cycle = &recorded;
        let sites = cycle.sites.iter().enumerate();
        let ran = sites.filter(|(at, _)| !cycle.never_ran.contains(at));
        let layers = ran.map(|(_, site)| site).filter(builder);
        for site in layers.clone() {
            assert!(site.file.ends_with("builder.rs"), "{site:?}");
        }
        (
            format!("{:?} {:?}", response, response.headers()),
            layers.map(|site| site.name.clone()).collect(),
        )
    })
}

fn tag(mut response: Response) -> Response {
    let tag = HeaderValue::from_static("tagged");
    response.headers_mut().append("x-tag", tag);
    response
}

fn note(mut request: Request) -> Request {
    request.extensions_mut().insert(7_u8);
    request
}

async fn handle(error: BoxError) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

#[tokio::test]
async fn layers_of_a_builder_that_never_ran_are_told() {
    async fn refuse(_: Request) -> Result<Request, StatusCode> {
        Err(StatusCode::FORBIDDEN)
    }
    async fn pass(request: Request) -> Request {
        request
    }
    let refusing = || {
        onionskin_tower::ServiceBuilder::new()
            .layer(map_request(pass))
            .layer(map_request(refuse))
            .option_layer(None::<tower::layer::util::Identity>)
            .option_layer(Some(axum::Extension("maybe")))
            .layer(axum::Extension(7_u8))
    };
    let view = || get(async || "view");
    for app in [
        Router::new().route("/", view()).layer(refusing()),
        Router::new().route("/", view()).route_layer(refusing()),
        Router::new().route("/", view().layer(refusing())),
        Router::new().route("/", view().route_layer(refusing())),
    ] {
        let (response, cycle) = testing::run(app, Request::new(Body::empty())).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(cycle.layer("refuse").answered(), "{cycle}");
        let never_ran = cycle.never_ran();
        assert_eq!(never_ran[..2], ["Extension", "Extension"], "{cycle}");
        assert_eq!(never_ran.len(), 3, "{cycle}");
    }
}

#[test]
fn functions_are_layers_with_names() {
    let (theirs, ours) = both!(|new| new()
        .map_request(note)
        .map_response(tag)
        .map_err(|error: Infallible| error)
        .map_future(|future| future)
        .map_result(|result: Result<Response, Infallible>| result)
        .and_then(|response: Response| async move { Ok::<_, Infallible>(response) })
        .then(|result: Result<Response, Infallible>| async move { result }));
    let (theirs, ours) = (through(theirs), through(ours));
    assert_eq!(theirs.0, ours.0);
    assert!(ours.0.contains("x-tag"));
    assert_eq!(theirs.1, [""; 0]);
    assert_eq!(ours.1[..2], ["note", "tag"]);
    assert_eq!(ours.1.len(), 7, "{:?}", ours.1);
}

#[test]
fn limits_and_timeouts() {
    let (theirs, ours) = both!(|new| new()
        .layer(HandleErrorLayer::new(handle))
        .load_shed()
        .concurrency_limit(4)
        .buffer(8)
        .rate_limit(5, Duration::from_secs(1))
        .timeout(Duration::from_secs(5)));
    // axum wants `Clone`; a rate limit alone is not, so it is behind the buffer.
    let (theirs, ours) = (through(theirs), through(ours));
    assert_eq!(theirs.0, ours.0);
    assert_eq!(
        ours.1,
        [
            "HandleErrorLayer",
            "LoadShedLayer",
            "ConcurrencyLimitLayer",
            "BufferLayer",
            "RateLimitLayer",
            "TimeoutLayer"
        ]
    );
}

#[test]
fn filters_and_retries() {
    #[derive(Clone)]
    struct Once;
    impl<E> tower::retry::Policy<Request, Response, E> for Once {
        type Future = std::future::Ready<()>;
        fn retry(&mut self, _: &mut Request, _: &mut Result<Response, E>) -> Option<Self::Future> {
            None
        }
        fn clone_request(&mut self, _: &Request) -> Option<Request> {
            None
        }
    }
    let (theirs, ours) = both!(|new| new()
        .layer(HandleErrorLayer::new(handle))
        .filter(|request: Request| Ok::<_, BoxError>(request))
        .filter_async(|request: Request| async move {
            Err::<Request, BoxError>(request.method().to_string().into())
        })
        .retry(Once));
    let (theirs, ours) = (through(theirs), through(ours));
    assert_eq!(theirs.0, ours.0);
    assert!(ours.0.contains("503"), "{}", ours.0);
    // The retry is behind the filter that refused.
    assert_eq!(
        ours.1,
        ["HandleErrorLayer", "FilterLayer", "AsyncFilterLayer"]
    );
}

#[test]
fn an_option_that_is_none_is_no_layer() {
    let some = tower::util::MapResponseLayer::new(tag as fn(Response) -> Response);
    let (theirs, ours) = both!(|new| new()
        .option_layer(Some(some.clone()))
        .option_layer(None::<tower::util::MapRequestLayer<fn(Request) -> Request>>)
        .check_clone());
    let (theirs, ours) = (through(theirs), through(ours));
    assert_eq!(theirs.0, ours.0);
    assert_eq!(ours.1.len(), 1, "{:?}", ours.1);
}

#[test]
fn services_boxes_and_checks() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    async fn view(_: Request) -> Result<Response, Infallible> {
        Ok("view".into_response())
    }
    type Boxed = tower::util::BoxService<Request, Response, Infallible>;
    type Cloned = tower::util::BoxCloneService<Request, Response, Infallible>;
    type Full = http_body_util::Full<axum::body::Bytes>;
    type FullResponse = axum::http::Response<Full>;
    type Synced = tower::util::BoxCloneSyncService<Request<Full>, FullResponse, Infallible>;
    fn sync_view(request: Request<Full>) -> std::future::Ready<Result<FullResponse, Infallible>> {
        std::future::ready(Ok(FullResponse::new(request.into_body())))
    }
    let (theirs, ours) = both!(|new| {
        let boxed: Boxed = new()
            .boxed()
            .map_response(tag)
            .service(tower::service_fn(view));
        let cloned: Cloned = new()
            .boxed_clone()
            .map_response(tag)
            .service(tower::service_fn(view));
        // The future has to be `Sync`, so the bodies have to be.
        let synced: Synced = new()
            .map_request(|request: Request<Full>| request)
            .boxed_clone_sync()
            .service(tower::service_fn(sync_view));
        let plain_view = new().map_response(tag).service_fn(view);
        let plain = new()
            .layer_fn(|inner| inner)
            .map_response(tag)
            .check_service_clone::<Cloned>()
            .check_service::<Cloned, Request, Response, Infallible>()
            .into_inner()
            .layer(cloned.clone());
        (boxed, cloned, synced, plain, plain_view)
    });
    let ask = |tagged: Result<Response, Infallible>| {
        assert_eq!(tagged.unwrap().headers()["x-tag"], "tagged");
    };
    let request = || Request::new(Body::empty());
    for (boxed, cloned, synced) in [(theirs.0, theirs.1, theirs.2), (ours.0, ours.1, ours.2)] {
        ask(runtime.block_on(boxed.oneshot(request())));
        ask(runtime.block_on(cloned.oneshot(request())));
        let full = Request::new(Full::from("full"));
        let answer = runtime.block_on(synced.oneshot(full)).unwrap();
        assert_eq!(
            axum::body::HttpBody::size_hint(answer.body()).exact(),
            Some(4)
        );
    }
    ask(runtime.block_on(theirs.3.oneshot(request())));
    ask(runtime.block_on(ours.3.oneshot(request())));
    ask(runtime.block_on(theirs.4.oneshot(request())));
    ask(runtime.block_on(ours.4.oneshot(request())));
}

#[test]
fn it_prints_and_starts_as_towers_does() {
    let (theirs, ours) = both!(|new| format!("{:?}", new()));
    assert_eq!(theirs, ours);
    let default = onionskin_tower::ServiceBuilder::<tower::layer::util::Identity>::default();
    assert_eq!(format!("{default:?}"), ours);
}

#[test]
fn it_becomes_towers_and_back() {
    let ours = onionskin_tower::builder::ServiceBuilder::new().layer(from_fn(pass));
    let theirs: tower::ServiceBuilder<_> = ours.into();
    // What is for tower's own type only, `tower_http::ServiceBuilderExt` above all, has its place here.
    let back: onionskin_tower::ServiceBuilder<_> = theirs.map_response(tag).into();
    let (seen, layers) = through(back.map_request(note));
    assert!(seen.contains("x-tag"));
    assert_eq!(layers, ["pass", "note"]);
}

async fn pass(request: Request, next: axum::middleware::Next) -> Response {
    next.run(request).await
}
