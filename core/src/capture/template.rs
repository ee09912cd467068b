//! Templates that are rendered inside a cycle.

use super::{
    handle::{self, Handle},
    recording::{EntryId, Recording},
};
use std::time::Instant;

/// Renders a template and notes its name and how long it took in the cycle in which that happens; outside of a cycle it
/// only renders. It works with any engine: the closure is what calls it.
///
/// In a build without recording it is the call of the closure.
///
/// # Example
///
/// ```
/// let page = onionskin::template("book.html", || format!("<h1>{}</h1>", "The Hobbit"));
/// # assert_eq!(page, "<h1>The Hobbit</h1>");
/// ```
pub fn template<R>(name: &str, render: impl FnOnce() -> R) -> R {
    let Some(place) = place() else {
        return render();
    };
    let begun = Instant::now();
    let rendered = render();
    let took = begun.elapsed();
    note(&place, |recording, inside| {
        recording.template(inside, name, took);
    });
    rendered
}

/// A cycle, and where in it.
type Place = (Handle, Option<EntryId>);

/// The cycle in which this thread works: its task's, or that of the span it was given.
pub(crate) fn place() -> Option<Place> {
    #[cfg(feature = "subscriber")]
    return handle::current().or_else(super::logs::by_span);
    #[cfg(not(feature = "subscriber"))]
    handle::current()
}

/// Writes into the recording.
pub(crate) fn note((handle, entry): &Place, write: impl FnOnce(&mut Recording, Option<EntryId>)) {
    handle.guarded(|| {
        if let Some(mut recording) = handle.lock_unless_own() {
            let inside = entry.or_else(|| recording.innermost_open());
            write(&mut recording, inside);
        }
    });
}
