//! Bodies of the kit, which note what they gave.

use crate::{
    log::{Given, Label, Log},
    plan::{BodyPlan, End},
};
use axum::{BoxError, body::Body};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What the error of a body says.
pub const BROKE: &str = "kit body broke";

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

fn new_given(log: &Log) -> usize {
    log.with(|l| {
        l.reels.push(Given::default());
        l.reels.len() - 1
    })
}

fn note(log: &Log, id: usize, polled: &Polled) {
    log.with(|l| {
        let given = &mut l.reels[id];
        match polled {
            Poll::Pending => {}
            Poll::Ready(None) => given.said_end = true,
            Poll::Ready(Some(Err(_))) => given.broke = true,
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    given.data.extend_from_slice(data);
                    given.frames += 1;
                }
                if let Some(trailers) = frame.trailers_ref() {
                    // Nothing comes after trailers.
                    given.said_end = true;
                    given.trailers = trailers
                        .iter()
                        .map(|(n, v)| (n.to_string(), v.as_bytes().to_vec()))
                        .collect();
                }
            }
        }
    });
}

/// A body is at its end if it says so, and if all the bytes that it announced are given: who knows its length does not ask
/// once more.
fn note_drop(log: &Log, id: usize, body: &impl HttpBody) {
    let all_given = body.size_hint().exact() == Some(0);
    let says_so = body.is_end_stream();
    log.with(|l| {
        let given = &mut l.reels[id];
        given.dropped_at_end = says_so || (all_given && !given.data.is_empty());
    });
}

/// A body made by plan.
pub struct Reel {
    id: usize,
    log: Log,
    plan: BodyPlan,
    next: usize,
    pended: bool,
    over: bool,
}

/// A new body, and its label.
pub fn reel(log: &Log, plan: BodyPlan) -> (Body, Label) {
    let id = new_given(log);
    let reel = Reel {
        id,
        log: log.clone(),
        plan,
        next: 0,
        pended: false,
        over: false,
    };
    (Body::new(reel), Label::Reel(id))
}

impl Reel {
    fn advance(&mut self) -> Polled {
        let plan = &self.plan;
        let at = self.next;
        self.next += 1;
        if let Some(chunk) = plan.chunks.get(at) {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(chunk)))));
        }
        match plan.end {
            End::Never => {
                self.next = 1;
                let chunk = plan.chunks.first().map_or(&b"on"[..], |c| c);
                Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(chunk)))))
            }
            End::Error if !self.over => {
                self.over = true;
                Poll::Ready(Some(Err(BROKE.into())))
            }
            End::Panic if !self.over => {
                self.over = true;
                panic!("kit: a body")
            }
            End::Well if at == plan.chunks.len() && !plan.trailers.is_empty() => {
                let trailers: HeaderMap = plan
                    .trailers
                    .iter()
                    .map(|(n, v)| {
                        (
                            HeaderName::from_static(n),
                            HeaderValue::from_bytes(v).expect("a value"),
                        )
                    })
                    .collect();
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            _ => Poll::Ready(None),
        }
    }
}

impl HttpBody for Reel {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        self.log.with(|l| l.reels[self.id].polls += 1);
        if self.plan.waits && !std::mem::replace(&mut self.pended, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.pended = false;
        let polled = self.advance();
        note(&self.log, self.id, &polled);
        polled
    }

    fn is_end_stream(&self) -> bool {
        let steps = self.plan.chunks.len() + usize::from(!self.plan.trailers.is_empty());
        self.plan.tells_end && self.plan.end == End::Well && self.next >= steps
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.plan.chunks.iter().skip(self.next);
        let left: u64 = left.map(|c| c.len() as u64).sum();
        match self.plan.exact && self.plan.end == End::Well {
            true => SizeHint::with_exact(left),
            false => SizeHint::default(),
        }
    }
}

impl Drop for Reel {
    fn drop(&mut self) {
        note_drop(&self.log.clone(), self.id, self);
    }
}

/// A body around another.
struct Wrapped {
    id: usize,
    log: Log,
    inner: Body,
    /// What comes before, if it has not come yet.
    prefix: Option<&'static [u8]>,
    disguises: bool,
}

/// A body that puts a chunk before another.
pub fn prefixed(log: &Log, inner: Body) -> (Body, Label) {
    wrapped(log, inner, Some(b"<"), false)
}

/// A body that changes the bytes of another and tells nobody.
pub fn disguised(log: &Log, inner: Body) -> (Body, Label) {
    wrapped(log, inner, None, true)
}

fn wrapped(
    log: &Log,
    inner: Body,
    prefix: Option<&'static [u8]>,
    disguises: bool,
) -> (Body, Label) {
    let id = new_given(log);
    let body = Wrapped {
        id,
        log: log.clone(),
        inner,
        prefix,
        disguises,
    };
    (Body::new(body), Label::Reel(id))
}

impl HttpBody for Wrapped {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = self.get_mut();
        let polled = match this.prefix.take() {
            Some(prefix) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(prefix))))),
            None => {
                let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
                let frame = frame.map(|f| f.map_err(axum::Error::into_inner));
                Poll::Ready(match frame {
                    Some(Ok(frame)) if this.disguises => {
                        let flip =
                            |b: Bytes| b.iter().map(|b| b.wrapping_add(1)).collect::<Bytes>();
                        Some(Ok(frame.map_data(flip)))
                    }
                    frame => frame,
                })
            }
        };
        note(&this.log, this.id, &polled);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.prefix.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.inner.size_hint();
        let more = self.prefix.map_or(0, |p| p.len() as u64);
        match hint.exact() {
            Some(exact) => SizeHint::with_exact(exact + more),
            None => hint,
        }
    }
}

impl Drop for Wrapped {
    fn drop(&mut self) {
        note_drop(&self.log.clone(), self.id, self);
    }
}
