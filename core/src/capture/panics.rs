//! Message and place of a panic, for the cycle in which it happens.

use super::handle;
use std::{panic, sync::Once};

/// Puts a hook before the one that is there, which is called as before.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some((handle, entry)) = handle::current()
                && let Some(mut recording) = handle.try_lock()
            {
                let payload = info.payload();
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                let message = text.unwrap_or("(a payload that is no text)");
                let at = info.location().map(ToString::to_string).unwrap_or_default();
                recording.panicked(entry, message, &at);
            }
            next(info);
        }));
    });
}
