//! What the threads of the app and the agent share things by. `tests/loom` puts loom's in its place, to run the modules that
//! use it in every order that there is.

pub(crate) use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
