//! The probe between two layers.
//!
//! With N layers there are N + 1 probes, and what a layer did is the difference between the two beside it. A probe sees
//! the request pass inward, the response (or an error, or a panic, or nothing any more) pass outward, and changes neither.

use super::{
    body::{self, Counts, Look},
    control,
    handle::{self, Carried, Handle, UNSHOWN},
    heads::{Head, Line, Since},
    lean::Lean,
    recording::EntryId,
    redact,
    tap::Tap,
    watch::{self, Shown},
};
use crate::{
    Cause, cause,
    wire::{Side, Site},
};
use axum::{
    BoxError,
    response::{IntoResponse, Response},
};
use http::Request;
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use std::{
    any::Any,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_layer::Layer;
use tower_service::Service;

/// One passing of a probe, from the request to the response.
pub(crate) struct Frame {
    handle: Handle,
    entry: EntryId,
    /// Whether the cycle begins and ends here.
    outermost: bool,
    done: bool,
}

impl Frame {
    /// The request passes inward: a step is recorded, if the request belongs to a cycle that is.
    #[inline]
    pub(crate) fn pass<B>(site: &Site, request: &mut Request<B>) -> Option<Self>
    where
        B: HttpBody + 'static,
    {
        if is_nothing_to_do(request) {
            return None;
        }
        Self::record(site, request)
    }

    /// The request passes the router or the server: if it belongs to no cycle yet, one begins.
    #[inline]
    pub(crate) fn pass_or_begin<B>(site: &Site, request: &mut Request<B>) -> Option<Self>
    where
        B: HttpBody + 'static,
    {
        if is_nothing_to_do(request) && !Tap::is_any() {
            return None;
        }
        if request.extensions().get::<Carried>().is_some() {
            let frame = Self::record(site, request);
            let carried = request.extensions().get::<Carried>();
            if frame.is_some() || !carried.is_some_and(Carried::has_ended) {
                return frame;
            }
            // It was taken over from a request whose cycle is over: this one is another.
            request.extensions_mut().remove::<Carried>();
        }
        let outermost = !find_again(request);
        if outermost {
            let carried = match Tap::of(request) {
                Some(tap) => Carried::recorded(Handle::begin_tapped(tap)),
                None => Handle::begin(request.uri().path())?,
            };
            request.extensions_mut().insert(carried);
        }
        let mut frame = Self::record(site, request)?;
        frame.outermost = outermost;
        #[cfg(feature = "otel")]
        if outermost {
            crate::otel::join::begin(&frame.handle, request.headers());
        }
        Some(frame)
    }

    fn record<B>(site: &Site, request: &mut Request<B>) -> Option<Self>
    where
        B: HttpBody + 'static,
    {
        let look = body::look(request.body());
        let can_tee = body::as_axum(request.body_mut()).is_some();
        let carried = match request.extensions().get() {
            Some(carried) => carried,
            None => {
                if !find_again(request) {
                    return None;
                }
                request.extensions().get()?
            }
        };
        let Carried::Recorded(handle, last) = carried else {
            return None;
        };
        let watched = watch::shown(request.extensions());
        let parent = handle::current_entry(handle).or_else(|| last.entry());
        let (entry, new_body) = handle.guarded(|| {
            let mut recording = handle.lock();
            if recording.has_ended() {
                return None;
            }
            let (state, new_body) = look.state(handle, &mut recording, Side::Request, can_tee);
            let head = Head {
                line: Line::Request(request.method(), request.uri()),
                version: request.version(),
                headers: request.headers(),
                extensions: request.extensions(),
                watched: &watched,
                body: state,
                since: recording.since(site, parent),
            };
            let entry = recording.enter(site, parent, &head, || matched_path(request));
            Some((entry, new_body))
        })??;
        // None: too many steps. Those are counted, and the cycle goes on.
        let entry = entry?;
        last.set(entry);
        let frame = Self {
            handle: handle.clone(),
            entry,
            outermost: false,
            done: false,
        };
        if let Some(number) = new_body
            && let length = look.length(request.headers())
            && let Some(inner) = body::as_axum(request.body_mut())
        {
            body::tee(inner, &frame.handle, number, length, entry);
        }
        Some(frame)
    }

    /// The recording of the cycle.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Number of this passing.
    pub(crate) fn entry(&self) -> EntryId {
        self.entry
    }

    /// Runs code of the app's inside this probe.
    #[inline]
    pub(crate) fn run<R>(&self, code: impl FnOnce() -> R) -> R {
        let _entered = self.handle.enter(Some(self.entry));
        code()
    }

    /// Polls code of the app's inside this probe.
    #[inline]
    pub(crate) fn poll<R>(&self, poll: impl FnOnce() -> Poll<R>) -> Poll<R> {
        self.handle.poll(Some(self.entry), poll)
    }

    /// The response passes outward.
    pub(crate) fn leave<B>(&mut self, response: &mut http::Response<B>)
    where
        B: HttpBody + 'static,
    {
        self.done = true;
        let look = body::look(response.body());
        let can_tee = body::as_axum(response.body_mut()).is_some();
        let cause = response.extensions().get();
        let chain = cause.map(|cause| {
            let chain = handle::shown(|| Cause::chain(cause));
            chain.unwrap_or_else(|| vec![UNSHOWN.into()])
        });
        let watched = watch::shown(response.extensions());
        let new_body = self.handle.guarded(|| {
            let mut recording = self.handle.lock();
            let (head, new_body) =
                self.response_head(&look, &watched, &mut recording, response, can_tee);
            if let Some(chain) = chain
                && recording.is_first_response(self.entry)
            {
                recording.error(self.entry, &chain);
            }
            recording.leave(self.entry, &head);
            new_body
        });
        if let Some(number) = new_body.flatten()
            && let length = look.length(response.headers())
            && let Some(inner) = body::as_axum(response.body_mut())
        {
            body::tee(inner, &self.handle, number, length, self.entry);
        }
    }

    /// The response goes to the server. The cycle is over when the body is. `straight`: nothing can have touched the response
    /// since the router gave it.
    pub(crate) fn send(&mut self, response: &mut Response, straight: bool) {
        debug_assert!(self.outermost);
        self.done = true;
        #[cfg(feature = "otel")]
        let straight = !crate::otel::join::show(&self.handle, response.headers_mut()) && straight;
        let look = body::look(response.body());
        let watched = watch::shown(response.extensions());
        let sent = self.handle.guarded(|| {
            let mut recording = self.handle.lock();
            let (mut head, new_body) =
                self.response_head(&look, &watched, &mut recording, response, true);
            if straight {
                head.since = Since::Nothing;
            }
            let mut number = new_body;
            if number.is_none() && head.body.body.is_none() && !look.is_empty() {
                number = recording.sent_body(Side::Response, head.body.announced);
                head.body.body = number;
                if let Some(number) = number
                    && is_event_stream(response)
                {
                    recording.expect_events(number);
                }
            }
            let counted = head.body.body;
            recording.send(self.entry, &head);
            (number, counted)
        });
        let Some((number, counted)) = sent else {
            return;
        };
        if look.is_empty() && counted.is_none() {
            self.handle.end_body(true, false);
        } else {
            let number = number.map_or(Counts::Elsewhere(counted), Counts::Here);
            let length = look.length(response.headers());
            body::last_tee(
                response.body_mut(),
                &self.handle,
                number,
                length,
                self.entry,
            );
        }
    }

    /// The response passes outward, and on to the server if the cycle began here.
    pub(crate) fn leave_or_send(&mut self, response: &mut Response) {
        self.leave(response);
        if self.outermost {
            self.send(response, true);
        }
    }

    fn response_head<'a, B>(
        &self,
        look: &Look,
        watched: &'a [Shown],
        recording: &mut super::recording::Recording,
        response: &'a http::Response<B>,
        can_tee: bool,
    ) -> (Head<'a>, Option<u16>) {
        let (state, new_body) = look.state(&self.handle, recording, Side::Response, can_tee);
        if let Some(number) = new_body
            && is_event_stream(response)
        {
            recording.expect_events(number);
        }
        let head = Head {
            line: Line::Response(response.status().as_u16()),
            version: response.version(),
            headers: response.headers(),
            extensions: response.extensions(),
            watched,
            body: state,
            since: Since::App,
        };
        (head, new_body)
    }

    /// An error passes outward: `said`, or a type's name where only that is known.
    pub(crate) fn fail(&mut self, said: &str) {
        self.done = true;
        self.handle.lock().leave_with_error(self.entry, said);
    }

    /// What an error says, if it is boxed as tower's are, and else what it is.
    fn said<E: 'static>(error: &E) -> String {
        let Some(error) = (error as &dyn Any).downcast_ref::<BoxError>() else {
            return std::any::type_name::<E>().to_owned();
        };
        let said = handle::shown(|| redact::masked_text(&cause::said(&**error)));
        said.map_or_else(
            || UNSHOWN.to_owned(),
            |said| String::from_utf8_lossy(&said).into_owned(),
        )
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        // A layer that gives up does so while it is polled; a server that gives up polls nobody.
        let by_layer = handle::current_entry(&self.handle).is_some();
        self.handle.lock().dropped(self.entry, by_layer);
        if self.outermost {
            self.handle.finish();
        }
    }
}

