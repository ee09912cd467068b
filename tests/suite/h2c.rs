//! A client that speaks HTTP/2 from the first byte.

use crate::raw::LONG;
use bytes::Bytes;
use h2::{RecvStream, client::SendRequest};
use onionskin::http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

/// A connection; its frames are exchanged on a task of its own. Its own window is large: what holds a stream back is the
/// stream's.
pub(crate) async fn connect(stream: impl Stream) -> SendRequest<Bytes> {
    connect_with(stream, 65_535).await
}

/// The same, with streams whose windows are so large.
pub(crate) async fn connect_with(stream: impl Stream, window: u32) -> SendRequest<Bytes> {
    let (client, connection) = h2::client::Builder::new()
        .initial_connection_window_size(16 << 20)
        .initial_window_size(window)
        .handshake(stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// What frames are exchanged over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// A request without a body.
pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(format!("http://h2.example{path}"))
        .body(())
        .unwrap()
}

/// A request with one.
pub(crate) fn post(path: &str) -> Request<()> {
    Request::post(format!("http://h2.example{path}"))
        .body(())
        .unwrap()
}

/// The rest of a response.
pub(crate) async fn rest(body: &mut RecvStream) -> Result<(Vec<u8>, HeaderMap), h2::Error> {
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok((bytes, body.trailers().await?.unwrap_or_default()))
}

/// Sends a request with its body in these frames, and takes the response.
pub(crate) async fn ask(
    client: &SendRequest<Bytes>,
    request: Request<()>,
    frames: &[&[u8]],
    trailers: Option<HeaderMap>,
) -> Response<(Vec<u8>, HeaderMap)> {
    let mut client = client.clone().ready().await.unwrap();
    let ends = frames.is_empty() && trailers.is_none();
    let (response, mut body) = client.send_request(request, ends).unwrap();
    for (n, frame) in frames.iter().enumerate() {
        let ends = trailers.is_none() && n + 1 == frames.len();
        body.send_data(Bytes::copy_from_slice(frame), ends).unwrap();
    }
    if let Some(trailers) = trailers {
        body.send_trailers(trailers).unwrap();
    }
    let whole = async {
        let (head, mut body) = response.await.unwrap().into_parts();
        let rest = rest(&mut body).await.unwrap();
        Response::from_parts(head, rest)
    };
    tokio::time::timeout(LONG, whole).await.expect("it answers")
}
