//! `tracing` events, hung on the cycle and the place in which they happen.

use super::{
    handle::{self, Handle},
    recording::{EndedSpan, EntryId},
};
use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tracing::{
    Event, Level, Metadata, Span, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};
use tracing_subscriber::{
    Registry,
    layer::{Context, Filter, Layer},
    registry::{LookupSpan, SpanRef},
};

/// Target of the span that every cycle has while a [`LogLayer`] is installed.
const TARGET: &str = "onionskin";

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// A `tracing_subscriber` layer that records the app's events and spans in the cycle in which they happen. Statements of
/// sqlx, requests to other servers (spans of kind `client` with OpenTelemetry's HTTP attributes) and templates (spans with a
/// field `template.name`) are shown as what they are.
///
/// It opens a span of level `TRACE` around every cycle, which is how events on other threads are found again. Give the
/// filter of what is printed to the printing layer (`fmt::layer().with_filter(…)`), so that it applies to that alone.
///
/// # Example
///
/// ```
/// use tracing::level_filters::LevelFilter;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let layer = onionskin::log_layer().with_max_level(LevelFilter::INFO);
/// let subscriber = tracing_subscriber::registry().with(layer);
/// # drop(subscriber);
/// ```
pub fn log_layer() -> LogLayer {
    INSTALLED.store(true, Ordering::Relaxed);
    LogLayer(())
}

/// Made by [`log_layer`].
#[derive(Debug)]
pub struct LogLayer(());

impl LogLayer {
    /// Leaves out log records and spans of a finer level: some libraries write much at `DEBUG`. What stands for something else
    /// stays (a statement of sqlx, an extractor's refusal, a span of a template or of a request to another server). A filter of
    /// another kind around this layer would take that away too.
    ///
    /// It also keeps spans from being made that nobody else wants. Where an app asks which span it is in, such a one in the
    /// middle may be in its way: `tracing_forest::id()` panics in one that tracing-forest does not know.
    #[must_use]
    pub fn with_max_level<S>(self, most: LevelFilter) -> impl Layer<S> + fmt::Debug
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.with_filter(UpTo(most))
    }
}

/// What a [`LogLayer`] with a level takes.
#[derive(Debug)]
struct UpTo(LevelFilter);

impl UpTo {
    fn takes(&self, metadata: &Metadata<'_>) -> bool {
        /// Targets of events that are told as what they stand for: a statement, the extractor that refused.
        const EVENTS: [&str; 2] = ["sqlx::query", "axum::rejection"];
        /// Fields of spans that are.
        const SPANS: [&str; 2] = ["template.name", "otel.kind"];
        let has = |name: &&str| metadata.fields().field(name).is_some();
        *metadata.level() <= self.0
            || match metadata.is_span() {
                true => metadata.target() == TARGET || SPANS.iter().any(has),
                false => EVENTS.contains(&metadata.target()),
            }
    }
}

impl<S> Filter<S> for UpTo {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.takes(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.takes(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }
}

/// The span of a cycle, if somebody wants it.
pub(crate) fn cycle_span() -> Option<Span> {
    INSTALLED
        .load(Ordering::Relaxed)
        .then(|| tracing::trace_span!(target: TARGET, "cycle"))
}

/// The place in a cycle at which a span began; none in it where that is the span of the whole cycle.
struct Place(Handle, Option<EntryId>);

/// What a span of the app's remembers until it ends.
struct Open {
    fields: Fields,
    began: Instant,
    busy: Duration,
    entered: Option<Instant>,
}

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
        let Some(span) = context.span(id) else { return };
        let is_ours = attributes.metadata().target() == TARGET;
        let Some((handle, entry)) = handle::current().or_else(|| place(span.parent()?)) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        // There may be one of another such layer: they would say the same.
        extensions.replace(Place(handle, entry.filter(|_| !is_ours)));
        if !is_ours {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            extensions.replace(Open {
                fields,
                began: Instant::now(),
                busy: Duration::ZERO,
                entered: None,
            });
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        of_span(id, &context, |open| values.record(&mut open.fields));
    }

    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        of_span(id, &context, |open| open.entered = Some(Instant::now()));
    }

    fn on_exit(&self, id: &span::Id, context: Context<'_, S>) {
        of_span(id, &context, |open| {
            if let Some(entered) = open.entered.take() {
                open.busy += entered.elapsed();
            }
        });
    }

    fn on_close(&self, id: span::Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        let (Some(Place(handle, entry)), Some(open)) =
            (extensions.remove::<Place>(), extensions.remove::<Open>())
        else {
            return;
        };
        drop(extensions);
        let Some(mut recording) = handle.lock_unless_own() else {
            return;
        };
        let inside = entry.or_else(|| recording.innermost_open());
        let ended = EndedSpan {
            level: level(span.metadata()),
            target: span.metadata().target(),
            name: span.metadata().name(),
            elapsed: open.began.elapsed(),
            busy: open.busy,
            fields: &open.fields.0,
        };
        recording.span(inside, &ended);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let found = handle::current().or_else(|| place(context.event_span(event)?));
        let Some((handle, entry)) = found else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let target = fields.target(metadata);
        let Some(mut recording) = handle.lock_unless_own() else {
            return;
        };
        let inside = entry.or_else(|| recording.innermost_open());
        recording.log(inside, level(metadata), &target, &fields.0);
    }
}

