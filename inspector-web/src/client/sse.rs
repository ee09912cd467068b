//! Server-sent events, as far as our own server uses them.

use super::{ClientError, Event};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyStream;
use hyper::body::{Body, Frame};
use std::{collections::VecDeque, time::Duration};
use tokio::time::timeout;

/// Longest event that is taken.
const MAX_EVENT: usize = 16 << 20;

/// Longer silence means that the line is dead: the inspector says something every 15 s.
const SILENCE: Duration = Duration::from_secs(40);

/// The events of a body. One that stays silent ends with an error.
pub(super) fn events<B>(
    body: B,
) -> impl Stream<Item = Result<Event, ClientError>> + Send + Unpin + 'static
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let state = (
        Some(BodyStream::new(body)),
        Parser::default(),
        VecDeque::new(),
    );
    stream::unfold(state, |(mut body, mut parser, mut ready)| async move {
        loop {
            if let Some(event) = ready.pop_front() {
                return Some((event, (body, parser, ready)));
            }
            match timeout(SILENCE, body.as_mut()?.next()).await {
                Ok(frame) => match frame?.map(Frame::into_data) {
                    Ok(Ok(data)) => parser.feed(&data, &mut ready),
                    Ok(Err(_trailers)) => {}
                    Err(e) => ready.push_back(Err(ClientError::Broken(e.into()))),
                },
                Err(_) => {
                    body = None;
                    ready.push_back(Err(ClientError::Silent(SILENCE)));
                }
            }
        }
    })
    .boxed()
}

/// Lines to events.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    name: String,
    id: Option<u64>,
    data: String,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8], events: &mut VecDeque<Result<Event, ClientError>>) {
        for part in bytes.split_inclusive(|&b| b == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() + self.data.len() > MAX_EVENT {
                *self = Self::default();
                events.push_back(Err(ClientError::Broken("an event is too long".into())));
            } else if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                events.extend(self.take_line(line.trim_end_matches(['\r', '\n'])));
            }
        }
    }

    fn take_line(&mut self, line: &str) -> Option<Result<Event, ClientError>> {
        if line.is_empty() {
            return self.take_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.into(),
            "id" => self.id = value.parse().ok(),
            "data" => self.data += value,
            _ => {}
        }
        None
    }

    fn take_event(&mut self) -> Option<Result<Event, ClientError>> {
        let Self { name, id, data, .. } = std::mem::take(self);
        if data.is_empty() {
            return None;
        }
        let event = serde_json::from_str(&data).and_then(|data: serde_json::Value| {
            serde_json::from_value(serde_json::json!({ "event": name, "data": data }))
        });
        Some(match event {
            Ok(event) => Ok(Event { id, event }),
            Err(e) => Err(ClientError::Json(e)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LiveEvent;
    use http_body_util::StreamBody;

    #[tokio::test(start_paused = true)]
    async fn a_line_on_which_nothing_comes_any_more_is_given_up() {
        let text = [
            "event: lagged\ndata: {\"missed\":3}\n\n",
            ": still here\n\n",
            ": still here\n\n",
        ];
        let said = stream::iter(text).then(|text| async move {
            tokio::time::sleep(Duration::from_secs(30)).await;
            Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(text.as_bytes())))
        });
        let body = StreamBody::new(said.chain(stream::pending()).boxed());
        let begun = tokio::time::Instant::now();
        let all: Vec<_> = events(body).collect().await;
        assert!(
            matches!(
                all[..],
                [
                    Ok(Event {
                        event: LiveEvent::Lagged { missed: 3 },
                        ..
                    }),
                    Err(ClientError::Silent(_))
                ]
            ),
            "{all:?}"
        );
        assert_eq!(begun.elapsed().as_secs(), 3 * 30 + SILENCE.as_secs());
    }

    #[test]
    fn events_are_found_however_the_bytes_are_cut() {
        let text = ": hello\n\nevent: lagged\r\nid: 9\r\ndata: {\"missed\":3}\r\n\r\nevent: lagged\ndata:{\"missed\":4}\n\n";
        for size in [1, 2, 7, 1000] {
            let mut parser = Parser::default();
            let mut events = VecDeque::new();
            for part in text.as_bytes().chunks(size) {
                parser.feed(part, &mut events);
            }
            let events: Vec<Event> = events.into_iter().map(Result::unwrap).collect();
            let lagged = |id, missed| Event {
                id,
                event: LiveEvent::Lagged { missed },
            };
            assert_eq!(events, [lagged(Some(9), 3), lagged(None, 4)]);
        }
    }
}
