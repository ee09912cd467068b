//! `tracing` events, hung on the cycle and the place in which they happen.

use super::{
    handle::{self, Handle},
    recording::EntryId,
};
use std::{
    fmt::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};
use tracing::{
    Event, Level, Metadata, Span, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

/// Target of the span that every cycle has while a [`LogLayer`] is installed.
const TARGET: &str = "onionskin";

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// A `tracing_subscriber` layer that records the app's events, and the statements of sqlx, in the cycle in which they
/// happen.
///
/// It opens a span of level `TRACE` around every cycle, which is how events on other threads are found again. Give the
/// filter of what is printed to the printing layer (`fmt::layer().with_filter(…)`), so that it applies to that alone.
///
/// # Example
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber = tracing_subscriber::registry().with(onionskin::log_layer());
/// # drop(subscriber);
/// ```
pub fn log_layer() -> LogLayer {
    INSTALLED.store(true, Ordering::Relaxed);
    LogLayer { _private: () }
}

/// Made by [`log_layer`].
#[derive(Debug)]
pub struct LogLayer {
    _private: (),
}

/// The span of a cycle, if somebody wants it.
pub(crate) fn cycle_span() -> Option<Span> {
    INSTALLED
        .load(Ordering::Relaxed)
        .then(|| tracing::trace_span!(target: TARGET, "cycle"))
}

/// What a span remembers: the cycle, and the place in it, unless it is the span of the whole cycle.
struct Place(Handle, Option<EntryId>);

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        context: Context<'_, S>,
    ) {
        let Some((handle, entry)) = handle::current() else {
            return;
        };
        let entry = entry.filter(|_| attributes.metadata().target() != TARGET);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Place(handle, entry));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let found = handle::current().or_else(|| {
            let span = context.event_span(event)?;
            span.scope().find_map(|span| {
                let extensions = span.extensions();
                let Place(handle, entry) = extensions.get::<Place>()?;
                Some((handle.clone(), *entry))
            })
        });
        let Some((handle, entry)) = found else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        // A subscriber may be called while the recording is at work: a type of the app's that logs in its `Debug`.
        let Some(mut recording) = handle.try_lock() else {
            return;
        };
        let inside = entry.or_else(|| recording.innermost_open());
        recording.log(
            inside,
            level(event.metadata()),
            event.metadata().target(),
            &fields.0,
        );
    }
}

fn level(metadata: &Metadata<'_>) -> u8 {
    match *metadata.level() {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

#[derive(Default)]
struct Fields(Vec<(&'static str, String)>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.0.push((field.name(), text));
    }
}
