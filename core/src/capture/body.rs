//! The probe in a body: it passes frames on as they are asked for and tells the recording what passed.
//!
//! A body is looked at where it comes into being, and not again at every layer that hands it on. Whether a later probe
//! sees the same body is asked through its size hint: a [`Tee`] that is asked while a thread-local question stands answers
//! it. A body that a layer wrapped, or put in its place, does not answer, or announces another length, and gets a `Tee`
//! of its own.

use super::{
    handle::{self, Handle, UNSHOWN},
    heads::BodyState,
    recording::{EntryId, Recording},
};
use crate::{cause, wire::Side};
use axum::{BoxError, body::Body};
use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_LENGTH};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::{
    any::Any,
    cell::Cell,
    pin::Pin,
    task::{Context, Poll, ready},
};

#[derive(Clone, Copy, PartialEq)]
enum Question {
    None,
    Asked,
    Answered { recording: usize, body: u16 },
}

thread_local! {
    static QUESTION: Cell<Question> = const { Cell::new(Question::None) };
}

/// What a body says of itself.
pub(crate) struct Look {
    answered: Question,
    announced: Option<u64>,
    is_empty: bool,
}

/// Asks a body which one it is. Runs code of the app's: the recording must not be locked.
pub(crate) fn look<B: HttpBody>(body: &B) -> Look {
    QUESTION.set(Question::Asked);
    let announced = body.size_hint().exact();
    let answered = QUESTION.replace(Question::None);
    Look {
        answered,
        announced,
        is_empty: body.is_end_stream(),
    }
}

impl Look {
    /// What the recording is to know of this body. The second value is the number for a new [`Tee`], if the body needs one.
    pub(crate) fn state(
        &self,
        handle: &Handle,
        recording: &mut Recording,
        side: Side,
        can_tee: bool,
    ) -> (BodyState, Option<u16>) {
        let announced = self.announced;
        if let Question::Answered {
            recording: of,
            body,
        } = self.answered
            && of == handle.address()
            && recording.announced(body) == Some(announced)
        {
            return (
                BodyState {
                    body: Some(body),
                    announced,
                },
                None,
            );
        }
        let new = (can_tee && !self.is_empty && recording.keeps_bodies())
            .then(|| recording.body(side, announced))
            .flatten();
        (
            BodyState {
                body: new,
                announced,
            },
            new,
        )
    }

    /// How many bytes it will be: what the body says, else the header.
    pub(crate) fn length(&self, headers: &HeaderMap) -> Option<u64> {
        let by_header = || headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        self.announced.or_else(by_header)
    }

    /// Whether the body is at its end already.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }
}

/// The body as axum's, if it is one: only such a body can be wrapped without changing its type.
pub(crate) fn as_axum<B: 'static>(body: &mut B) -> Option<&mut Body> {
    (body as &mut dyn Any).downcast_mut::<Body>()
}

/// Puts a [`Tee`] around a body.
pub(crate) fn tee(
    body: &mut Body,
    handle: &Handle,
    number: u16,
    length: Option<u64>,
    inside: EntryId,
) {
    wrap(
        body,
        Tee {
            inner: Body::empty(),
            handle: handle.clone(),
            number: Counts::Here(number),
            to_come: length.filter(|n| *n > 0),
            inside,
            last: false,
            asked: false,
            ended: false,
            whole: false,
        },
    );
}

/// Puts the last [`Tee`] around the body that goes to the server: when it is dropped the cycle is over.
pub(crate) fn last_tee(
    body: &mut Body,
    handle: &Handle,
    number: Counts,
    length: Option<u64>,
    inside: EntryId,
) {
    wrap(
        body,
        Tee {
            inner: Body::empty(),
            handle: handle.clone(),
            number,
            to_come: length.filter(|n| *n > 0),
            inside,
            last: true,
            asked: false,
            ended: false,
            whole: false,
        },
    );
}

fn wrap(body: &mut Body, mut tee: Tee) {
    tee.inner = std::mem::take(body);
    *body = Body::new(tee);
}

