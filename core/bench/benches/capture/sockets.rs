//! CPU time of a server per request, and its p99, over real sockets.

use crate::{app::Variant, client::Client, inspector::Inspector};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Variants that are served, unless some are named: bare is always the first.
pub(crate) const VARIANTS: [Variant; 5] = [
    Variant::Bare,
    Variant::Off,
    Variant::Ring,
    Variant::Attached,
    Variant::TraceInfo,
];
/// Rounds in which every variant has a slice.
const ROUNDS: usize = 25;
/// Requests of a slice.
const SLICE: usize = 5_000;
/// Requests before the first slice: the ring is full after them, so that no memory is new any more.
const WARM_UP: usize = 80_000;
/// Rounds at half of full load, and requests of a slice.
const LOAD_ROUNDS: usize = 25;
const LOAD_SLICE: usize = 4_000;

/// Of all rounds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Socket {
    /// CPU time of the process per request, µs: the median.
    pub(crate) cpu_us: f64,
    /// The same, by bare's of the same round: the median.
    pub(crate) cpu_ratio: f64,
    /// p99 at half of bare's full load, µs, in the quietest round: whatever else runs on the machine shows here first.
    pub(crate) p99_us: f64,
    /// The same, by bare's.
    pub(crate) p99_ratio: f64,
}

struct Server {
    variant: Variant,
    child: Child,
    client: Client,
    _inspector: Inspector,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(variant: Variant) -> Result<Self> {
        let attached = variant == Variant::Attached;
        let inspector = if attached {
            Inspector::start()
        } else {
            Inspector::absent()
        }?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["child", "serve", variant.name()])
            .env("ONIONSKIN_SOCKET", inspector.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut port)?;
        let port = port.trim().parse().context("the server gave no port")?;
        let mut client = Client::connect(port)?;
        client.run(WARM_UP, None)?;
        if attached {
            inspector.wait_for_app()?;
            let before = inspector.seen().0;
            client.run(SLICE, None)?;
            thread::sleep(Duration::from_millis(100));
            ensure!(
                inspector.seen().0 > before,
                "{variant}: no cycles on the link"
            );
        }
        Ok(Self {
            variant,
            child,
            client,
            _inspector: inspector,
        })
    }

    /// CPU time of all threads up to now, ns.
    fn cpu(&self) -> Result<u64> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let stat = fs::read_to_string(task?.path().join("schedstat"))?;
            let on_cpu = stat.split(' ').next().context("an empty schedstat")?;
            sum += on_cpu.parse::<u64>()?;
        }
        Ok(sum)
    }

    /// CPU time per request, µs.
    fn slice(&mut self) -> Result<f64> {
        let before = self.cpu()?;
        self.client.run(SLICE, None)?;
        // What the agent still has to move belongs to the slice.
        thread::sleep(Duration::from_millis(20));
        Ok((self.cpu()? - before) as f64 / 1e3 / SLICE as f64)
    }

    /// p99 with a request every `pause`, µs.
    fn p99(&mut self, pause: Duration) -> Result<f64> {
        let mut times = self.client.run(LOAD_SLICE, Some(pause))?;
        times.sort_unstable();
        Ok(times[times.len() * 99 / 100].as_secs_f64() * 1e6)
    }
}

pub(crate) fn measure(variants: &[Variant]) -> Result<BTreeMap<Variant, Socket>> {
    let mut servers = variants
        .iter()
        .copied()
        .map(Server::start)
        .collect::<Result<Vec<_>>>()?;

    eprintln!("over sockets: CPU time");
    let start = Instant::now();
    servers[0].client.run(SLICE, None)?;
    let full = start.elapsed() / SLICE as u32;
    let cpu = rounds(&mut servers, ROUNDS, Server::slice)?;
    eprintln!("over sockets: p99 at half load, {:?} a request", full * 2);
    let p99 = rounds(&mut servers, LOAD_ROUNDS, |server| server.p99(full * 2))?;

    let result = servers.iter().enumerate().map(|(i, server)| {
        let (cpu_us, cpu_ratio) = medians(&cpu, i);
        let [p99_us, bare_p99_us] = [i, 0].map(|i| least(&p99, i));
        let socket = Socket {
            cpu_us,
            cpu_ratio,
            p99_us,
            p99_ratio: p99_us / bare_p99_us,
        };
        (server.variant, socket)
    });
    Ok(result.collect())
}

/// In turns: one value a server, one list a round.
fn rounds(
    servers: &mut [Server],
    rounds: usize,
    mut slice: impl FnMut(&mut Server) -> Result<f64>,
) -> Result<Vec<Vec<f64>>> {
    (0..rounds)
        .map(|_| servers.iter_mut().map(&mut slice).collect())
        .collect()
}

/// The least of server `i`.
fn least(rounds: &[Vec<f64>], i: usize) -> f64 {
    rounds.iter().map(|r| r[i]).fold(f64::INFINITY, f64::min)
}

/// The median of server `i`, and of its ratio to the first server.
fn medians(rounds: &[Vec<f64>], i: usize) -> (f64, f64) {
    let median = |value: &dyn Fn(&Vec<f64>) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (median(&|r| r[i]), median(&|r| r[i] / r[0]))
}
