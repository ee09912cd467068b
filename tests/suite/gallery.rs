//! Apps of many kinds, each from one source: the same bytes on axum, on Onionskin alone, and with an inspector that
//! is told what happened.

mod grpc;
mod limits;
mod openapi;
mod pages;
mod streams;

use crate::{
    app::{App, GALLERY_AXUM, GALLERY_ONIONSKIN, command},
    raw::{LONG, request, without_date},
    watch::{Watch, site_of},
};
use onionskin::wire::{Cycle, Delta, Edge, Outcome, Stage};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

/// A client's connection, and all that came on it.
struct Client {
    stream: TcpStream,
    got: Vec<u8>,
}

impl Client {
    fn new(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).expect("the app listens");
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            got: Vec::new(),
        }
    }

    /// The server may have answered and closed already: what it said is what counts.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads until these bytes have come.
    fn until(&mut self, end: &[u8]) {
        let mut byte = [0];
        while !self.got.ends_with(end) {
            let read = self.stream.read(&mut byte).unwrap_or(0);
            assert_eq!(read, 1, "ended after {}", self.got.escape_ascii());
            self.got.push(byte[0]);
        }
    }

    /// Reads to the end; all that came.
    fn rest(mut self) -> Vec<u8> {
        match self.stream.read_to_end(&mut self.got) {
            Ok(_) => {}
            // A server that closes with bytes unread resets; what came before stays.
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error} after {}", self.got.escape_ascii()),
        }
        self.got
    }
}

/// One conversation.
struct Talk {
    name: &'static str,
    /// All statuses in it, in order; each but 100 is a request that the app sees.
    statuses: &'static [u16],
    hold: Box<dyn Fn(SocketAddr) -> Vec<u8>>,
    /// How many requests the app makes of itself.
    of_itself: usize,
}

impl Talk {
    /// The app asks itself this often, and each is a cycle.
    fn and_of_itself(self, of_itself: usize) -> Self {
        Self { of_itself, ..self }
    }

    fn requests(&self) -> usize {
        let answers = self.statuses.iter().filter(|status| **status != 100);
        answers.count() + self.of_itself
    }
}

fn talk(
    name: &'static str,
    statuses: &'static [u16],
    hold: impl Fn(SocketAddr) -> Vec<u8> + 'static,
) -> Talk {
    Talk {
        name,
        statuses,
        hold: Box::new(hold),
        of_itself: 0,
    }
}

/// Bytes as they are, on a connection of their own; all that comes back.
fn raw(name: &'static str, statuses: &'static [u16], bytes: impl Into<Vec<u8>>) -> Talk {
    let bytes = bytes.into();
    talk(name, statuses, move |to| {
        let mut client = Client::new(to);
        client.send(&bytes);
        client.rest()
    })
}

/// One request; the head's first line without the version, then headers.
fn one(name: &'static str, status: &'static [u16], head: &str, body: &[u8]) -> Talk {
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let gap = if headers.is_empty() { "" } else { "\n" };
    let head = format!("{line} HTTP/1.1{gap}{headers}");
    raw(name, status, request(&head, body))
}

/// The statuses in what came.
fn statuses(bytes: &[u8]) -> Vec<u16> {
    let begins = |w: &&[u8]| w.starts_with(b"HTTP/1.1 ") || w.starts_with(b"HTTP/2.0 ");
    let found = bytes.windows(12).filter(begins);
    found
        .map(|w| String::from_utf8_lossy(&w[9..]).parse().unwrap())
        .collect()
}

/// What `files` serves, the same in every run to the second.
fn directory() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("saved")).unwrap();
    let site = dir.path().join("site");
    for (name, bytes) in [
        ("index.html", &b"<title>one page</title>"[..]),
        ("robots.txt", b"User-agent: *\n"),
        ("assets/app.js", b"console.log('0123456789')"),
        ("assets/app.js.gz", b"\x1f\x8b packed"),
        ("assets/style.css", b"* { margin: 0 }"),
        ("assets/deep/index.html", b"<title>deep</title>"),
        ("docs/index.html", b"<title>docs</title>"),
    ] {
        let path = site.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(then).unwrap();
    }
    dir
}

/// `keeps`: bodies are kept before the app knows that it is attached.
fn start(program: &str, app: &str, files: &Path, socket: Option<&Path>, keeps: bool) -> App {
    let mut command = command(program, &[]);
    command
        .arg(app)
        .env(gallery_axum::DIRECTORY, files)
        .envs(socket.map(|socket| ("ONIONSKIN_SOCKET", socket)))
        .envs(keeps.then_some(("ONIONSKIN_BODIES", "always")));
    App::start_command(command)
}

/// All cycles of all talks, in the order in which the requests came.
fn cycles(watch: &Watch) -> Vec<Cycle> {
    let listed = watch.listed();
    let mut cycles: Vec<_> = listed.iter().map(|l| watch.cycle(&l.cycle.id)).collect();
    cycles.sort_by_key(|cycle| cycle.number);
    for cycle in &cycles {
        onionskin::replay::Replay::new(cycle).unwrap();
        assert_eq!(cycle.omitted, Default::default());
    }
    cycles
}

