//! The bytes of a request, bounded: in length, in time, and together with those of all others.

use super::form::Refusal;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt;
use std::{io::Read, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// Longest request, as it comes and unpacked.
pub(super) const LONGEST: usize = 16 << 20;

/// Most bytes of all requests that are under way.
const ROOM: usize = 64 << 20;

/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is counted at once.
const UNIT: usize = 1 << 10;

/// Room for the requests that are under way.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// A request's bytes, and their room.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM / UNIT)))
    }

    /// Takes a body to its end, or says why not.
    pub(super) async fn collect<B>(&self, headers: &HeaderMap, body: B) -> Result<Held, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let deadline = Instant::now() + PATIENCE;
        let taken = timeout_at(deadline, self.take(headers, body)).await;
        taken.map_err(|_| Refusal::slow(PATIENCE))?
    }

    async fn take<B>(&self, headers: &HeaderMap, mut body: B) -> Result<Held, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let mut held = Held {
            bytes: Vec::new(),
            room: None,
        };
        // One that waits to be asked for its body is not asked.
        let waits = headers.contains_key(header::EXPECT);
        let announced = body.size_hint().lower();
        let mut too_long = announced > LONGEST as u64;
        if too_long && waits {
            return Err(Refusal::too_long(LONGEST));
        }
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Refusal::broken());
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            too_long |= held.bytes.len() + data.len() > LONGEST;
            // The rest is taken and forgotten: who is still sending hears no answer.
            if too_long {
                held = Held {
                    bytes: Vec::new(),
                    room: None,
                };
            } else {
                self.add(&mut held, &data)?;
            }
        }
        match too_long {
            true => Err(Refusal::too_long(LONGEST)),
            false => Ok(held),
        }
    }

    fn add(&self, held: &mut Held, data: &[u8]) -> Result<(), Refusal> {
        let units = data.len().div_ceil(UNIT) as u32;
        let Ok(more) = self.0.clone().try_acquire_many_owned(units) else {
            return Err(Refusal::busy());
        };
        match &mut held.room {
            Some(room) => room.merge(more),
            none => *none = Some(more),
        }
        held.bytes.extend_from_slice(data);
        Ok(())
    }
}

/// Takes gzip off. A bomb is cut.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let most = LONGEST as u64 + 1;
    let read = MultiGzDecoder::new(bytes).take(most).read_to_end(&mut out);
    match read {
        Ok(_) if out.len() > LONGEST => Err(Refusal::too_long(LONGEST)),
        Ok(_) => Ok(out),
        Err(error) => Err(Refusal::malformed(format!("it is no gzip: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use http_body_util::{Full, StreamBody};
    use std::io::Write;

    async fn collect(room: &Room, chunks: usize, len: usize) -> Result<Held, Refusal> {
        let chunk = Bytes::from(vec![7; len]);
        let frame = move |_| Ok::<_, std::io::Error>(http_body::Frame::data(chunk.clone()));
        let body = StreamBody::new(futures_util::stream::iter((0..chunks).map(frame)));
        room.collect(&HeaderMap::new(), Box::pin(body)).await
    }

    #[tokio::test]
    async fn what_is_too_long_is_told_so_and_gives_its_room_back() {
        let room = Room::new();
        let refusal = collect(&room, 100, 1 << 20).await.unwrap_err();
        assert_eq!(refusal.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(room.0.available_permits(), ROOM / UNIT);
        let held = collect(&room, 16, 1 << 20).await.unwrap();
        assert_eq!(held.bytes.len(), LONGEST);
        assert_eq!(room.0.available_permits(), (ROOM - LONGEST) / UNIT);
    }

    #[tokio::test]
    async fn requests_share_the_room_and_who_finds_none_may_come_again() {
        let room = Room::new();
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(collect(&room, 16, 1 << 20).await.unwrap());
        }
        let refusal = collect(&room, 1, 1).await.unwrap_err();
        assert_eq!(refusal.status, StatusCode::SERVICE_UNAVAILABLE);
        drop(all);
        collect(&room, 1, 1).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_come_to_its_end_is_not_waited_for() {
        let body = StreamBody::new(futures_util::stream::pending::<
            std::io::Result<http_body::Frame<Bytes>>,
        >());
        let refusal = Room::new().collect(&HeaderMap::new(), body).await;
        assert_eq!(refusal.unwrap_err().status, StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn who_waits_to_be_asked_is_not_asked_for_too_much() {
        let mut headers = HeaderMap::new();
        headers.insert(header::EXPECT, "100-continue".parse().unwrap());
        let body = Full::new(Bytes::from(vec![0; LONGEST + 1]));
        Room::new().collect(&headers, body).await.unwrap_err();
    }

    #[test]
    fn a_bomb_is_cut() {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..100 {
            bomb.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let bomb = bomb.finish().unwrap();
        assert!(bomb.len() < 1 << 20);
        let refusal = unpacked(&bomb).unwrap_err();
        assert_eq!(refusal.status, StatusCode::PAYLOAD_TOO_LARGE);
        let refusal = unpacked(b"\x1f\x8bnonsense").unwrap_err();
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
    }
}
