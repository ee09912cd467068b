//! Apps of many kinds, each from one source: the same bytes on axum, on Onionskin alone, and with an inspector that
//! is told what happened.

mod grpc;
mod limits;
mod pages;
mod streams;

use crate::{
    app::{App, GALLERY_AXUM, GALLERY_ONIONSKIN, command},
    raw::{LONG, request, without_date},
    watch::{Watch, site_of},
};
use onionskin::wire::{Cycle, Edge, Stage};
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

fn start(program: &str, app: &str, files: &Path, socket: Option<&Path>) -> App {
    let mut command = command(program, &[]);
    command
        .arg(app)
        .env(gallery_axum::DIRECTORY, files)
        .envs(socket.map(|socket| ("ONIONSKIN_SOCKET", socket)))
        // The app may learn a moment later than the inspector that they are connected.
        .envs(socket.map(|_| ("ONIONSKIN_BODIES", "always")));
    App::start_command(command)
}

/// Holds the talks with the app on axum, on Onionskin, and with an inspector; the bytes are the same. What the inspector
/// was told, by talk, in the order in which the requests came.
fn same(app: &str, talks: &[Talk]) -> Vec<Vec<Cycle>> {
    let hold = |talk: &Talk, app: &App| without_date(&(talk.hold)(app.at));
    let all = |program: &str| {
        let files = directory();
        let app = start(program, app, files.path(), None);
        let heard: Vec<_> = talks.iter().map(|talk| hold(talk, &app)).collect();
        app.shut_down();
        heard
    };
    let axum = all(GALLERY_AXUM);
    let mut wrong = String::new();
    for (talk, heard) in talks.iter().zip(&axum) {
        if statuses(heard) != talk.statuses {
            wrong += &format!("{}: {}\n", talk.name, heard.escape_ascii());
        }
    }
    assert!(wrong.is_empty(), "{app} on axum:\n{wrong}");

    let (watch, files) = (Watch::new(), directory());
    let watched = start(GALLERY_ONIONSKIN, app, files.path(), Some(&watch.socket()));
    watch.wait_for_app();
    let (mut heard, mut seen) = (Vec::new(), 0);
    for talk in talks {
        heard.push(hold(talk, &watched));
        seen += talk.requests() as u64;
        watch.wait_for(seen);
    }
    watched.shut_down();
    for (how, ours) in [("alone", all(GALLERY_ONIONSKIN)), ("watched", heard)] {
        for ((talk, axum), ours) in talks.iter().zip(&axum).zip(&ours) {
            if axum != ours {
                let (axum, ours) = (axum.escape_ascii(), ours.escape_ascii());
                wrong += &format!("{} {how}\n  axum: {axum}\n  ours: {ours}\n", talk.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{app}:\n{wrong}");

    let mut cycles: Vec<_> = watch
        .listed()
        .iter()
        .map(|listed| watch.cycle(&listed.cycle.id))
        .collect();
    cycles.sort_by_key(|cycle| cycle.number);
    for cycle in &cycles {
        onionskin::replay::Replay::new(cycle).unwrap();
        assert_eq!(cycle.omitted, Default::default());
    }
    let mut cycles = cycles.into_iter();
    let by_talk = talks
        .iter()
        .map(|talk| cycles.by_ref().take(talk.requests()).collect());
    by_talk.collect()
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
