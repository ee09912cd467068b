//! Statements that diesel runs, by its instrumentation.

use super::template::{note, place};
use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::time::Instant;

/// Notes the statements of diesel's connections in the cycles in which they run. Give it to diesel once, before the first
/// connection is made.
///
/// A connection that works on a thread of its own (`spawn_blocking`, the pools that use it) is found by the `tracing` span
/// of the cycle: that takes [`log_layer`](crate::log_layer) (feature `subscriber`), and a span that goes along
/// (`let span = tracing::Span::current();` and `span.in_scope(…)` on the other thread, or the feature `tracing` of
/// `deadpool`).
///
/// # Example
///
/// ```
/// use diesel::connection::set_default_instrumentation;
///
/// set_default_instrumentation(onionskin::diesel_instrumentation)?;
/// # Ok::<(), diesel::result::Error>(())
/// ```
pub fn diesel_instrumentation() -> Option<Box<dyn Instrumentation>> {
    let mut begun = None;
    Some(Box::new(
        move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { .. } => begun = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { query, .. } => {
                let Some(took) = begun.take().map(|begun: Instant| begun.elapsed()) else {
                    return;
                };
                let Some(place) = place() else {
                    return;
                };
                // diesel writes the bound values behind the statement: those are not kept, as with sqlx.
                let text = query.to_string();
                let sql = text
                    .rsplit_once(" -- binds: ")
                    .map_or(&*text, |(sql, _)| sql);
                note(&place, |recording, inside| {
                    recording.statement(inside, sql.trim(), took);
                });
            }
            _ => {}
        },
    ))
}
