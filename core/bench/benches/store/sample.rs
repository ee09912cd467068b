//! What an app says on the link, to be said again.

use anyhow::{Context, Result, bail, ensure};
use onionskin::{
    link::protocol::{Hello, Message, Welcome, kind, put_frame},
    wire::WIRE_VERSION,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixListener,
    process::Command,
};

/// The parts of it.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) hello: Vec<u8>,
    /// Sites, names of types, the map.
    tables: Vec<u8>,
    /// Payloads of the cycles.
    cycles: Vec<Vec<u8>>,
}

impl Sample {
    /// Starts this program as the app and takes down what it says.
    pub(crate) fn take() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let socket = dir.path().join("link.sock");
        let listener = UnixListener::bind(&socket)?;
        let mut app = Command::new(std::env::current_exe()?)
            .arg("app")
            .env("ONIONSKIN_SOCKET", &socket)
            .spawn()?;
        let (stream, _) = listener.accept()?;
        let mut sample = Self::default();
        let mut reader = BufReader::new(&stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let _: Hello = serde_json::from_str(&line)?;
        sample.hello = line.into_bytes();
        let welcome = Welcome {
            onionskin: "link".into(),
            wire: WIRE_VERSION,
            next: 0,
        };
        serde_json::to_writer(&stream, &welcome)?;
        (&stream).write_all(b"\n")?;
        let mut frame = Vec::new();
        loop {
            let mut len = [0; 4];
            if reader.read_exact(&mut len).is_err() {
                break;
            }
            frame.resize(u32::from_le_bytes(len) as usize, 0);
            reader.read_exact(&mut frame)?;
            sample.heard(&frame)?;
        }
        ensure!(app.wait()?.success(), "the app failed");
        ensure!(!sample.cycles.is_empty(), "the app said nothing");
        Ok(sample)
    }

    fn heard(&mut self, frame: &[u8]) -> Result<()> {
        let (&kind, payload) = frame.split_first().context("an empty frame")?;
        if kind == kind::CYCLE {
            self.cycles.push(payload.to_vec());
            return Ok(());
        }
        match serde_json::from_slice(payload)? {
            Message::Site { .. } | Message::Types { .. } | Message::Stack { .. } => {
                put_frame(&mut self.tables, kind, payload);
            }
            Message::Cycle { .. } => bail!("a cycle as JSON"),
            _ => {}
        }
        Ok(())
    }

    /// All that an app would say of cycles with these numbers.
    pub(crate) fn said(&self, numbers: impl Iterator<Item = u64>) -> Vec<u8> {
        let mut said = self.tables.clone();
        let mut payload = Vec::new();
        for (number, cycle) in numbers.zip(self.cycles.iter().cycle()) {
            payload.clear();
            renumber(&mut payload, cycle, number);
            put_frame(&mut said, kind::CYCLE, &payload);
        }
        said
    }
}

/// Copies a cycle; the second field of its header is its number, as core/src/codec/format.rs has it.
fn renumber(out: &mut Vec<u8>, cycle: &[u8], mut number: u64) {
    out.push(cycle[0]);
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    let old = cycle[1..].iter().position(|byte| byte & 0x80 == 0);
    out.extend_from_slice(&cycle[old.expect("a varint ends") + 2..]);
}
