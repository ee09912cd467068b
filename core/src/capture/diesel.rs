//! Statements that diesel runs, by its instrumentation.

use super::template::{note, place};
use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    time::{Duration, Instant},
};

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
    let mut begun = Begun::default();
    Some(Box::new(
        move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { query, .. } if place().is_some() => {
                begun.start(statement(query));
            }
            InstrumentationEvent::FinishQuery { query, .. } => {
                let Some(place) = place() else { return };
                let sql = statement(query);
                let Some(took) = begun.finish(&sql) else {
                    return;
                };
                note(&place, |recording, inside| {
                    recording.statement(inside, sql.trim(), took);
                });
            }
            _ => {}
        },
    ))
}

/// Statements of one connection that have begun and are not over: with `diesel-async` many are on their way at once.
#[derive(Default)]
struct Begun(VecDeque<(String, Instant)>);

impl Begun {
    /// Most that are remembered. Of a future that is dropped nobody says that its statement is over.
    const MOST: usize = 64;

    fn start(&mut self, sql: String) {
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((sql, Instant::now()));
    }

    /// How long a statement took. Of equal ones the last that began: others may have been given up.
    fn finish(&mut self, sql: &str) -> Option<Duration> {
        let at = self.0.iter().rposition(|(begun, _)| begun == sql)?;
        self.0.remove(at).map(|(_, began)| began.elapsed())
    }
}

/// The text of a query. diesel writes the bound values behind it: those are not kept, as with sqlx, and not even asked for.
fn statement(query: &(impl fmt::Display + ?Sized)) -> String {
    const BINDS: &str = " -- binds: ";
    struct Text(String);
    impl fmt::Write for Text {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            if piece.starts_with(BINDS) {
                return Err(fmt::Error);
            }
            self.0.push_str(piece);
            Ok(())
        }
    }
    let mut text = Text(String::new());
    let _ = write!(text, "{query}");
    if let Some(at) = text.0.rfind(BINDS) {
        text.0.truncate(at);
    }
    text.0
}
