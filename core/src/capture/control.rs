//! The switch: recording on or off, and what is left out.

use std::sync::{
    LazyLock,
    atomic::{AtomicU8, Ordering},
};

const UNSET: u8 = 0;
const ON: u8 = 1;
const OFF: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(UNSET);

/// Whether new cycles are recorded. One atomic load.
#[inline]
pub(crate) fn is_on() -> bool {
    match STATE.load(Ordering::Relaxed) {
        ON => true,
        OFF => false,
        _ => from_environment(),
    }
}

#[cold]
fn from_environment() -> bool {
    let off = std::env::var_os("ONIONSKIN")
        .is_some_and(|v| matches!(v.to_str(), Some("off" | "0" | "false" | "no")));
    let _ = STATE.compare_exchange(
        UNSET,
        if off { OFF } else { ON },
        Ordering::Relaxed,
        Ordering::Relaxed,
    );
    STATE.load(Ordering::Relaxed) == ON
}

/// Switches recording on or off from now on. Cycles that have begun are recorded to their end.
///
/// It is on at the start, unless the environment says `ONIONSKIN=off`.
pub fn set_recording(on: bool) {
    STATE.store(if on { ON } else { OFF }, Ordering::Relaxed);
}

/// Whether new cycles are recorded.
pub fn is_recording() -> bool {
    is_on()
}

/// Paths that `ONIONSKIN_IGNORE` names, separated by commas: their cycles are counted as filtered and not recorded.
static IGNORED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let list = std::env::var("ONIONSKIN_IGNORE").unwrap_or_default();
    list.split(',')
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect()
});

/// Whether a cycle of this path is left out.
pub(crate) fn is_ignored(path: &str) -> bool {
    IGNORED.iter().any(|p| p == path)
}