/// Whether recording is off and the request belongs to no cycle that began before. Such a cycle is recorded to its end, on
/// whatever task it goes on.
#[inline]
fn is_nothing_to_do<B>(request: &Request<B>) -> bool {
    !control::is_on() && !handle::is_inside() && request.extensions().get::<Carried>().is_none()
}

/// Finds the recording of a request that a layer built afresh, by the task, and puts it back. Whether there is one, which
/// may have ended.
#[cold]
fn find_again<B>(request: &mut Request<B>) -> bool {
    let Some((handle, entry)) = handle::current() else {
        return false;
    };
    {
        // A view that sends requests of its own begins cycles of their own.
        let mut recording = handle.lock();
        if recording.has_ended() || !entry.is_some_and(|entry| recording.is_layer(entry)) {
            return false;
        }
        recording.rebuilt(entry);
    }
    request.extensions_mut().insert(Carried::recorded(handle));
    true
}

/// Whether the body is a stream of server-sent events.
fn is_event_stream<B>(response: &http::Response<B>) -> bool {
    let content_type = response.headers().get(http::header::CONTENT_TYPE);
    content_type.is_some_and(|t| t.as_bytes().starts_with(b"text/event-stream"))
}

/// `http.route`, if the router has found one.
fn matched_path<B>(request: &Request<B>) -> Option<&str> {
    #[cfg(feature = "matched-path")]
    return request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map(|path| path.as_str());
    #[cfg(not(feature = "matched-path"))]
    {
        let _ = request;
        None
    }
}

