//! Recordings, exports and sendings, asked for.

use super::{Client, ClientError, collect, escape, timely};
use crate::{
    export::Format,
    model::{CyclePage, Recording, Sending, StartRecording, StartSending},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future};
use http::{Request, header};
use http_body_util::BodyDataStream;
use serde::{Serialize, de::DeserializeOwned};

impl Client {
    /// Records what comes from now on into a file of the inspector's machine.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn start_recording(&self, wanted: &StartRecording) -> Result<Recording, ClientError> {
        self.post("/api/recording", wanted).await
    }

    /// Ends the recording, and says how it stood.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn stop_recording(&self) -> Result<Recording, ClientError> {
        self.post("/api/recording/stop", &()).await
    }

    /// Sends cycles to a collector or Jaeger; how that goes is in [`Client::status`].
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn start_sending(&self, wanted: &StartSending) -> Result<Sending, ClientError> {
        self.post("/api/send", wanted).await
    }

    /// Ends the sending, and says how it stood.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn stop_sending(&self) -> Result<Sending, ClientError> {
        self.post("/api/send/stop", &()).await
    }

    /// The cycles that match a filter, oldest first, in another format, piece by piece.
    ///
    /// # Errors
    /// See [`Client::status`]; a piece fails when the connection breaks.
    pub async fn export(
        &self,
        format: Format,
        filter: &str,
        redact: bool,
    ) -> Result<impl Stream<Item = Result<Bytes, ClientError>> + Send + Unpin + 'static, ClientError>
    {
        let filter = escape(filter);
        let path = format!("/api/export?format={format}&redact={redact}&filter={filter}");
        let response = timely(self.send(&path, None)).await?;
        let pieces = BodyDataStream::new(response.into_body());
        Ok(pieces
            .map(|piece| piece.map_err(|e| ClientError::Broken(e.into())))
            .filter(|piece| future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty()))))
    }

    /// One cycle in another format.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn export_cycle(
        &self,
        id: &str,
        format: Format,
        redact: bool,
    ) -> Result<Bytes, ClientError> {
        let path = format!(
            "/api/cycles/{}/export?format={format}&redact={redact}",
            escape(id)
        );
        self.bytes(&path).await
    }

    /// How many cycles match a filter.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn count(&self, filter: &str) -> Result<u64, ClientError> {
        let path = format!("/api/cycles?limit=1&filter={}", escape(filter));
        let page: CyclePage = self.json(&path).await?;
        Ok(page.matched)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        sent: &impl Serialize,
    ) -> Result<T, ClientError> {
        let json = serde_json::to_vec(sent).map_err(ClientError::Json)?;
        let request = Request::post(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json");
        let answer = timely(async { collect(self.ask(request, json.into()).await?).await }).await?;
        serde_json::from_slice(&answer).map_err(ClientError::Json)
    }
}
