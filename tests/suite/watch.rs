//! An inspector of the test's own.

use crate::raw::LONG;
use onionskin::{
    link::tcp::Key,
    wire::{Counters, Cycle, Site, Stack},
};
use onionskin_web::{
    Client, Config, Inspector, TcpLink,
    model::{ListedCycle, Run, Status},
};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// An inspector, a client of it, and the directory with its socket.
pub(crate) struct Watch {
    runtime: Runtime,
    inspector: Option<Inspector>,
    client: Option<Client>,
    config: Config,
    _dir: TempDir,
}

impl Watch {
    /// One that will be started later.
    pub(crate) fn not_yet(memory: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            port: 0,
            socket: dir.path().join("link.sock"),
            memory,
            ..Config::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self {
            runtime,
            inspector: None,
            client: None,
            config,
            _dir: dir,
        }
    }

    /// One that runs.
    pub(crate) fn new() -> Self {
        let mut watch = Self::not_yet(Config::default().memory);
        watch.start();
        watch
    }

    pub(crate) fn start(&mut self) {
        let started = onionskin_web::start(self.config.clone());
        let inspector = self.runtime.block_on(started).unwrap();
        self.client = Some(Client::new(inspector.url()).unwrap());
        self.inspector = Some(inspector);
    }

    pub(crate) fn stop(&mut self) {
        self.client = None;
        if let Some(inspector) = self.inspector.take() {
            self.runtime.block_on(inspector.shutdown());
        }
    }

    /// Lets apps connect by TCP as well, from the next start on: to a port of its own, or to that of the last start.
    pub(crate) fn link_by_tcp(&mut self) {
        let key = Key::from([7; 16]);
        let last = self.inspector.as_ref().map(|i| i.links()[0].host.clone());
        let address = last.unwrap_or_else(|| "127.0.0.1:0".into());
        self.config.link = Some(TcpLink {
            addresses: vec![address.parse().unwrap()],
            key: Some(key),
        });
    }

    /// What an app is given to connect by TCP.
    pub(crate) fn link(&self) -> String {
        let inspector = self.inspector.as_ref().expect("started");
        inspector.links()[0].to_string()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.config.socket.clone()
    }

    /// Its URL, with the token.
    #[allow(dead_code, reason = "only `sight` shows it")]
    pub(crate) fn url(&self) -> &str {
        self.inspector.as_ref().expect("started").url()
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("started")
    }

    pub(crate) fn status(&self) -> Status {
        self.runtime.block_on(self.client().status()).unwrap()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.status().counters
    }

    /// The names of all apps.
    pub(crate) fn apps(&self) -> Vec<String> {
        let apps = self.runtime.block_on(self.client().apps()).unwrap();
        apps.into_iter().map(|app| app.name).collect()
    }

    /// All runs, of all apps.
    pub(crate) fn runs(&self) -> Vec<Run> {
        let apps = self.runtime.block_on(self.client().apps()).unwrap();
        apps.into_iter().flat_map(|app| app.runs).collect()
    }

    pub(crate) fn stack(&self, run: &str) -> Stack {
        self.runtime.block_on(self.client().stack(run)).unwrap()
    }

    /// All that is stored, oldest first.
    pub(crate) fn listed(&self) -> Vec<ListedCycle> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = self.client().cycles(1000, before, None);
            let page = self.runtime.block_on(page).unwrap();
            all.extend(page.cycles);
            before = page.next;
            if before.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    pub(crate) fn cycle(&self, id: &str) -> Cycle {
        self.runtime.block_on(self.client().cycle(id)).unwrap()
    }

    /// Waits until an app is attached.
    pub(crate) fn wait_for_app(&self) {
        self.until("an app is attached", || self.status().connected > 0);
    }

    /// Waits until this many cycles are stored and none is open.
    pub(crate) fn wait_for(&self, stored: u64) {
        self.until(&format!("{stored} cycles are stored"), || {
            let counters = self.counters();
            counters.stored == stored && counters.open == 0 && counters.seen >= stored
        });
    }

    /// Waits until something is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !so() {
            assert!(
                begun.elapsed() < LONG,
                "never so: {what}; {:?}",
                self.client.as_ref().map(|_| self.status())
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The site of a step.
pub(crate) fn site_of(cycle: &Cycle, site: Option<usize>) -> &Site {
    &cycle.sites[site.expect("the step has a site")]
}
