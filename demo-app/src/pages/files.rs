//! Files out: the list as CSV, made while it is sent, and sample chapters from disk.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use sqlx::FromRow as _;
use tokio_util::io::ReaderStream;

use crate::error::ShopError;
use crate::state::AppState;
use crate::store::books::{self, Book};

/// How the export shall go.
#[derive(Debug, Deserialize)]
pub(crate) struct ExportQuery {
    /// A rest between two rows, as from a slow disk: at most 200 ms.
    pause_ms: Option<u64>,
}

/// `GET /export/books.csv`: a line per row, each a chunk of its own, read from the database as the client takes it.
pub(crate) async fn export(
    State(state): State<AppState>,
    Query(query): Query<ExportQuery>,
) -> impl IntoResponse {
    let pause = Duration::from_millis(query.pause_ms.unwrap_or(0).min(200));
    let head = stream::once(async {
        Ok(String::from(
            "id,title,author,category,year,price_pence,stock\r\n",
        ))
    });
    let rows = books::stream_all(&state.db).then(move |row| async move {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        row.and_then(|row| Book::from_row(&row))
            .map(|book| csv_line(&book))
    });
    (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"books.csv\"",
            ),
        ],
        Body::from_stream(head.chain(rows)),
    )
}

fn csv_line(book: &Book) -> String {
    format!(
        "{},{},{},{},{},{},{}\r\n",
        book.id,
        quoted(&book.title),
        quoted(&book.author),
        quoted(&book.category),
        book.year,
        book.price_pence,
        book.stock
    )
}

/// RFC 4180: a field with a comma, a quote or a line break is quoted, and its quotes doubled.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// `GET /download/{id}`: a book's sample chapter.
pub(crate) async fn download(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<Response, ShopError> {
    let path = state.data_dir.join(format!("samples/{id}.txt"));
    let in_file = |source| ShopError::File {
        path: path.clone(),
        source,
    };
    let file = match tokio::fs::File::open(&path).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ShopError::NotFound {
                what: "sample chapter",
                id,
            });
        }
        Err(error) => return Err(in_file(error)),
    };
    let length = file.metadata().await.map_err(in_file)?.len();
    let mut response = Body::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let disposition = format!("attachment; filename=\"sample-{id}.txt\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn csv_fields_are_quoted_when_they_must_be() {
        assert_eq!(quoted("Emma"), "Emma");
        assert_eq!(
            quoted("Bartleby, the Scrivener"),
            "\"Bartleby, the Scrivener\""
        );
        assert_eq!(quoted("The \"Lost\" World"), "\"The \"\"Lost\"\" World\"");
    }
}
