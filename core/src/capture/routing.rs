//! axum's `routing` functions, which make our `MethodRouter`.

use super::{
    handler::ProbedHandler, map::MethodMap, method_router::MethodRouter, probe::Probe, site,
};
use crate::wire::SiteKind;
use axum::{extract::Request, handler::Handler, response::IntoResponse, routing::MethodFilter};
use std::{any::type_name, convert::Infallible, panic::Location};
use tower_service::Service;

macro_rules! handler_functions {
    ($($name:ident $method:ident)*) => { $(
        #[doc = concat!("Routes `", stringify!($method), "` requests to a handler. As [`axum::routing::", stringify!($name), "`].")]
        #[track_caller]
        pub fn $name<H, T, S>(handler: H) -> MethodRouter<S, Infallible>
        where
            H: Handler<T, S>,
            T: 'static,
            S: Clone + Send + Sync + 'static,
        {
            on(MethodFilter::$method, handler)
        }
    )* };
}

macro_rules! service_functions {
    ($($name:ident $method:ident)*) => { $(
        #[doc = concat!("Routes `", stringify!($method), "` requests to a service. As [`axum::routing::", stringify!($name), "`].")]
        #[track_caller]
        pub fn $name<T, S>(svc: T) -> MethodRouter<S, T::Error>
        where
            T: Service<Request> + Clone + Send + Sync + 'static,
            T::Response: IntoResponse + 'static,
            T::Future: Send + 'static,
            S: Clone + 'static,
        {
            on_service(MethodFilter::$method, svc)
        }
    )* };
}

handler_functions! {
    connect CONNECT
    delete DELETE
    get GET
    head HEAD
    options OPTIONS
    patch PATCH
    post POST
    put PUT
    trace TRACE
}

service_functions! {
    connect_service CONNECT
    delete_service DELETE
    get_service GET
    head_service HEAD
    options_service OPTIONS
    patch_service PATCH
    post_service POST
    put_service PUT
    trace_service TRACE
}

/// Routes the requests that match the filter to a handler. As [`axum::routing::on`].
#[track_caller]
pub fn on<H, T, S>(filter: MethodFilter, handler: H) -> MethodRouter<S, Infallible>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    MethodRouter::new().on(filter, handler)
}

/// Routes the requests that match the filter to a service. As [`axum::routing::on_service`].
#[track_caller]
pub fn on_service<T, S>(filter: MethodFilter, svc: T) -> MethodRouter<S, T::Error>
where
    T: Service<Request> + Clone + Send + Sync + 'static,
    T::Response: IntoResponse + 'static,
    T::Future: Send + 'static,
    S: Clone + 'static,
{
    MethodRouter::new().on_service(filter, svc)
}

/// Routes all requests to a handler, whatever their method. As [`axum::routing::any`].
#[track_caller]
pub fn any<H, T, S>(handler: H) -> MethodRouter<S, Infallible>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    let site = site::handler_site::<H, T>(SiteKind::Handler, Location::caller());
    MethodRouter {
        inner: axum::routing::any(ProbedHandler::new(handler, site)),
        map: MethodMap::of_all(site.id),
    }
}

/// Routes all requests to a service, whatever their method. As [`axum::routing::any_service`].
#[track_caller]
pub fn any_service<T, S>(svc: T) -> MethodRouter<S, T::Error>
where
    T: Service<Request> + Clone + Send + Sync + 'static,
    T::Response: IntoResponse + 'static,
    T::Future: Send + 'static,
    S: Clone + 'static,
{
    let site = site::site(SiteKind::Service, type_name::<T>(), Location::caller());
    MethodRouter {
        inner: axum::routing::any_service(Probe { inner: svc, site }),
        map: MethodMap::of_all(site.id),
    }
}