/// Puts a [`Probe`] around a service that axum keeps in a box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbeLayer {
    pub(crate) site: &'static Site,
}

impl<S> Layer<S> for ProbeLayer {
    type Service = Lean<Probe<S>>;

    fn layer(&self, inner: S) -> Lean<Probe<S>> {
        Lean::new(Probe {
            inner,
            site: self.site,
        })
    }
}

/// A service with a probe around it, whose responses become axum's own.
#[derive(Clone, Debug)]
pub(crate) struct Probe<S> {
    pub(crate) inner: S,
    pub(crate) site: &'static Site,
}

impl<S, B> Service<Request<B>> for Probe<S>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
    B: HttpBody + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ProbeFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let frame = Frame::pass(self.site, &mut request);
        let inner = match &frame {
            Some(frame) => frame.run(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        ProbeFuture { inner, frame }
    }
}

pin_project! {
    /// The future of a [`Probe`].
    pub struct ProbeFuture<F> {
        #[pin]
        inner: F,
        frame: Option<Frame>,
    }
}

impl<F, R, E> Future for ProbeFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: IntoResponse,
{
    type Output = Result<Response, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(frame) = this.frame else {
            return this.inner.poll(cx).map_ok(IntoResponse::into_response);
        };
        let result = ready!(frame.poll(|| this.inner.poll(cx)));
        Poll::Ready(match result {
            Ok(response) => {
                let mut response = response.into_response();
                frame.leave(&mut response);
                Ok(response)
            }
            Err(error) => {
                frame.fail(std::any::type_name::<E>());
                Err(error)
            }
        })
    }
}