/// Where the frames of a body are counted.
#[derive(Clone, Copy)]
pub(crate) enum Counts {
    /// Here, for this body of the recording.
    Here(u16),
    /// Further inside, for this one; none: nowhere.
    Elsewhere(Option<u16>),
}

struct Tee {
    inner: Body,
    handle: Handle,
    number: Counts,
    /// Bytes that are still to come, if that is known.
    to_come: Option<u64>,
    inside: EntryId,
    last: bool,
    /// Whether anybody asked for a frame.
    asked: bool,
    ended: bool,
    /// Whether it ended well.
    whole: bool,
}

impl Tee {
    fn end(&mut self, how: Result<(), String>) {
        self.ended = true;
        self.whole = how.is_ok();
        match self.number {
            Counts::Here(number) => self.handle.lock().body_end(number, how),
            Counts::Elsewhere(Some(of)) => self.handle.lock().sending_end(of, how),
            Counts::Elsewhere(None) => {}
        }
    }
}

impl HttpBody for Tee {
    type Data = Bytes;
    // Not `axum::Error`: its extractors look through one wrapping of it only to find what really happened.
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        this.asked = true;
        let inside = handle::current_entry(&this.handle).or(Some(this.inside));
        let polled = this
            .handle
            .poll_body(inside, || Pin::new(&mut this.inner).poll_frame(cx));
        let frame = ready!(polled).map(|frame| frame.map_err(axum::Error::into_inner));
        if let (Some(Ok(frame)), Some(to_come)) = (&frame, &mut this.to_come) {
            let len = frame.data_ref().map_or(0, |data| data.len() as u64);
            *to_come = to_come.saturating_sub(len);
        }
        match (&frame, this.number) {
            (Some(Ok(frame)), Counts::Here(number)) => {
                if let Some(data) = frame.data_ref() {
                    let mut recording = this.handle.lock();
                    recording.body_data(number, Some(this.inside), data);
                } else if let Some(trailers) = frame.trailers_ref() {
                    this.handle.lock().body_trailers(number, trailers);
                    // Nothing comes after trailers: hyper does not ask again.
                    this.end(Ok(()));
                }
            }
            (Some(Ok(frame)), Counts::Elsewhere(_)) if frame.is_trailers() => this.end(Ok(())),
            (Some(Ok(frame)), Counts::Elsewhere(Some(of))) => {
                if let Some(data) = frame.data_ref() {
                    let mut recording = this.handle.lock();
                    recording.sending_data(of, this.inside, data);
                }
            }
            (Some(Ok(_)), Counts::Elsewhere(None)) => {}
            (Some(Err(error)), _) => {
                let said = handle::shown(|| cause::said(&**error));
                this.end(Err(said.unwrap_or_else(|| UNSHOWN.into())));
            }
            (None, _) => this.end(Ok(())),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if let Counts::Here(body) = self.number
            && QUESTION.get() == Question::Asked
        {
            QUESTION.set(Question::Answered {
                recording: self.handle.address(),
                body,
            });
        }
        self.inner.size_hint()
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        // A consumer that knows the length need not poll once more to hear of the end; a stream with a `content-length`
        // does not know itself that it is there.
        if !self.ended && (self.to_come == Some(0) || self.inner.is_end_stream()) {
            self.end(Ok(()));
        }
        if !self.last {
            return;
        }
        // The cycle ends here, also if what is inside panics.
        let _end = EndOfBody {
            handle: &self.handle,
            whole: self.whole,
            asked: self.asked,
        };
        // What is inside is dropped first, so that it is still part of the cycle.
        {
            let _entered = self.handle.enter(Some(self.inside));
            drop(std::mem::take(&mut self.inner));
        }
    }
}

/// Ends the body that goes to the server.
struct EndOfBody<'a> {
    handle: &'a Handle,
    whole: bool,
    asked: bool,
}

impl Drop for EndOfBody<'_> {
    fn drop(&mut self) {
        self.handle.end_body(self.whole, self.asked);
    }
}
