//! The thread that makes spans of the app's cycles and sends them.

use super::{
    Builder, Counters, Left, Outlet, Sent, Settings, SettingsError, join,
    queue::{Done, NOT_IN_TIME, Queue},
    sample::Sampler,
    send::{Connector, Delivery, connector},
    settings::put,
};
use crate::{
    capture::{agent, map, site},
    codec::{self, Tables},
    report::report,
    spans::{Attribute, Options, Span, encode, trace_of},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    time::{Duration, Instant},
};

/// How long cycles are gathered for one request.
const GATHER: Duration = Duration::from_millis(200);

/// The longest that anybody is patient: behind it, no clock gets there.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Where the agent puts cycles.
static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();

/// A cycle is in the ring, bodies masked. It waits here if somebody wants it sent.
#[inline]
pub(crate) fn offer(frame: &[u8]) {
    if let Some(queue) = QUEUE.get()
        && queue.offer(frame)
    {
        report(format_args!(
            "cycles are lost on their way to the collector: too many wait for it"
        ));
    }
}

/// An exporter that runs.
pub(super) struct Running {
    queue: Arc<Queue>,
    /// What was wrong at the last attempt.
    why: Arc<Mutex<Option<String>>>,
    ended: mpsc::Receiver<()>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

pub(super) fn start(builder: Builder) -> Result<Running, SettingsError> {
    let Some(settings) = builder.settings else {
        return Err(SettingsError::Value {
            name: "OTEL_EXPORTER_OTLP_ENDPOINT",
            value: String::new(),
            wanted: "the URL of a collector",
        });
    };
    let connector = connector(&settings)?;
    let queue = Arc::new(Queue::new(builder.memory));
    if QUEUE.set(queue.clone()).is_err() {
        return Err(SettingsError::Started);
    }
    let identity = agent::identity();
    let mut resource = builder.resource;
    if !resource.iter().any(|a| a.key == "service.name") {
        put(&mut resource, "service.name", &identity.app);
    }
    if !resource.iter().any(|a| a.key == "service.instance.id") {
        put(&mut resource, "service.instance.id", &identity.run);
    }
    let why = Arc::new(Mutex::new(None));
    let (alive, ended) = mpsc::channel();
    let thread = Thread {
        queue: queue.clone(),
        settings_shown: settings.shown(),
        resource,
        options: builder.options,
        sampler: builder.sampler.clone(),
        tables: Tables {
            app: identity.app.clone(),
            run: identity.run.clone(),
            ..Tables::default()
        },
        why: why.clone(),
        down: false,
        _alive: alive,
    };
    let spawned = std::thread::Builder::new()
        .name("onionskin-otel".into())
        .spawn(move || thread.main(connector, settings));
    spawned.map_err(|error| SettingsError::Thread {
        why: error.to_string(),
    })?;
    join::start(builder.sampler, builder.shows_trace);
    agent::ensure_started();
    Ok(Running { queue, why, ended })
}

impl Running {
    pub(super) fn counters(&self) -> Counters {
        self.queue.counters()
    }

