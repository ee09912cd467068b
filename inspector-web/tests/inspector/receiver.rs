//! A receiver of OTLP over HTTP that does as it is told, right or wrong: plain sockets, so that it can do anything. The tests
//! of the command and of the demo app use this file too.

use crate::spans::{self, Span};
use std::{
    collections::{BTreeSet, VecDeque},
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// What it does with a request, once it has read it.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// Whether it keeps the spans.
    takes: bool,
    says: String,
    /// Whether it leaves the connection open then, as if more were to come.
    stays: bool,
}

impl Act {
    /// Takes all of it.
    pub(crate) fn take() -> Self {
        Self {
            takes: true,
            ..Self::answer(200, "content-type: application/json", "{}")
        }
    }

    /// Answers so, and takes nothing.
    pub(crate) fn answer(status: u16, header: &str, body: &str) -> Self {
        let length = body.len();
        let says = format!(
            "HTTP/1.1 {status} Said\r\n{header}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        Self::noise(&says)
    }

    /// Says what may be no HTTP, takes nothing and closes the connection.
    pub(crate) fn noise(says: &str) -> Self {
        Self {
            takes: false,
            says: says.into(),
            stays: false,
        }
    }

    /// Takes it, and refuses so many of its spans.
    pub(crate) fn partly(refused: u32) -> Self {
        let said = format!(
            r#"{{"partialSuccess":{{"rejectedSpans":"{refused}","errorMessage":"too old"}}}}"#
        );
        Self {
            takes: true,
            ..Self::answer(200, "content-type: application/json", &said)
        }
    }

    /// Takes it and gives the first half of an answer.
    pub(crate) fn half() -> Self {
        Self {
            takes: true,
            says: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{\"par"
                .into(),
            stays: true,
        }
    }

    /// Never says a word.
    pub(crate) fn silence() -> Self {
        Self {
            takes: false,
            says: String::new(),
            stays: true,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// What it does with the next requests; the last is done again and again.
    script: VecDeque<Act>,
    /// Every request that came, and whether it was taken. Read when a test asks: who sends may be in a hurry.
    requests: Vec<(Vec<u8>, bool)>,
    /// Whether answers are held back.
    holds: bool,
}

/// It runs as long as the process of the test.
#[derive(Clone)]
pub(crate) struct Receiver {
    state: Arc<(Mutex<State>, Condvar)>,
    pub(crate) url: String,
}

impl Receiver {
    pub(crate) fn doing(script: impl Into<VecDeque<Act>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            script: script.into(),
            ..State::default()
        };
        let this = Self {
            state: Arc::new((Mutex::new(state), Condvar::new())),
            url,
        };
        let receiver = this.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let receiver = receiver.clone();
                // Whoever sends may have gone; that is no fault of the receiver's.
                std::thread::spawn(move || receiver.serve(stream.unwrap()));
            }
        });
        this
    }

    /// One that takes all, but holds its answers back until it is told to go on.
    pub(crate) fn holding() -> Self {
        let this = Self::doing([Act::take()]);
        this.state.0.lock().unwrap().holds = true;
        this
    }

    /// Waits until there are requests whose answers are held back.
    pub(crate) fn wait_for_request(&self) {
        let (state, changed) = &*self.state;
        let state = state.lock().unwrap();
        let patience = Duration::from_secs(120);
        let none = |state: &mut State| state.requests.is_empty();
        let waited = changed.wait_timeout_while(state, patience, none).unwrap();
        assert!(!waited.1.timed_out(), "nothing is sent");
    }

    pub(crate) fn go_on(&self) {
        self.state.0.lock().unwrap().holds = false;
        self.state.1.notify_all();
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let body = read_request(&mut stream)?;
        let act = self.next(body);
        stream.write_all(act.says.as_bytes())?;
        if act.stays {
            // Until whoever sends gives up.
            stream.read_to_end(&mut Vec::new())?;
        }
        Ok(())
    }

    fn next(&self, body: Vec<u8>) -> Act {
        let (state, changed) = &*self.state;
        let mut state = state.lock().unwrap();
        let act = match state.script.len() {
            1 => state.script[0].clone(),
            _ => state.script.pop_front().expect("a script"),
        };
        state.requests.push((body, act.takes));
        changed.notify_all();
        drop(changed.wait_while(state, |state| state.holds).unwrap());
        act
    }

    /// The ids of spans in each request, whether it was taken or not.
    pub(crate) fn requests(&self) -> Vec<BTreeSet<String>> {
        let state = self.state.0.lock().unwrap();
        let id = |span: &Span| format!("{} {}", span.trace, span.id);
        let ids = |(body, _): &(Vec<u8>, bool)| spans(body).iter().map(id).collect();
        state.requests.iter().map(ids).collect()
    }

    /// Ids of the cycles of what was taken, each whole; a span counts once, however often it came.
    pub(crate) fn cycles(&self) -> BTreeSet<String> {
        let state = self.state.0.lock().unwrap();
        let taken = state.requests.iter().filter(|(_, taken)| *taken);
        let spans: Vec<Span> = taken.flat_map(|(body, _)| spans(body)).collect();
        spans::decode(&spans)
            .into_iter()
            .map(|found| {
                found.cycle.expect("a whole cycle");
                found.id
            })
            .collect()
    }
}

fn spans(body: &[u8]) -> Vec<Span> {
    let json: serde_json::Value = serde_json::from_slice(body).expect("JSON is sent");
    let batches = spans::from_json(&json).expect("OTLP is sent");
    batches.into_iter().flat_map(|batch| batch.spans).collect()
}

/// The body of one request.
fn read_request(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut piece = [0; 16 << 10];
    loop {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.unwrap().trim().parse().unwrap();
            if read.len() >= head + 4 + length {
                return Ok(read.split_off(head + 4));
            }
        }
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => read.extend(&piece[..n]),
        }
    }
}
