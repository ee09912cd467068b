//! A gRPC service by tonic beside pages by axum, on one port. The service is written by hand where `tonic-build` would write
//! it, so that nobody needs `protoc`.

use axum::{
    Router,
    extract::Request as HttpRequest,
    http::HeaderValue,
    middleware::{Next, from_fn},
    response::Response as HttpResponse,
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tonic::{Request, Response, Status, Streaming, body::Body, server::Grpc, service::Routes};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// `message Item { string name = 1; uint32 count = 2; }`
#[derive(Clone, PartialEq, prost::Message)]
struct Item {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    count: u32,
}

// On axum itself the router that tonic makes is this one already.
#[allow(clippy::useless_conversion)]
pub(crate) fn app() -> Router {
    let grpc = Routes::new(Stock).into_axum_router();
    Router::new()
        .route("/", get(async || "a page beside it"))
        .merge(Router::from(grpc))
        .layer(from_fn(served_by))
}

async fn served_by(request: HttpRequest, next: Next) -> HttpResponse {
    let mut response = next.run(request).await;
    let name = HeaderValue::from_static("gallery");
    response.headers_mut().insert("x-served-by", name);
    response
}

/// How many there are.
async fn count(request: Request<Item>) -> Result<Response<Item>, Status> {
    let name = request.into_inner().name;
    match name.as_str() {
        "" => Err(Status::invalid_argument("what?")),
        "unicorn" => Err(Status::not_found("no such thing")),
        _ => {
            let count = name.len() as u32;
            Ok(Response::new(Item { name, count }))
        }
    }
}

type Items = Pin<Box<dyn stream::Stream<Item = Result<Item, Status>> + Send>>;

/// Counts down to none; more than five are too many, which turns out only on the way.
async fn countdown(request: Request<Item>) -> Result<Response<Items>, Status> {
    let Item { name, count } = request.into_inner();
    let item = move |count| match count {
        6.. => Err(Status::resource_exhausted("too many")),
        _ => Ok(Item {
            name: name.clone(),
            count,
        }),
    };
    let counts = (0..=count.min(5)).rev().chain((count > 5).then_some(6));
    Ok(Response::new(Box::pin(stream::iter(counts.map(item)))))
}

/// Adds up all that come.
async fn add(request: Request<Streaming<Item>>) -> Result<Response<Item>, Status> {
    let mut items = request.into_inner();
    let (mut name, mut count) = (String::new(), 0);
    while let Some(item) = items.next().await {
        let item = item?;
        name += &item.name;
        count += item.count;
    }
    Ok(Response::new(Item { name, count }))
}

/// `service Stock { rpc Count(Item) returns (Item); rpc Countdown(Item) returns (stream Item); rpc Add(stream Item) returns
/// (Item); }` of the package `shop`.
#[derive(Clone)]
struct Stock;

impl tonic::server::NamedService for Stock {
    const NAME: &'static str = "shop.Stock";
}

impl Service<HttpRequest<Body>> for Stock {
    type Response = axum::http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let mut grpc = Grpc::new(ProstCodec::<Item, Item>::default());
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/shop.Stock/Count" => grpc.unary(service_fn(count), request).await,
                "/shop.Stock/Countdown" => {
                    grpc.server_streaming(service_fn(countdown), request).await
                }
                "/shop.Stock/Add" => grpc.client_streaming(service_fn(add), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}
