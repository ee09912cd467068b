//! The app of a plan, on onionskin's router and on plain axum's.

/// Adds the layer of an index, traced or not, by this method.
macro_rules! add {
    ($to:expr, $add:ident, $error:ty, $index:expr, $shared:expr) => {
        add!(@ $to, $add, $error, $index, $shared,
            0 L0 1 L1 2 L2 3 L3 4 L4 5 L5 6 L6 7 L7 8 L8 9 L9 10 L10 11 L11)
    };
    (@ $to:expr, $add:ident, $error:ty, $index:expr, $shared:expr, $($number:literal $layer:ident)*) => {
        match $index {
            $($number if $shared.case.app.layers[$number].traced => {
                let layer = $layer::<$error>::new($shared);
                $to.$add(traced(concat!("T", $number), layer))
            })*
            $($number => $to.$add($layer::<$error>::new($shared)),)*
            _ => unreachable!("there are twelve layers"),
        }
    };
}

macro_rules! on {
    ($module:ident $web:ident $traced:ident) => {
        pub mod $module {
            use super::$traced::traced;
            use crate::kit::*;
            use axum::extract::Request;
            use std::{convert::Infallible, marker::PhantomData};
            use tower_service::Service as _;
            use $web::{
                Router,
                routing::{MethodFilter, MethodRouter, get, on_service},
            };

            const VERBS: MethodFilter = MethodFilter::GET.or(MethodFilter::POST);

            /// A handler that asks a view of the kit.
            macro_rules! handler {
                ($shared:expr, $number:literal) => {{
                    let view = View::<Infallible>($shared.clone(), $number, PhantomData);
                    move |request: Request| {
                        let mut view = view.clone();
                        async move { view.call(request).await }
                    }
                }};
            }

            fn service<E: Ending>(shared: &Shared, number: usize) -> View<E> {
                View(shared.clone(), number, PhantomData)
            }

            fn items(shared: &Shared) -> MethodRouter {
                let app = &shared.case.app;
                let end = app.layers.len();
                let (first, fallible) = (end - app.on_method, end - app.fallible);
                let mut router: MethodRouter = if app.fallible == 0 {
                    on_service(VERBS, service(shared, 0))
                } else {
                    let mut router: MethodRouter<(), KitError> =
                        on_service(VERBS, service(shared, 0));
                    for index in (fallible..end).rev() {
                        router = add!(router, layer, KitError, index, shared);
                    }
                    add!(router, layer, Infallible, fallible - 1, shared)
                };
                let done = fallible - usize::from(app.fallible > 0);
                for index in (first..done).rev() {
                    router = add!(router, layer, Infallible, index, shared);
                }
                router
            }

            pub fn build(shared: &Shared) -> Router {
                let app = &shared.case.app;
                let inner_end = app.layers.len() - app.on_method;
                let outer_end = inner_end - app.on_inner;
                let mut inner = Router::new().route("/items/{id}", items(shared));
                if app.nested && app.inner_fallback {
                    inner = inner.fallback_service(service::<Infallible>(shared, 3));
                }
                for index in (outer_end..inner_end).rev() {
                    inner = add!(inner, layer, Infallible, index, shared);
                }
                let mut outer = Router::new()
                    .route("/plain", get(handler!(shared, 1)))
                    .route_service("/files/{*rest}", service(shared, 2));
                if app.fallback {
                    outer = outer.fallback(handler!(shared, 4));
                }
                outer = match app.nested {
                    true => outer.nest("/n", inner),
                    false => outer.merge(inner),
                };
                for index in (0..outer_end).rev() {
                    outer = if app.route_layer && index == outer_end - 1 {
                        add!(outer, route_layer, Infallible, index, shared)
                    } else {
                        add!(outer, layer, Infallible, index, shared)
                    };
                }
                outer
            }
        }
    };
}

mod tapped_traced {
    pub use onionskin::traced;
}

mod plain_traced {
    pub fn traced<L>(_: &str, layer: L) -> L {
        layer
    }
}

on! { tapped onionskin tapped_traced }
on! { plain axum plain_traced }
