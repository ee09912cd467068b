//! Answers that may take a while: they are worked out beside the tasks that serve clients, a few at a time, and given up
//! when the client goes.

use super::{Api, Problem};
use http::StatusCode;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// How many are worked out at the same time.
pub(super) const AT_ONCE: usize = 4;

/// Says when nobody waits any more.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Api {
    /// Works out an answer. `work` is to end soon when its flag is set.
    pub(super) async fn patiently<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = || {
            let detail = "The answer could not be worked out; this is a fault of the inspector.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
        };
        let place = self.patience.clone().acquire_owned().await;
        let place = place.map_err(|_| failed())?;
        let stop = Stop(Arc::default());
        let flag = stop.0.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&flag)
        });
        worked.await.map_err(|_| failed())
    }
}