    pub(super) fn shutdown(self, patience: Duration) -> Left {
        let deadline = Instant::now() + patience.min(LONGEST);
        // What has just ended is still on its way to us.
        agent::flush(patience / 2);
        self.queue.close(deadline);
        let left = deadline.saturating_duration_since(Instant::now());
        let _ = self.ended.recv_timeout(left + Duration::from_millis(500));
        self.queue.end();
        let counters = self.queue.counters();
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        Left {
            cycles: counters.dropped.get(NOT_IN_TIME).copied().unwrap_or(0),
            why: why.clone(),
            counters,
        }
    }
}

struct Thread {
    queue: Arc<Queue>,
    settings_shown: String,
    resource: Vec<Attribute>,
    options: Options,
    sampler: Sampler,
    tables: Tables,
    why: Arc<Mutex<Option<String>>>,
    /// Whether the receiver takes nothing at present, and that was said.
    down: bool,
    /// Closed when this thread ends, however it does.
    _alive: mpsc::Sender<()>,
}

impl Thread {
    fn main(mut self, connector: Connector, settings: Settings) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(async {
                let outlet = Outlet::over(connector, settings);
                self.run(outlet).await;
            }),
            Err(error) => {
                self.queue.end();
                report(format_args!(
                    "no cycles are sent to a collector, because its runtime can't be started: {error}"
                ));
            }
        }
    }

    async fn run(&mut self, outlet: Outlet) {
        loop {
            let deadline = self.queue.deadline();
            let frames = self.queue.take();
            if frames.is_empty() {
                if deadline.is_some() {
                    break;
                }
                self.queue.changed.notified().await;
                if self.queue.deadline().is_none() {
                    tokio::select! {
                        () = tokio::time::sleep(GATHER) => {}
                        () = self.queue.closing.notified() => {}
                    }
                }
                continue;
            }
            if !self.deliver(&outlet, frames).await {
                break;
            }
        }
        self.queue.end();
    }

    /// Sends some cycles. `false`: there was no time for all of them.
    async fn deliver(&mut self, outlet: &Outlet, frames: Vec<Vec<u8>>) -> bool {
        let mut done = Done::default();
        let mut cycles = Vec::new();
        self.learn();
        for frame in frames {
            done.bytes += frame.len();
            match self.spans(&frame) {
                Some(spans) if spans.is_empty() => done.sampled_out += 1,
                Some(spans) => cycles.push(spans),
                None => done.undecodable += 1,
            }
        }
        let count = cycles.len() as u64;
        let mut delivery = Delivery::new(&self.resource, cycles);
        let in_time = self.in_time(outlet, &mut delivery).await;
        let left = delivery.left();
        let sent = &delivery.sent;
        done.rejected = sent.refused.difference(&left).count() as u64;
        done.sent = count - done.rejected - left.len() as u64;
        let (rejected, why) = (done.rejected, sent.why.clone());
        if !in_time {
            // Their bytes do not matter any more.
            done.bytes = 0;
        }
        self.queue.done(&done, sent);
        self.say(sent, rejected, why, done.sent > 0);
        in_time
    }

    /// Runs a delivery until it is done, or until the end that somebody has set.
    async fn in_time(&mut self, outlet: &Outlet, delivery: &mut Delivery) -> bool {
        let (why, shown, down) = (self.why.clone(), &self.settings_shown, &mut self.down);
        let mut waits = |said: &str| {
            *why.lock().unwrap_or_else(PoisonError::into_inner) = Some(said.to_owned());
            if !std::mem::replace(down, true) {
                report(format_args!("{shown} takes no cycles, they wait: {said}"));
            }
        };
        let queue = self.queue.clone();
        let over = async {
            while queue.deadline().is_none() {
                queue.closing.notified().await;
            }
            if let Some(deadline) = queue.deadline() {
                tokio::time::sleep_until(deadline.into()).await;
            }
        };
        tokio::select! {
            () = delivery.run(outlet, &mut waits) => true,
            () = over => false,
        }
    }

    /// Says what begins and what is over, each once.
    fn say(&mut self, sent: &Sent, rejected: u64, why: Option<String>, any: bool) {
        let shown = &self.settings_shown;
        if (rejected > 0 || sent.rejected_spans > 0) && !self.down {
            self.down = true;
            let why = why.unwrap_or_else(|| "it does not say why".into());
            report(format_args!("{shown} refuses what it is sent: {why}"));
            *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        } else if any && rejected == 0 && sent.rejected_spans == 0 {
            let was_down = std::mem::take(&mut self.down);
            let lost = self.queue.loss_is_over();
            if was_down || lost.is_some() {
                let counters = self.queue.counters();
                report(format_args!(
                    "{shown} takes cycles again; {} found no room meanwhile, {} were refused since the start",
                    lost.unwrap_or_default(),
                    counters.rejected
                ));
            }
        }
    }

    /// What the app has named since the last time.
    fn learn(&mut self) {
        for site in site::sites_from(self.tables.sites.len()) {
            self.tables.sites.insert(site.id, site.clone());
        }
        let known = self.tables.types.len();
        self.tables.types.append(&mut site::names_from(known));
        if let Some(stack) = map::published() {
            self.tables.stack = Some(stack);
        }
    }

    /// The spans of a cycle; empty if it is not to be sent. None if it can't be made: a panic of ours, or of a choice of the
    /// app's, costs this one cycle.
    fn spans(&self, frame: &[u8]) -> Option<Vec<Span>> {
        let make = || {
            let cycle = codec::decode(frame, &self.tables).ok()?;
            let (trace, parent) = trace_of(&cycle);
            if !self.sampler.at_end(&cycle, trace, &parent) {
                return Some(Vec::new());
            }
            Some(encode(&cycle, &self.options))
        };
        catch_unwind(AssertUnwindSafe(make)).unwrap_or_default()
    }
}
