//! One trace of all: the context of the place that runs is current, and the request's `traceparent` is joined.

use super::sample::Sampler;
use crate::{
    capture::{agent, handle::Handle, recording::EntryId},
    spans::{Ids, Parent},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context, ContextGuard,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// Where people look for the trace's id.
const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

static ON: AtomicBool = AtomicBool::new(false);
static SHOWS: AtomicBool = AtomicBool::new(false);
static SAMPLER: OnceLock<Sampler> = OnceLock::new();

/// From now on cycles have a context.
pub(super) fn start(sampler: Sampler, shows: bool) {
    if SAMPLER.set(sampler).is_ok() {
        SHOWS.store(shows, Ordering::Relaxed);
        ON.store(true, Ordering::Relaxed);
    }
}

/// The trace that a cycle belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    ids: Ids,
    sampled: bool,
    state: TraceState,
}

/// A cycle has begun with a request that has these headers.
#[inline]
pub(crate) fn begin(handle: &Handle, headers: &HeaderMap) {
    if ON.load(Ordering::Relaxed) {
        begin_joined(handle, headers);
    }
}

#[inline(never)]
fn begin_joined(handle: &Handle, headers: &HeaderMap) {
    let number = handle.lock().number();
    let joined = join(number, headers);
    handle.lock().joined = Some(joined);
}

fn join(number: u64, headers: &HeaderMap) -> Joined {
    let values = headers.get_all("traceparent").iter();
    let parent = Parent::of(values.map(HeaderValue::as_bytes));
    let ids = Ids::of(&format!("{}-{number}", agent::identity().run), &parent);
    let sampler = SAMPLER.get();
    let state = match parent {
        Parent::Valid(_) => headers.get("tracestate"),
        _ => None,
    };
    let state = state.and_then(|s| s.to_str().ok()?.parse().ok());
    Joined {
        sampled: sampler.is_none_or(|s| s.at_begin(ids.trace, &parent)),
        ids,
        state: state.unwrap_or_default(),
    }
}

/// Makes the place the current context until the guard is dropped. Code that the app spawns takes it along if the app says so,
/// as with any other context.
#[inline]
pub(crate) fn enter(handle: &Handle, entry: Option<EntryId>) -> Option<ContextGuard> {
    match ON.load(Ordering::Relaxed) {
        true => enter_joined(handle, entry?),
        false => None,
    }
}

/// Not in line: it stands around every poll of the app's code, and is long.
#[inline(never)]
fn enter_joined(handle: &Handle, entry: EntryId) -> Option<ContextGuard> {
    let context = {
        let recording = handle.lock();
        let joined = recording.joined.as_ref()?;
        let flags = match joined.sampled {
            true => TraceFlags::SAMPLED,
            false => TraceFlags::default(),
        };
        SpanContext::new(
            TraceId::from_bytes(joined.ids.trace.0),
            SpanId::from_bytes(joined.ids.entry(recording.place_of(entry)).0),
            flags,
            true,
            joined.state.clone(),
        )
    };
    Some(
        Context::current()
            .with_remote_span_context(context)
            .attach(),
    )
}

/// Puts the trace's id into the response, if the app wants that. Returns whether it did.
#[inline]
pub(crate) fn show(handle: &Handle, headers: &mut HeaderMap) -> bool {
    SHOWS.load(Ordering::Relaxed) && show_joined(handle, headers)
}

#[inline(never)]
fn show_joined(handle: &Handle, headers: &mut HeaderMap) -> bool {
    let trace = handle.lock().joined.as_ref().map(|j| j.ids.trace);
    let value = trace.and_then(|t| HeaderValue::try_from(t.to_string()).ok());
    let Some(value) = value else { return false };
    headers.insert(X_TRACE_ID, value);
    true
}
