//! The task that takes cycles out of a store and sends them.

use super::Sender;
use crate::{filter::Filter, model::Sending, store::Store};
use onionskin::wire::Cycle;
use std::{sync::atomic::AtomicBool, time::Duration};
use tokio::task::JoinHandle;

/// A busy app's cycles are gathered for so long.
const GATHER: Duration = Duration::from_millis(200);

/// Which cycles are sent.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// Those with these ids.
    Ids(Vec<String>),
    /// What the store has that matches.
    Matching(Filter),
    /// That, and what comes.
    Following(Filter),
}

/// A sending that runs or has ended. Dropping it ends it: what is under way then may arrive or not.
#[derive(Debug)]
pub(crate) struct Dispatch {
    sender: Sender,
    task: JoinHandle<()>,
}

impl Dispatch {
    /// Starts to send. Call it inside a tokio runtime.
    pub(crate) fn start(store: &Store, sender: Sender, which: Which) -> Self {
        let work = Work {
            store: store.clone(),
            sender: sender.clone(),
        };
        let task = tokio::spawn(async move {
            let ended = work.run(which).await;
            work.sender.ends(ended.err());
        });
        Self { sender, task }
    }

    /// How it stands.
    pub(crate) fn status(&self) -> Sending {
        let mut said = self.sender.status();
        // Also after a panic of ours, which was printed.
        said.running &= !self.task.is_finished();
        said
    }

    /// Ends it.
    pub(crate) fn stop(&self) {
        self.task.abort();
        self.sender.ends(None);
    }
}

impl Drop for Dispatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Work {
    store: Store,
    sender: Sender,
}

impl Work {
    /// Sends all of it. An error says why not all was sent.
    async fn run(&self, which: Which) -> Result<(), String> {
        match which {
            Which::Ids(ids) => self.ids(ids).await,
            Which::Matching(filter) => {
                let before = self.store.first_position() - 1;
                self.matching(&filter, before).await.map(drop)
            }
            Which::Following(filter) => self.follow(&filter).await,
        }
    }

    async fn ids(&self, ids: Vec<String>) -> Result<(), String> {
        self.sender.wants(ids.len() as u64);
        for ids in ids.chunks(Sender::BATCH) {
            let ids = ids.to_vec();
            let cycles = self.ask(move |store| ids.iter().map(|id| store.cycle(id)).collect());
            self.send(cycles.await?).await?;
        }
        Ok(())
    }

    /// Sends what matches behind a position, and says up to which all is asked.
    async fn matching(&self, filter: &Filter, after: u64) -> Result<u64, String> {
        let matches = self.store.matches(filter);
        let (positions, asked) = self
            .ask(move |store| {
                matches.advance(store, &AtomicBool::new(false));
                matches.after(after)
            })
            .await?;
        self.sender.wants(positions.len() as u64);
        for positions in positions.chunks(Sender::BATCH) {
            let positions = positions.to_vec();
            let cycles = self.ask(move |store| {
                let cycle = |position: &u64| {
                    let (_, entry) = store.entries(&[*position]).pop()?;
                    entry.record.decode(&*store.tables(&entry.summary.run)?)
                };
                positions.iter().map(cycle).collect()
            });
            self.send(cycles.await?).await?;
        }
        Ok(asked.max(after))
    }

    async fn follow(&self, filter: &Filter) -> Result<(), String> {
        let mut changed = self.store.watch();
        let mut after = self.store.first_position() - 1;
        loop {
            changed.mark_unchanged();
            // What made room before it could be asked may have matched, or not.
            let missed = self.store.first_position().saturating_sub(after + 1);
            self.sender.wants(missed);
            self.sender.misses(missed);
            after = self.matching(filter, after + missed).await?;
            if changed.changed().await.is_err() {
                return Ok(());
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    async fn send(&self, found: Vec<Option<Cycle>>) -> Result<(), String> {
        let wanted = found.len();
        let cycles: Vec<Cycle> = found.into_iter().flatten().collect();
        self.sender.misses((wanted - cycles.len()) as u64);
        let sent = self.sender.send(cycles, |_| {}).await;
        sent.map_err(|error| error.to_string())
    }

    /// Asks the store beside the tasks that serve clients: it decodes, and may read a file.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Result<T, String> {
        let store = self.store.clone();
        let asked = tokio::task::spawn_blocking(move || question(&store)).await;
        asked.map_err(|_| "a fault of the inspector: it could not read its cycles".into())
    }
}
