//! An app that speaks JSON on the link.
#![allow(
    dead_code,
    reason = "shared by tests and benchmarks that use different parts"
)]

use onionskin::{
    link::protocol::{Answer, Format, Hello, Message},
    wire::{self, Cycle, WIRE_VERSION},
};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
};

#[expect(dead_code, reason = "some are for other tests")]
#[path = "../../../core/src/text/samples.rs"]
mod samples;

pub(crate) fn cycles() -> [Cycle; 4] {
    [
        samples::completed(),
        samples::short_circuit(),
        samples::panicked(),
        samples::retried(),
    ]
}

pub(crate) struct App(UnixStream);

impl App {
    pub(crate) fn connect(socket: &Path) -> Self {
        let mut stream = UnixStream::connect(socket).unwrap();
        let run = cycles()[0].run.clone();
        let hello = Hello {
            onionskin: "link".into(),
            wire: WIRE_VERSION,
            format: Format::Json,
            app: "shop".into(),
            run,
            pid: 7,
            started_unix_us: 1_763_726_460_000_000,
            command: "shop".into(),
            cwd: None,
        };
        line(&mut stream, &hello);
        let mut answer = String::new();
        BufReader::new(&stream).read_line(&mut answer).unwrap();
        let answer: Answer = serde_json::from_str(&answer).unwrap();
        assert!(matches!(answer, Answer::Welcome(_)), "{answer:?}");
        Self(stream)
    }

    /// Sends the first of the cycles as one of its own number.
    #[allow(dead_code, reason = "for who wants many")]
    pub(crate) fn send_numbered(&mut self, number: u64) {
        let mut cycle = Box::new(samples::completed());
        cycle.number = number;
        cycle.id = format!("{}-{number}", cycle.run);
        line(&mut self.0, &Message::Cycle { cycle });
    }

    #[allow(dead_code, reason = "for who wants few")]
    pub(crate) fn send_all(&mut self) {
        cycles().into_iter().for_each(|cycle| self.send(cycle));
    }

    /// Sends this one.
    #[allow(dead_code, reason = "for who has his own")]
    pub(crate) fn send(&mut self, cycle: Cycle) {
        let cycle = Box::new(cycle);
        line(&mut self.0, &Message::Cycle { cycle });
    }
}

fn line(stream: &mut UnixStream, what: &impl serde::Serialize) {
    let mut json = serde_json::to_vec(what).unwrap();
    json.push(b'\n');
    stream.write_all(&json).unwrap();
}
