//! Bodies go to a file as they come, and come from it again.

use axum::{
    Router,
    body::Body,
    extract::{Path, Request},
    http::StatusCode,
    response::Response,
    routing::post,
};
use futures_util::{StreamExt as _, stream};
use std::io;
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

pub(crate) fn app() -> Router {
    Router::new().route("/file/{name}", post(save).get(load))
}

fn place(name: &str) -> Result<std::path::PathBuf, StatusCode> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric());
    let path = crate::directory().join("saved").join(name);
    plain.then_some(path).ok_or(StatusCode::BAD_REQUEST)
}

async fn save(
    Path(name): Path<String>,
    request: Request,
) -> Result<(StatusCode, String), (StatusCode, String)> {
    let path = place(&name).map_err(|status| (status, name))?;
    let failed = |error: io::Error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let mut file = File::create(path).await.map_err(failed)?;
    let mut chunks = request.into_body().into_data_stream();
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
        bytes += chunk.len();
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok((StatusCode::CREATED, bytes.to_string()))
}

async fn load(Path(name): Path<String>) -> Result<Response, StatusCode> {
    let file = File::open(place(&name)?).await;
    let file = file.map_err(|_| StatusCode::NOT_FOUND)?;
    let chunks = stream::try_unfold(file, |mut file| async {
        let mut chunk = vec![0; 2000];
        let mut len = 0;
        // Chunks of one size: they are seen on the wire.
        while len < chunk.len() {
            match file.read(&mut chunk[len..]).await? {
                0 => break,
                n => len += n,
            }
        }
        chunk.truncate(len);
        Ok::<_, io::Error>((len > 0).then_some((chunk, file)))
    });
    Ok(Response::new(Body::from_stream(chunks)))
}
