//! Small apps of the kind that people attach, one to a module, compiled twice: with axum and tower, and with Onionskin
//! by their names.
//!
//! | app | what is in it |
//! |---|---|
//! | `stack`, `around` | a `ServiceBuilder` with a buffer and limits: as the router's layer, and around the router |
//! | `chat` | rooms over WebSocket |
//! | `events` | server-sent events |
//! | `store` | keys and values, limits of bodies, an admin's part |
//! | `files` | `ServeDir` and `ServeFile` |
//! | `grpc` | a gRPC service by tonic beside pages |
//! | `upload` | multipart forms |
//! | `token` | an extractor with a rejection of its own |
//! | `cors` | who may ask from where |
//! | `disk` | bodies streamed to a file |
//! | `relay` | a router that asks another |
//! | `foreign` | parts of other crates |
//! | `openapi` | routes that are documented, by utoipa-axum |

mod chat;
mod cors;
mod disk;
mod events;
mod files;
mod foreign;
mod grpc;
mod openapi;
mod relay;
mod stack;
mod store;
mod token;
mod upload;

use axum::{ServiceExt, extract::Request};
use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
};

pub use stack::PATIENCE;

/// The variable that says where the app's files are.
pub const DIRECTORY: &str = "GALLERY_DIRECTORY";

/// Where the app's files are.
fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY)
        .expect("the variable is set")
        .into()
}

/// Serves the app that the argument names, on any port, until standard input ends; says first where.
pub fn main() {
    let name = std::env::args().nth(1).expect("the name of an app");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve(&name)).expect("served");
}

async fn serve(name: &str) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let (over, is_over) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = over.send(());
    });
    let is_over = async {
        let _ = is_over.await;
    };
    println!("{address}");
    std::io::stdout().flush()?;
    let app = match name {
        "around" => {
            let app = stack::around();
            let app = ServiceExt::<Request>::into_make_service(app);
            return axum::serve(listener, app)
                .with_graceful_shutdown(is_over)
                .await;
        }
        "chat" => chat::app(),
        "cors" => cors::app(),
        "grpc" => grpc::app(),
        "disk" => disk::app(),
        "events" => events::app(),
        "files" => files::app(),
        "foreign" => foreign::app(),
        "openapi" => openapi::app(),
        "relay" => relay::app(),
        "stack" => stack::app(),
        "store" => store::app(),
        "token" => token::app(),
        "upload" => upload::app(),
        _ => panic!("no app {name}"),
    };
    axum::serve(listener, app)
        .with_graceful_shutdown(is_over)
        .await
}
