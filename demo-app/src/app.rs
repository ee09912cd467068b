//! Every route and every layer of the shop.
//!
//! A layer added last is outermost. From the outside in:
//!
//! ```text
//! NormalizePath                            around the router, in `shop`
//!   set request id                         whole router
//!     propagate request id
//!       security headers
//!         compression                      outside process time: that one needs plain text
//!           process time
//!             session                      the site, not the API and not the assets
//!               catch panic
//!                 timeout                  reports only (route layer)
//!                 login                    members only (route layer)
//!                 body limit               POST /upload only (MethodRouter layer)
//!             CORS, no-store, concurrency  the API only (ServiceBuilder)
//!               API key                    POST, PUT and DELETE only (MethodRouter route layer)
//! ```

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::state::AppState;
use crate::{api, layers, pages};

/// How long a report may take before the timeout layer answers 503.
pub const REPORT_TIMEOUT: Duration = Duration::from_millis(1500);

/// The largest upload, in bytes.
pub const UPLOAD_LIMIT: usize = 256 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The whole app.
pub(crate) fn router(state: AppState) -> Router {
    let site = Router::new()
        .merge(catalogue())
        .merge(reports())
        .merge(members())
        .merge(files())
        .fallback(pages::trouble::not_found)
        .layer(CatchPanicLayer::custom(layers::panic_page))
        .layer(from_fn_with_state(state.clone(), layers::session));

    Router::new()
        .merge(site)
        .nest("/api", json_api(&state))
        .nest_service("/covers", ServeDir::new(state.data_dir.join("covers")))
        .route("/assets/shop.css", get(pages::assets::style_sheet))
        .route("/health", get(pages::assets::health))
        .layer(from_fn(layers::process_time))
        .layer(CompressionLayer::new())
        .layer(from_fn(layers::security_headers))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(state)
}

/// What everybody may look at.
fn catalogue() -> Router<AppState> {
    Router::new()
        .route("/", get(pages::home::home))
        .route("/books", get(pages::books::list))
        .route("/books/{id}", get(pages::books::show))
        .route("/books/{id}/reviews", post(pages::books::review))
        .route("/old-books", get(pages::books::moved))
        .route("/login", get(pages::login::form).post(pages::login::log_in))
        .route("/logout", post(pages::login::log_out))
        .route("/error", get(pages::trouble::error))
        .route("/panic", get(pages::trouble::panic))
        .route("/events", get(pages::events::ticker))
}

/// Pages that take their time: the timeout layer is for them.
fn reports() -> Router<AppState> {
    Router::new()
        .route("/authors", get(pages::reports::authors))
        .route("/slow", get(pages::reports::slow))
        .route("/busy", get(pages::reports::busy))
        .route_layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REPORT_TIMEOUT,
        ))
}

/// What one must be logged in for.
fn members() -> Router<AppState> {
    Router::new()
        .route("/account", get(pages::account::show))
        .route("/cart", get(pages::cart::show))
        .route("/cart/items", post(pages::cart::add))
        .route("/cart/checkout", post(pages::cart::check_out))
        .route_layer(from_fn(layers::require_login))
}

/// What is sent as a file, in either direction.
fn files() -> Router<AppState> {
    Router::new()
        .route("/export/books.csv", get(pages::files::export))
        .route("/download/{id}", get(pages::files::download))
        .route(
            "/upload",
            post(pages::upload::receive)
                .layer(DefaultBodyLimit::max(UPLOAD_LIMIT))
                .get(pages::upload::form),
        )
}

/// The JSON API: one group of layers around all of it, and the key where something is changed.
fn json_api(state: &AppState) -> Router<AppState> {
    let with_key = from_fn_with_state(state.clone(), layers::require_api_key);
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::CONTENT_TYPE,
            HeaderName::from_static(layers::API_KEY),
        ])
        .max_age(Duration::from_secs(600));
    let no_store = SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    Router::new()
        .route(
            "/books",
            post(api::create)
                .route_layer(with_key.clone())
                .get(api::list),
        )
        .route(
            "/books/{id}",
            axum::routing::put(api::update)
                .delete(api::delete)
                .route_layer(with_key)
                .get(api::show),
        )
        .fallback(api::not_found)
        .layer(
            ServiceBuilder::new()
                .layer(cors)
                .layer(no_store)
                .layer(GlobalConcurrencyLimitLayer::new(32)),
        )
}