/// Puts an [`EdgeProbe`] around a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgeLayer {
    pub(crate) site: &'static Site,
}

impl<S> Layer<S> for EdgeLayer {
    type Service = EdgeProbe<S>;

    fn layer(&self, inner: S) -> EdgeProbe<S> {
        EdgeProbe {
            inner,
            site: self.site,
        }
    }
}

/// `http::Request` with a body: what a probe can look at. As a trait, so that the compiler says in plain words what is
/// wrong where there is another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP request with a body, so Onionskin can't put a probe here",
    label = "not `http::Request<B>` with `B: http_body::Body + 'static`",
    note = "for services that are not HTTP use tower's own builder: `onionskin_tower::plain::ServiceBuilder`"
)]
pub trait HttpRequest {
    /// Its body.
    type Body: HttpBody + 'static;
    /// The request.
    fn as_http(&mut self) -> &mut Request<Self::Body>;
}

impl<B: HttpBody + 'static> HttpRequest for Request<B> {
    type Body = B;

    fn as_http(&mut self) -> &mut Self {
        self
    }
}

/// `http::Response` with a body: what a probe can look at.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP response with a body, so Onionskin can't put a probe here",
    label = "not `http::Response<B>` with `B: http_body::Body + 'static`",
    note = "make it one with `IntoResponse::into_response`, or use tower's own builder: `onionskin_tower::plain::ServiceBuilder`"
)]
pub trait HttpResponse {
    /// Its body.
    type Body: HttpBody + 'static;
    /// The response.
    fn as_http(&mut self) -> &mut http::Response<Self::Body>;
}

impl<B: HttpBody + 'static> HttpResponse for http::Response<B> {
    type Body = B;

    fn as_http(&mut self) -> &mut Self {
        self
    }
}

/// A service with a probe around it that leaves all types as they are: for stacks that are not axum's.
#[derive(Clone, Copy, Debug)]
pub struct EdgeProbe<S> {
    inner: S,
    site: &'static Site,
}

impl<S, Req> Service<Req> for EdgeProbe<S>
where
    S: Service<Req>,
    Req: HttpRequest,
    S::Response: HttpResponse,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = EdgeFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Req) -> Self::Future {
        let frame = Frame::pass(self.site, request.as_http());
        let inner = match &frame {
            Some(frame) => frame.run(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        EdgeFuture { inner, frame }
    }
}

pin_project! {
    /// The future of an [`EdgeProbe`].
    pub struct EdgeFuture<F> {
        #[pin]
        inner: F,
        frame: Option<Frame>,
    }
}

impl<F, R, E> Future for EdgeFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: HttpResponse,
    E: 'static,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(frame) = this.frame else {
            return this.inner.poll(cx);
        };
        let mut result = ready!(frame.poll(|| this.inner.poll(cx)));
        match &mut result {
            Ok(response) => frame.leave(response.as_http()),
            Err(error) => {
                let said = Frame::said(error);
                frame.fail(&said);
            }
        }
        Poll::Ready(result)
    }
}
