//! The edges of a cycle: the request as it came, the response as it went.

use onionskin::{
    replay::{Held, Message, Replay},
    text,
    wire::{Body, BodyEnd, Cycle, Header, Side},
};

/// The messages at the edges of a cycle.
#[derive(Debug)]
pub(super) struct Edges<'c> {
    pub(super) cycle: &'c Cycle,
    pub(super) request: Message,
    pub(super) response: Option<Message>,
    /// Why the headers are not here, if the cycle contradicts itself.
    broken: Option<String>,
}

impl<'c> Edges<'c> {
    pub(super) fn new(cycle: &'c Cycle) -> Self {
        let (request, response, broken) = match Replay::new(cycle) {
            Ok(replay) => {
                let first = cycle.steps.iter().find(|step| step.delta.is_some());
                let last = replay.len().saturating_sub(1) as u32;
                let request = first.and_then(|step| replay.request(step.seq)).cloned();
                let response = replay.response(last).cloned();
                (request.unwrap_or_default(), response, None)
            }
            Err(error) => (Message::default(), None, Some(error.to_string())),
        };
        Self {
            cycle,
            request,
            response,
            broken,
        }
    }

    /// The method as it came.
    pub(super) fn method(&self) -> &str {
        self.request
            .method
            .as_ref()
            .map_or(&self.cycle.method, |held| &held.value)
    }

    /// The request target as it came.
    pub(super) fn target(&self) -> &str {
        self.request
            .uri
            .as_ref()
            .map_or(&self.cycle.target, |held| &held.value)
    }

    /// The status as it went; none if there was no response.
    pub(super) fn status(&self) -> Option<u16> {
        let held = self.response.as_ref().and_then(|r| r.status.as_ref());
        held.map(|held| held.value).or(self.cycle.status)
    }

    /// `HTTP/1.1`, where it is known.
    pub(super) fn version(message: Option<&Message>) -> &str {
        message
            .and_then(|m| m.version.as_ref())
            .map_or("HTTP/1.1", |held| &held.value)
    }

    /// The URL that the request was for. That it was not `https` is a guess: a proxy that ends TLS is not seen.
    pub(super) fn url(&self) -> String {
        let target = self.target();
        if target.contains("://") {
            return target.into();
        }
        // `*` and `host:port` are no paths.
        let path = if target.starts_with('/') { target } else { "/" };
        format!("http://{}{path}", self.host())
    }

    /// The `host` of the request, if it can stand in a URL.
    pub(super) fn host(&self) -> &str {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
        first(&self.request, "host")
            .and_then(|h| h.value.as_str())
            .filter(|host| !host.is_empty() && host.bytes().all(is_plain))
            .unwrap_or("localhost")
    }

    pub(super) fn request_headers(&self) -> impl Iterator<Item = &Header> {
        self.request.headers.iter().map(value)
    }

    pub(super) fn response_headers(&self) -> impl Iterator<Item = &Header> {
        self.response
            .iter()
            .flat_map(|r| r.headers.iter().map(value))
    }

    /// What was kept of the request's body.
    pub(super) fn request_body(&self) -> Option<&'c Body> {
        self.body(&self.request, Side::Request)
    }

    /// What was kept of the response's body.
    pub(super) fn response_body(&self) -> Option<&'c Body> {
        self.body(self.response.as_ref()?, Side::Response)
    }

    /// The body that a message had.
    fn body(&self, message: &Message, side: Side) -> Option<&'c Body> {
        let index = message.body.as_ref()?.value.body?;
        self.cycle
            .bodies
            .get(index)
            .filter(|body| body.side == side)
    }

    /// What is not as it was in the request: for people, in words of our own alone.
    pub(super) fn request_notes(&self) -> Vec<String> {
        let mut notes = self.common_notes();
        if self.request_headers().any(|h| h.redacted) {
            notes.push("values were masked when they were recorded: put yours in".into());
        }
        notes.extend(body_notes(&self.request, self.request_body()));
        notes
    }

    /// What is not as it was in the response.
    pub(super) fn response_notes(&self) -> Vec<String> {
        let mut notes = self.common_notes();
        let Some(response) = &self.response else {
            notes.push("there was no response".into());
            return notes;
        };
        if self.response_headers().any(|h| h.redacted) {
            notes.push("values were masked when they were recorded".into());
        }
        notes.extend(body_notes(response, self.response_body()));
        notes
    }

    fn common_notes(&self) -> Vec<String> {
        let broken = self.broken.as_ref();
        broken
            .map(|_| "the recorded cycle contradicts itself: headers are left out".into())
            .into_iter()
            .collect()
    }
}

fn value<T>(held: &Held<T>) -> &T {
    &held.value
}

/// The first header of this name.
pub(super) fn first<'m>(message: &'m Message, name: &str) -> Option<&'m Header> {
    message.headers.iter().map(value).find(|h| h.name == name)
}

/// What is not as it was in a body.
fn body_notes(message: &Message, body: Option<&Body>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(body) = body else {
        let announced = message.body.as_ref().and_then(|held| held.value.announced);
        if announced.is_some_and(|len| len > 0) {
            notes.push("the body was not kept".into());
        }
        return notes;
    };
    if body.redacted {
        notes.push("a part of the body was masked when it was recorded".into());
    } else if body.kept() < body.len {
        let (kept, all) = (text::size(body.kept()), text::size(body.len));
        notes.push(format!(
            "only the first {kept} of the body were kept, of {all}"
        ));
    }
    match &body.end {
        BodyEnd::Complete => {}
        BodyEnd::Cut => notes.push("nobody read the body to its end".into()),
        BodyEnd::Error { .. } => notes.push("the body broke off with an error".into()),
    }
    notes
}
