//! One request, and its answer.

use super::{
    Spans,
    body::Room,
    form::{Form, Refusal},
    guard, json, protobuf,
    reading::{Reading, Reason},
};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Requests that are unpacked and read at the same time. Each takes a thread that may wait, and memory of its own; with more
/// than one, a request that takes long to read holds up no other.
const READERS: usize = 4;

/// What the requests share.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    spans: Spans,
    room: Room,
    /// One for each reader.
    turns: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn new(spans: Spans) -> Self {
        Self {
            spans,
            room: Room::new(),
            turns: Arc::new(Semaphore::new(READERS)),
        }
    }

    /// Takes the spans of a request.
    pub(super) async fn answer<B>(&self, request: Request<B>, on_loopback: bool) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = request.into_parts();
        let form = guard::form(&parts);
        let taken = match guard::check(&parts, on_loopback) {
            Ok(()) => self.take(form, parts.headers, body).await,
            Err(refusal) => Err(refusal),
        };
        match taken {
            Ok(refused) => form.taken(&refused),
            Err(refusal) => {
                self.spans.count_refused_request();
                form.refused(refusal)
            }
        }
    }

    async fn take<B>(
        &self,
        form: Form,
        headers: HeaderMap,
        body: B,
    ) -> Result<BTreeMap<Reason, u64>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let mut held = self.room.collect(&headers, body).await?;
        let turn = self.turns.clone().acquire_owned().await;
        let spans = self.spans.clone();
        let work = spawn_blocking(move || {
            let _turn = turn;
            let bytes = std::mem::take(&mut held.bytes);
            let reading = read(form, &headers, bytes)?;
            Ok(spans.keep(reading))
        });
        // A reader that panics takes nothing, and the next one has its turn.
        work.await
            .unwrap_or_else(|_| Err(Refusal::malformed("the reader failed".into())))
    }
}

fn read(form: Form, headers: &HeaderMap, bytes: Vec<u8>) -> Result<Reading, Refusal> {
    let message = form.message(headers, bytes)?;
    let reading = match form {
        Form::Json => json::read(&message),
        Form::Grpc | Form::Protobuf => protobuf::read(message),
    };
    reading.map_err(Refusal::malformed)
}
