//! The same with an inspector: this program again, with a listener of ours at the other end of its link.

use onionskin::{
    link::protocol::{MAX_MESSAGE, Welcome, kind},
    wire::WIRE_VERSION,
};
use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    process::Command,
    thread,
};

/// Of so many cases each is run on every router.
const CASES: &str = "2500";

/// Takes an app as an inspector does; how many cycles it sent until it was gone.
fn inspect(stream: UnixStream) -> io::Result<u64> {
    let mut stream = BufReader::new(stream);
    stream.read_line(&mut String::new())?;
    let welcome = Welcome {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        next: 0,
    };
    serde_json::to_writer(stream.get_ref(), &welcome)?;
    stream.get_mut().write_all(b"\n")?;
    let (mut cycles, mut head, mut payload) = (0, [0; 5], Vec::new());
    loop {
        if let Err(error) = stream.read_exact(&mut head) {
            let is_gone = error.kind() == io::ErrorKind::UnexpectedEof;
            return if is_gone { Ok(cycles) } else { Err(error) };
        }
        let len = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        assert!((1..=MAX_MESSAGE).contains(&len));
        payload.resize(len - 1, 0);
        stream.read_exact(&mut payload)?;
        cycles += u64::from(head[4] == kind::CYCLE);
    }
}

#[test]
fn nobody_notices_that_an_inspector_is_attached() {
    let dir = tempfile::tempdir().expect("a directory");
    let socket = dir.path().join("link.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let inspector = thread::spawn(move || inspect(listener.accept()?.0));
    let ran = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "nobody_notices"])
        .env("ONIONSKIN_CASES", CASES)
        .env("ONIONSKIN_SOCKET", &socket)
        // From the first case on, not only from when the app knows that somebody listens.
        .env("ONIONSKIN_BODIES", "always")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    let cycles = inspector.join().expect("it ends with the link");
    assert!(cycles.expect("the link is well") > 0);
}
