//! HTTP over a plain socket: what is sent and what comes back are bytes, untouched.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Long enough for anything that is going to happen.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// What a client does on its connection.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Reads until these bytes have come.
    Await(&'static [u8]),
    /// Does nothing for a while.
    Wait(Duration),
    /// Goes away without reading any more.
    Leave,
}

/// Does it, and returns all that came back, until the server closed or the client left.
pub(crate) fn converse(to: SocketAddr, acts: &[Act]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).expect("the app listens");
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_write_timeout(Some(LONG)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut got = Vec::new();
    for act in acts {
        match act {
            // The server may have answered and closed already: what it said is what counts.
            Act::Send(bytes) => drop(stream.write_all(bytes)),
            Act::Await(until) => {
                let mut byte = [0];
                while !ends_with(&got, until) {
                    assert!(stream.read(&mut byte).unwrap() == 1, "closed too early");
                    got.push(byte[0]);
                }
            }
            Act::Wait(time) => std::thread::sleep(*time),
            Act::Leave => return got,
        }
    }
    match stream.read_to_end(&mut got) {
        Ok(_) => got,
        // A server that closes with bytes unread resets; what came before stays.
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => got,
        Err(error) => panic!("{error} after {:?}", got.escape_ascii().to_string()),
    }
}

fn ends_with(got: &[u8], end: &[u8]) -> bool {
    got.len() >= end.len() && &got[got.len() - end.len()..] == end
}

/// Without the lines that tell the time.
pub(crate) fn without_date(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split_inclusive(|b| *b == b'\n');
    lines
        .filter(|line| !line.starts_with(b"date: "))
        .flatten()
        .copied()
        .collect()
}

/// A request that the server answers and closes after, as bytes.
pub(crate) fn request(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = head.replace('\n', "\r\n").into_bytes();
    bytes.extend_from_slice(b"\r\nhost: notes.example\r\nconnection: close\r\n");
    if !body.is_empty() {
        bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// Sends one request and returns the answer.
pub(crate) fn ask(to: SocketAddr, head: &str, body: &[u8]) -> Vec<u8> {
    converse(to, &[Act::Send(request(head, body))])
}
