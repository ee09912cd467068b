//! An app that speaks to the inspector in lines of JSON.

use crate::fixture::{RUN, cycle, hello, site};
use onionskin::link::protocol::{Answer, Message};
use serde::Serialize;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

pub(crate) struct App {
    stream: UnixStream,
    pub(crate) next: u64,
}

impl App {
    /// Connects as soon as somebody listens.
    pub(crate) fn connect(socket: &Path) -> Self {
        let until = Instant::now() + Duration::from_secs(120);
        let stream = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut app = Self { stream, next: 1 };
        app.put(&hello(RUN));
        let mut line = String::new();
        BufReader::new(app.stream.try_clone().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(
            matches!(serde_json::from_str(&line).unwrap(), Answer::Welcome(_)),
            "{line}"
        );
        app.put(&Message::Site { site: site() });
        app
    }

    fn put(&mut self, what: &impl Serialize) {
        let mut line = serde_json::to_vec(what).unwrap();
        line.push(b'\n');
        self.stream.write_all(&line).unwrap();
    }

    /// Sends the next cycles; false if nobody takes them any more.
    pub(crate) fn send(&mut self, count: u64) -> bool {
        let mut lines = Vec::new();
        for number in self.next..self.next + count {
            let cycle = Box::new(cycle(RUN, number));
            lines.extend(serde_json::to_vec(&Message::Cycle { cycle }).unwrap());
            lines.push(b'\n');
        }
        self.next += count;
        self.stream.write_all(&lines).is_ok()
    }
}
