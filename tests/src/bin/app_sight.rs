//! An app in which each thing that is captured happens behind a route of its own, for who looks at it on the screen of the
//! terminal UI. `app-sight SERVER`: where another server listens, which it asks.

#[path = "app_sight/endings.rs"]
mod endings;
#[path = "app_sight/layers.rs"]
mod layers;
#[path = "app_sight/views.rs"]
mod views;

use onionskin::{Router, ServiceExt, extract::Request, middleware::from_fn};
use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
};
use tower_http::normalize_path::NormalizePathLayer;
use tower_layer::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

fn main() {
    let subscriber = tracing_subscriber::registry().with(onionskin::log_layer());
    tracing::subscriber::set_global_default(subscriber).expect("the first one");
    diesel::connection::set_default_instrumentation(onionskin::diesel_instrumentation)
        .expect("set before the first connection");
    onionskin::watch_extension::<layers::Guest>();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve()).expect("served");
}

/// Serves on any port until standard input ends; says first where.
async fn serve() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let (over, is_over) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = over.send(());
    });
    let routes = Router::new()
        .merge(layers::app())
        .merge(views::app())
        .merge(endings::app());
    let trimmed = NormalizePathLayer::trim_trailing_slash();
    let app = onionskin::traced("trailing slash", trimmed).layer(routes);
    let app = onionskin::traced("one address", from_fn(layers::one_address)).layer(app);
    let app = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(app);
    onionskin::serve(listener, app)
        .with_graceful_shutdown(async {
            let _ = is_over.await;
        })
        .await
}
