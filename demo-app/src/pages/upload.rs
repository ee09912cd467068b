//! Files in: a cover for a book.

use askama::Template;
use axum::Extension;
use axum::extract::{Multipart, State};
use axum::response::Redirect;
use bytes::Bytes;

use super::{Frame, Page, draw};
use crate::app::UPLOAD_LIMIT;
use crate::error::ShopError;
use crate::layers::Session;
use crate::state::AppState;
use crate::store::books;

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    frame: Frame,
    titles: Vec<(i64, String)>,
    limit_kib: usize,
}

/// `GET /upload`
pub(crate) async fn form(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
) -> Page {
    let titles = books::titles(&state.db).await?;
    draw(&UploadPage {
        frame: session.into(),
        titles,
        limit_kib: UPLOAD_LIMIT / 1024,
    })
}

/// `POST /upload`: fields `book_id` and `cover`; to the book with its new cover.
pub(crate) async fn receive(
    State(state): State<AppState>,
    multipart: Multipart,
) -> Result<Redirect, ShopError> {
    let (id, picture) = read(multipart).await?;
    let Some(extension) = extension_of(&picture) else {
        return Err(ShopError::Unwanted {
            reason: "a cover is a PNG, JPEG, GIF or WebP picture",
        });
    };
    if books::find(&state.db, id).await?.is_none() {
        return Err(ShopError::NotFound { what: "book", id });
    }
    let name = format!("{id}.{extension}");
    let path = state.data_dir.join("covers").join(&name);
    tokio::fs::write(&path, &picture)
        .await
        .map_err(|source| ShopError::File { path, source })?;
    books::set_cover(&state.db, id, &name).await?;
    tracing::info!(book = id, bytes = picture.len(), "took a cover");
    Ok(Redirect::to(&format!("/books/{id}")))
}

async fn read(mut multipart: Multipart) -> Result<(i64, Bytes), ShopError> {
    let (mut id, mut picture) = (None, None);
    while let Some(field) = multipart.next_field().await? {
        match field.name() {
            Some("book_id") => id = field.text().await?.trim().parse().ok(),
            Some("cover") => picture = Some(field.bytes().await?),
            _ => {}
        }
    }
    match (id, picture) {
        (Some(id), Some(picture)) => Ok((id, picture)),
        (None, _) => Err(ShopError::Unwanted {
            reason: "the field book_id with the number of a book is missing",
        }),
        (_, None) => Err(ShopError::Unwanted {
            reason: "the field cover with a picture is missing",
        }),
    }
}

/// By the first bytes: what the client calls it is not to be trusted.
fn extension_of(picture: &[u8]) -> Option<&'static str> {
    match picture {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpg"),
        [b'G', b'I', b'F', b'8', ..] => Some("gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::extension_of;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        assert_eq!(extension_of(b"\x89PNG\r\n"), Some("png"));
        assert_eq!(extension_of(b"RIFF\0\0\0\0WEBPVP8 "), Some("webp"));
        assert_eq!(extension_of(b"<svg onload=x>"), None);
    }
}
