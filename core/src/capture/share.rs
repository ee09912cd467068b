//! What many have a share in, and what is used again after the last of them.

use crate::capture::sync::{Arc, Mutex};

/// A share in a value.
pub(crate) struct Share<T>(Option<Arc<Mutex<T>>>);

impl<T> Clone for Share<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Default> Share<T> {
    /// The first share in a value that nobody uses, or in a new one.
    pub(crate) fn first(idle: Option<Arc<Mutex<T>>>) -> Self {
        Self(Some(idle.unwrap_or_default()))
    }

    /// The value.
    pub(crate) fn value(&self) -> &Arc<Mutex<T>> {
        self.0.as_ref().expect("given up only in drop")
    }

    /// Gives the share up. Whoever has the last one gets the value, to be used again. If two give up theirs at once neither
    /// may see itself as the last; then the memory is freed, which is no harm.
    pub(crate) fn give_up(&mut self) -> Option<Arc<Mutex<T>>> {
        self.0.take().filter(|value| Arc::strong_count(value) == 1)
    }
}