/// Holds the talks with the app on axum, on Onionskin, and with an inspector; the bytes are the same. What the inspector
/// was told, by talk, in the order in which the requests came.
fn same(app: &str, talks: &[Talk]) -> Vec<Vec<Cycle>> {
    let hold = |talk: &Talk, app: &App| without_date(&(talk.hold)(app.at));
    let files = directory();
    let axum = start(GALLERY_AXUM, app, files.path(), None, false);
    let said: Vec<_> = talks.iter().map(|talk| hold(talk, &axum)).collect();
    axum.shut_down();
    let mut wrong = String::new();
    for (talk, said) in talks.iter().zip(&said) {
        if statuses(said) != talk.statuses {
            wrong += &format!("{}: {}\n", talk.name, said.escape_ascii());
        }
    }
    assert!(wrong.is_empty(), "{app} on axum:\n{wrong}");

    let [mut watched, mut late] = [(); 2].map(|()| Watch::not_yet(256 << 20));
    let heard = |watch: &mut Watch, is_late: bool| {
        let (socket, files) = (watch.socket(), directory());
        // The app may learn a moment later than the inspector that they are connected.
        let keeps = !is_late;
        let ours = start(GALLERY_ONIONSKIN, app, files.path(), Some(&socket), keeps);
        if !is_late {
            watch.start();
            watch.wait_for_app();
        }
        let (mut heard, mut seen) = (Vec::new(), 0);
        for talk in talks {
            heard.push(hold(talk, &ours));
            seen += talk.requests() as u64;
            if !is_late {
                watch.wait_for(seen);
            }
        }
        if is_late {
            watch.start();
            watch.wait_for(seen);
        }
        ours.shut_down();
        heard
    };
    let (alone, with) = (heard(&mut late, true), heard(&mut watched, false));
    for (how, ours) in [("alone", alone), ("watched", with)] {
        for ((talk, axum), ours) in talks.iter().zip(&said).zip(&ours) {
            if axum != ours {
                let (axum, ours) = (axum.escape_ascii(), ours.escape_ascii());
                wrong += &format!("{} {how}\n  axum: {axum}\n  ours: {ours}\n", talk.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{app}:\n{wrong}");

    let cycles = [cycles(&watched), cycles(&late)];
    for (watched, alone) in cycles[0].iter().zip(&cycles[1]) {
        told_the_same(watched, alone);
    }
    let mut cycles = cycles.into_iter().next().unwrap().into_iter();
    let by_talk = talks
        .iter()
        .map(|talk| cycles.by_ref().take(talk.requests()).collect());
    by_talk.collect()
}

/// What is recorded while nobody is attached is the same, except that bodies were not looked at: nothing is said of them
/// that was not so.
fn told_the_same(watched: &Cycle, alone: &Cycle) {
    assert_eq!(way(watched), way(alone));
    assert_eq!(
        (watched.status, &watched.route),
        (alone.status, &alone.route)
    );
    // Which extractor refused is read off the answer's body.
    if !matches!(watched.outcome, Outcome::Rejected { .. }) {
        assert_eq!(watched.outcome, alone.outcome);
    }
    for (watched, alone) in watched.steps.iter().zip(&alone.steps) {
        let deltas = [watched, alone].map(|step| step.delta.clone().unwrap_or_default());
        let [is_other, seems_other] = [0, 1].map(|i| deltas[i].body.is_some());
        assert!(is_other || !seems_other, "{alone:?}");
        let [watched, alone] = deltas.map(|delta| {
            let (body, counted) = (None, None);
            let delta = Delta {
                body,
                counted,
                ..delta
            };
            unsalted(&serde_json::to_string(&delta).unwrap())
        });
        assert_eq!(watched, alone);
    }
}

/// Without the marks of masked values, which differ from run to run.
fn unsalted(text: &str) -> String {
    let mut parts = text.split("[redacted #");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "[redacted" + &part[4..])
}

/// The only cycle of a talk.
fn only(told: &[Cycle]) -> &Cycle {
    let [cycle] = told else {
        panic!("{} cycles", told.len());
    };
    cycle
}

/// The outcome's site by its name; empty: it has none.
fn by(cycle: &Cycle) -> &str {
    cycle
        .outcome
        .site()
        .map_or("", |site| cycle.sites[site].name.as_str())
}

/// The steps in words: `> CorsLayer`, `< show`; `! show` where the service was given up or failed.
fn way(cycle: &Cycle) -> Vec<String> {
    use onionskin::wire::Left;
    let steps = cycle.steps.iter().map(|step| {
        let arrow = match (step.edge, &step.left) {
            (Edge::In, _) => '>',
            (Edge::Out, Some(Left::Error { .. } | Left::Dropped | Left::Unwound)) => '!',
            (Edge::Out, _) => '<',
        };
        match step.stage {
            Stage::Send => format!("{arrow} send"),
            Stage::Resolve => format!("{arrow} resolve"),
            _ => format!("{arrow} {}", site_of(cycle, step.site).name),
        }
    });
    steps.collect()
}
