//! A server that answers the UI as it likes: as a real inspector, whose answers it passes on, or worse.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As the real inspector.
    Good,
    /// With bytes that are no JSON and no events.
    Garbage,
    /// With JSON of another shape.
    OtherTypes,
    /// With numbers that no type of ours holds.
    HugeNumbers,
    /// With a part of what it announces.
    Half,
    /// That it can't.
    Broken,
    /// A byte from time to time, without end.
    Slow,
    /// Good answers, and live events that are none.
    GarbageLive,
}

/// What it was asked for, and when.
type Asked = Vec<(Instant, String)>;

pub(crate) struct Fake {
    at: SocketAddr,
    token: String,
    state: Arc<State>,
}

struct State {
    inspector: SocketAddr,
    mood: Mutex<Mood>,
    asked: Mutex<Asked>,
    open: Mutex<Vec<TcpStream>>,
}

impl Fake {
    /// In front of the inspector of this URL.
    pub(crate) fn start(url: &str, mood: Mood) -> Self {
        let (base, token) = url.split_once("/#token=").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let state = Arc::new(State {
            inspector: base.strip_prefix("http://").unwrap().parse().unwrap(),
            mood: Mutex::new(mood),
            asked: Mutex::default(),
            open: Mutex::default(),
        });
        let serving = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, state) = (client.unwrap(), serving.clone());
                let kept = client.try_clone().unwrap();
                state.open.lock().unwrap().push(kept);
                std::thread::spawn(move || state.serve(client));
            }
        });
        Self {
            at,
            token: token.into(),
            state,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/#token={}", self.at, self.token)
    }

    /// From now on it answers so; what is open is closed.
    pub(crate) fn set(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
        for open in self.state.open.lock().unwrap().drain(..) {
            let _ = open.shutdown(Shutdown::Both);
        }
    }

    /// When it was asked for this.
    pub(crate) fn asked(&self, path: &str) -> Vec<Instant> {
        let asked = self.state.asked.lock().unwrap();
        let here = asked.iter().filter(|(_, target)| target.contains(path));
        here.map(|(at, _)| *at).collect()
    }
}

impl State {
    fn serve(&self, mut client: TcpStream) -> Option<()> {
        let head = head(&mut client)?;
        let target = head.split(' ').nth(1)?.to_owned();
        self.asked
            .lock()
            .unwrap()
            .push((Instant::now(), target.clone()));
        let is_live = target.starts_with("/api/live");
        let mood = *self.mood.lock().unwrap();
        let _ = match mood {
            Mood::Good => self.pass_on(client, &head),
            Mood::GarbageLive if !is_live => self.pass_on(client, &head),
            Mood::GarbageLive => answer(client, "200 OK", "event: cycle\ndata: {\"no\": \n\n", 0),
            Mood::Garbage => answer(client, "200 OK", "\u{1b}[2J no json } at all \n\n", 0),
            Mood::OtherTypes => {
                let json = "{\"cycles\": 7, \"rows\": \"x\", \"counters\": []}";
                answer(client, "200 OK", json, 0)
            }
            Mood::HugeNumbers => {
                let json = "[{\"name\": \"shop\", \"runs\": [{\"ordinal\": 1e400}]}]";
                answer(client, "200 OK", json, 0)
            }
            Mood::Half => answer(client, "200 OK", "[{\"name\": \"sh", 1000),
            Mood::Broken => answer(client, "500 Internal Server Error", "it fell over", 0),
            Mood::Slow => trickle(client),
        };
        Some(())
    }

    fn pass_on(&self, mut client: TcpStream, head: &str) -> std::io::Result<()> {
        let mut inspector = TcpStream::connect(self.inspector)?;
        let keep = |line: &&str| {
            let line = line.to_ascii_lowercase();
            !line.is_empty() && !line.starts_with("host:") && !line.starts_with("connection:")
        };
        let head: String = head
            .split("\r\n")
            .filter(keep)
            .map(|line| format!("{line}\r\n"))
            .collect();
        let host = self.inspector;
        write!(inspector, "{head}host: {host}\r\nconnection: close\r\n\r\n")?;
        std::io::copy(&mut inspector, &mut client)?;
        client.shutdown(Shutdown::Both)
    }
}

fn head(client: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        let read = client.read(&mut byte).ok()?;
        head.extend((read == 1).then_some(byte[0]));
        (read == 1).then_some(())?;
    }
    String::from_utf8(head).ok()
}

/// An answer that announces so many bytes more than it has.
fn answer(mut client: TcpStream, status: &str, body: &str, more: usize) -> std::io::Result<()> {
    let len = body.len() + more;
    write!(
        client,
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n{body}"
    )?;
    client.shutdown(Shutdown::Both)
}

fn trickle(mut client: TcpStream) -> std::io::Result<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")?;
    loop {
        client.write_all(b"[")?;
        std::thread::sleep(Duration::from_millis(50));
    }
}
