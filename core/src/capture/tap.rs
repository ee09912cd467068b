//! Cycles of tests: taken at their end, past outbox, ring and link.

use super::{
    agent::mask::Masking,
    map::{self, RouterMap},
    site,
};
use crate::{
    codec::{self, Tables},
    wire::{Cycle, Stack},
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
pub(crate) struct Tap {
    ended: Arc<Mutex<Vec<Ended>>>,
    /// Of the cycle that is being recorded.
    maps: Maps,
}

/// The frame of a cycle, and the maps it met.
type Ended = (Vec<u8>, Maps);

/// The maps of the routers that a request met. A test process has many apps, so the map of the process won't do.
type Maps = Vec<Arc<RouterMap>>;

impl Tap {
    pub(crate) fn new() -> Self {
        ANY.store(true, Ordering::Relaxed);
        Self {
            ended: Arc::default(),
            maps: Vec::new(),
        }
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
        request.extensions_mut().remove().or_else(Self::of_all)
    }

    /// The tap that takes every cycle.
    pub(crate) fn of_all() -> Option<Self> {
        let process = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        process.clone()
    }

    /// Takes every cycle that begins in this process from now on and brings no tap of its own.
    pub(crate) fn take_all(&self) {
        *PROCESS.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clone());
    }

    /// The request met this router.
    pub(crate) fn meets(&mut self, map: &Arc<RouterMap>) {
        self.maps.push(map.clone());
    }

    pub(crate) fn push(self, write: impl FnOnce(&mut Vec<u8>)) {
        let (mut raw, mut frame) = (Vec::new(), Vec::new());
        write(&mut raw);
        Masking::default()
            .finish(&mut raw, &mut frame)
            .expect("the recorder writes what is masked here");
        self.ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((frame, self.maps));
    }

    /// The cycles that have ended since this was asked last, in the order of their end.
    pub(crate) fn take(&self) -> Vec<Cycle> {
        let frames = {
            let mut frames = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *frames)
        };
        if frames.is_empty() {
            return Vec::new();
        }
        let mut tables = Tables {
            app: "test".into(),
            run: "000000000000".into(),
            sites: site::sites_from(0)
                .into_iter()
                .map(|s| (s.id, s.clone()))
                .collect(),
            types: site::names_from(0),
            stack: None,
        };
        let decode = |(frame, maps): &Ended| {
            let stacks: Vec<Stack> = maps.iter().map(|map| map.to_stack()).collect();
            tables.stack = map::joined(stacks);
            codec::decode(frame, &tables).expect("the recorder writes what the decoder reads")
        };
        frames.iter().map(decode).collect()
    }
}