/// The cycle that a span belongs to, by itself or by a span around it.
fn place<'a, R: LookupSpan<'a>>(span: SpanRef<'a, R>) -> Option<(Handle, Option<EntryId>)> {
    span.scope().find_map(|span| {
        let extensions = span.extensions();
        let Place(handle, entry) = extensions.get::<Place>()?;
        Some((handle.clone(), *entry))
    })
}

fn of_span<S>(id: &span::Id, context: &Context<'_, S>, change: impl FnOnce(&mut Open))
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let Some(span) = context.span(id) else { return };
    let mut extensions = span.extensions_mut();
    if let Some(open) = extensions.get_mut::<Open>() {
        change(open);
    }
}

/// The cycle of the span that this thread is in: a thread that knows of no cycle may have been given a span of one.
pub(crate) fn by_span() -> Option<(Handle, Option<EntryId>)> {
    if !INSTALLED.load(Ordering::Relaxed) {
        return None;
    }
    let found = Span::current().with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        place(registry.span(id)?)
    });
    found.flatten()
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

impl Fields {
    /// Whose event it is. One that came by `tracing-log` is of the target `log`, and says in fields where it comes from.
    fn target(&mut self, metadata: &Metadata<'static>) -> Cow<'static, str> {
        let is_of_log = |(name, _): &(&str, String)| *name == "log.target";
        match self.0.iter().position(is_of_log) {
            Some(at) if metadata.target() == "log" => {
                let target = self.0.remove(at).1;
                self.0.retain(|(name, _)| !name.starts_with("log."));
                target.into()
            }
            _ => metadata.target().into(),
        }
    }

    /// A span may set a field again.
    fn set(&mut self, name: &'static str, value: String) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.set(field.name(), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{capture::tap::Tap, wire::MarkKind};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn a_layer_that_is_installed_twice_does_no_harm() {
        let tap = Tap::new();
        let handle = Handle::begin_tapped(tap.clone());
        let subscriber = tracing_subscriber::registry()
            .with(log_layer())
            .with(log_layer());
        tracing::subscriber::with_default(subscriber, || {
            let _entered = handle.enter(None);
            tracing::info_span!("once").in_scope(|| {});
        });
        handle.finish();
        let cycle = tap.take().remove(0);
        let is_span = |mark: &&crate::wire::Mark| matches!(mark.what, MarkKind::Span { .. });
        assert_eq!(cycle.marks.iter().filter(is_span).count(), 1);
    }

    #[test]
    fn of_threads_that_log_at_once_no_record_is_lost() {
        const THREADS: usize = 8;
        const RECORDS: usize = 300;
        let tap = Tap::new();
        let handle = Handle::begin_tapped(tap.clone());
        let begin = std::sync::Barrier::new(THREADS);
        let subscriber = tracing::Dispatch::new(tracing_subscriber::registry().with(log_layer()));
        let log = || {
            tracing::dispatcher::with_default(&subscriber, || {
                let _entered = handle.enter(None);
                begin.wait();
                for n in 0..RECORDS {
                    tracing::info!(n);
                }
            });
        };
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(log);
            }
        });
        handle.finish();
        let cycle = tap.take().remove(0);
        let is_log = |mark: &&crate::wire::Mark| matches!(mark.what, MarkKind::Log { .. });
        assert_eq!(cycle.marks.iter().filter(is_log).count(), THREADS * RECORDS);
        assert_eq!(cycle.omitted.marks, 0);
    }

    /// An app that asks which span it is in is not to be told of one that nobody else wanted.
    #[test]
    fn spans_of_a_finer_level_are_not_made() {
        let all = tracing_subscriber::registry().with(log_layer());
        let (fine, page) = tracing::subscriber::with_default(all, || {
            let fine = tracing::trace_span!("fine");
            let page = tracing::debug_span!("page", template.name = "book.html");
            (fine.metadata().unwrap(), page.metadata().unwrap())
        });
        let layer = log_layer().with_max_level(LevelFilter::INFO);
        let few = tracing_subscriber::registry().with(layer);
        assert!(few.register_callsite(fine).is_never());
        assert!(few.register_callsite(page).is_always());
    }
}
