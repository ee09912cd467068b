//! `Router`, `MethodRouter` and `serve` beside axum's own, in this process: the same answers, the same refusals.

mod foreign;
mod handler;
mod index;
mod method_router;
mod panics;
mod router;
mod serve;
mod state;

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt as _;
use std::{convert::Infallible, fmt::Debug};
use tower::Service;

/// What an app answers to each of these lines, `METHOD path body`, in words.
fn answers<S, E>(mut app: S, requests: &[&str]) -> Vec<String>
where
    S: Service<Request, Response = Response, Error = E>,
    E: Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ask = async |line: &str| {
        let mut words = line.splitn(3, ' ');
        let request = Request::builder()
            .method(words.next().unwrap())
            .uri(words.next().unwrap())
            .body(Body::from(words.next().unwrap_or_default().to_owned()))
            .unwrap();
        let response = match app.call(request).await {
            Ok(response) => response,
            Err(error) => return format!("{line} -> {error:?}"),
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        format!(
            "{line} -> {} {:?} {}",
            parts.status,
            parts.headers,
            body.escape_ascii()
        )
    };
    let mut ask = ask;
    runtime.block_on(async {
        let mut all = Vec::new();
        for line in requests {
            all.push(ask(line).await);
        }
        all
    })
}

/// The same code with axum and with Onionskin by the name given; its answers to the same requests are the same.
macro_rules! same {
    ($requests:expr, |$axum:ident| $app:expr) => {{
        let theirs = {
            #[allow(unused_imports)]
            use ::axum as $axum;
            crate::parity::answers($app, $requests)
        };
        let ours = {
            #[allow(unused_imports)]
            use ::onionskin as $axum;
            crate::parity::answers($app, $requests)
        };
        assert_eq!(theirs, ours);
        theirs
    }};
}
use same;

/// A layer that adds a header to the response, and which says in what order layers ran.
#[derive(Clone)]
struct Mark(&'static str);

impl<S> tower::Layer<S> for Mark {
    type Service = Marked<S>;

    fn layer(&self, inner: S) -> Marked<S> {
        Marked(inner, self.0)
    }
}

#[derive(Clone)]
struct Marked<S>(S, &'static str);

impl<S, E> Service<Request> for Marked<S>
where
    S: Service<Request, Response = Response, Error = E>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = E;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (response, mark) = (self.0.call(request), self.1);
        Box::pin(async move {
            let mut response = response.await?;
            let mark = mark.parse().unwrap();
            response.headers_mut().append("x-mark", mark);
            Ok(response)
        })
    }
}

/// A service that says its name and the path it sees.
fn service(
    name: &'static str,
) -> impl Service<
    Request,
    Response = Response,
    Error = Infallible,
    Future = std::future::Ready<Result<Response, Infallible>>,
> + Clone
+ Send
+ Sync
+ 'static {
    tower::service_fn(move |request: Request| {
        let text = format!("{name} {}", request.uri());
        std::future::ready(Ok(Response::new(Body::from(text))))
    })
}
