//! The client over sockets: keep-alive connections, driven by one thread that never sleeps.

use crate::app;
use anyhow::{Context as _, Result, ensure};
use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::{Duration, Instant},
};

/// Connections that are open at once.
const CONNECTIONS: usize = 16;

/// Whether a response has come to its end.
pub(crate) fn is_whole(bytes: &[u8]) -> Result<bool> {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let Some(end) = find(bytes, b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = &bytes[..end];
    ensure!(
        head.starts_with(b"HTTP/1.1 200 "),
        "the app answered: {}",
        String::from_utf8_lossy(head)
    );
    let at = find(head, LENGTH).context("a response without a length")? + LENGTH.len();
    let length = head[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |n, byte| n * 10 + usize::from(byte - b'0'));
    Ok(bytes.len() >= end + 4 + length)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A client of one server.
pub(crate) struct Client {
    request: Vec<u8>,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    response: Vec<u8>,
    /// When the request was to be sent that has no response yet.
    due: Option<Instant>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let connections = (0..CONNECTIONS).map(|_| {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(Connection {
                stream,
                response: Vec::with_capacity(16 << 10),
                due: None,
            })
        });
        Ok(Self {
            request: app::request(),
            connections: connections.collect::<Result<_>>()?,
        })
    }

    /// Sends `requests` requests and waits for the responses. Returns how long each took.
    ///
    /// With a `pause`, one request falls due every `pause`, and its time runs from then, even if no connection is free to
    /// send it. Without, every connection sends as soon as it can.
    pub(crate) fn run(
        &mut self,
        requests: usize,
        pause: Option<Duration>,
    ) -> Result<Vec<Duration>> {
        let start = Instant::now();
        let mut times = Vec::with_capacity(requests);
        let mut sent = 0;
        while times.len() < requests {
            let mut idle = true;
            for connection in &mut self.connections {
                if let Some(due) = connection.due {
                    if connection.receive()? {
                        times.push(due.elapsed());
                        connection.due = None;
                        idle = false;
                    }
                } else if sent < requests {
                    let now = Instant::now();
                    let due = pause.map_or(now, |pause| start + pause * sent as u32);
                    if due <= now {
                        connection.stream.write_all(&self.request)?;
                        connection.due = Some(due);
                        sent += 1;
                        idle = false;
                    }
                }
            }
            if idle {
                std::thread::yield_now();
            }
        }
        Ok(times)
    }
}

impl Connection {
    /// Reads what has come. `true`: the response is whole.
    fn receive(&mut self) -> Result<bool> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => anyhow::bail!("the app hung up"),
            Ok(n) => self.response.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let whole = is_whole(&self.response)?;
        if whole {
            self.response.clear();
        }
        Ok(whole)
    }
}
