//! An app that ends hands on what it has, and waits no longer than it said.

use super::welcome;
use crate::{
    app::{FLUSH, command},
    raw::LONG,
};
use onionskin::link::protocol::kind;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixListener,
    process::Stdio,
};

/// How many frames of this kind there are in what came on a link.
fn frames(mut bytes: &[u8], kind: u8) -> usize {
    let mut found = 0;
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (frame, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        found += usize::from(frame[0] == kind);
        bytes = rest;
    }
    found
}

#[test]
fn flush_says_so_once_the_inspector_has_taken_all_and_else_when_its_time_is_up() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut app = command(FLUSH, &[("ONIONSKIN_SOCKET", socket.to_str().unwrap())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = app.stdin.take().unwrap();
    let mut stdout = BufReader::new(app.stdout.take().unwrap());
    let mut flush = |requests: usize, bytes: usize, ms: u128| {
        writeln!(stdin, "{requests} {bytes} {ms}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        line.trim().parse::<bool>().unwrap()
    };
    let long = LONG.as_millis();
    assert!(flush(0, 0, 0), "nothing was recorded yet");
    assert!(!flush(1, 10, 200), "the inspector has not answered yet");
    let (mut link, _) = listener.accept().unwrap();
    welcome(&mut link, onionskin::wire::WIRE_VERSION);
    assert!(flush(1, 10, long), "there is room for little");
    // More than there is room for between the two.
    assert!(!flush(50, 60_000, 200), "the inspector takes nothing");
    let inspector = std::thread::spawn(move || {
        let mut came = Vec::new();
        link.read_to_end(&mut came).unwrap();
        came
    });
    assert!(flush(0, 0, long), "it takes all");
    drop(stdin);
    assert!(app.wait().unwrap().success());
    let came = inspector.join().unwrap();
    assert_eq!(frames(&came, kind::CYCLE), 52);
}
