//! Cycles of tests: taken at their end, past outbox, ring and link.

use super::{agent::mask, map, site};
use crate::{
    codec::{self, Tables},
    wire::Cycle,
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Whether there is a tap in this process at all.
static ANY: AtomicBool = AtomicBool::new(false);

/// The tap of the whole process.
static PROCESS: Mutex<Option<Tap>> = Mutex::new(None);

/// Frames of cycles that have ended. Put into a request's extensions it takes the cycle that begins with this request.
#[derive(Clone, Debug)]
pub(crate) struct Tap(Arc<Mutex<Vec<Vec<u8>>>>);

impl Tap {
    pub(crate) fn new() -> Self {
        ANY.store(true, Ordering::Relaxed);
        Self(Arc::default())
    }

    /// Whether there is a tap in this process.
    #[inline]
    pub(crate) fn is_any() -> bool {
        ANY.load(Ordering::Relaxed)
    }

    /// The tap that a request brings.
    #[inline]
    pub(crate) fn of<B>(request: &mut http::Request<B>) -> Option<Self> {
        if !Self::is_any() {
            return None;
        }
        let process = || {
            PROCESS
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        };
        request.extensions_mut().remove().or_else(process)
    }

    /// Takes every cycle that begins in this process from now on and brings no tap of its own.
    pub(crate) fn take_all(&self) {
        *PROCESS.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clone());
    }

    pub(crate) fn push(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let (mut frame, mut masked) = (Vec::new(), Vec::new());
        write(&mut frame);
        if mask::mask_bodies(&frame, &mut masked) {
            frame = masked;
        }
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(frame);
    }

    /// The cycles that have ended since this was asked last, in the order of their end.
    pub(crate) fn take(&self) -> Vec<Cycle> {
        let frames = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let tables = Tables {
            app: "test".into(),
            run: "000000000000".into(),
            sites: site::sites_from(0)
                .into_iter()
                .map(|s| (s.id, s.clone()))
                .collect(),
            types: site::names_from(0),
            stack: map::published(),
        };
        let decode = |frame: &Vec<u8>| {
            codec::decode(frame, &tables).expect("the recorder writes what the decoder reads")
        };
        frames.iter().map(decode).collect()
    }
}
