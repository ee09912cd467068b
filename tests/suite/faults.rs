//! What goes wrong around the app, and what it does then: the same as without us. The table of `docs/SECURITY.md` says which
//! test shows what.

mod bodies;
#[cfg(target_os = "linux")]
mod clock;
mod flush;
mod large;
mod signals;

use crate::{
    app::{AXUM, App, BODIES, ONIONSKIN, command},
    raw::{self, LONG, ask},
    watch::Watch,
};
use onionskin::{
    link::protocol::{Welcome, put_frame},
    wire::WIRE_VERSION,
};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::net::{UnixListener, UnixStream},
    process::{Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// The app answers, and soon.
fn assert_answers(app: &App, when: &str) {
    let begun = Instant::now();
    let answer = ask(app.at, "GET / HTTP/1.1", b"");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{when}");
    assert!(begun.elapsed() < LONG / 2, "{when}");
}

/// What an inspector that is broken does with an app.
type Fault = fn(UnixStream);

fn welcome(stream: &mut UnixStream, wire: u32) {
    let mut hello = String::new();
    // Whatever came with the first line is lost; none of them wants it.
    BufReader::new(&*stream).read_line(&mut hello).unwrap();
    let welcome = Welcome {
        onionskin: "link".into(),
        wire,
        next: 0,
    };
    let mut welcome = serde_json::to_vec(&welcome).unwrap();
    welcome.push(b'\n');
    stream.write_all(&welcome).unwrap();
}

/// What it does, and whether the app tries the place again soon. (Where what listens is no inspector of its own kind it leaves
/// it alone for half a minute.)
const FAULTS: [(&str, bool, Fault); 6] = [
    ("goes away before it says a word", true, drop),
    ("says what is no answer", false, |mut stream| {
        let _ = stream.write_all(&[b'x'; 100_000]);
    }),
    ("is of another version", false, |mut stream| {
        welcome(&mut stream, WIRE_VERSION + 1);
        let _ = stream.read(&mut [0; 100]);
    }),
    ("talks when it should listen", true, |mut stream| {
        welcome(&mut stream, WIRE_VERSION);
        let mut noise = Vec::new();
        put_frame(&mut noise, 0xff, &[0xff; 10_000]);
        let _ = stream.write_all(&noise);
    }),
    // What an app sees of one that is killed.
    ("is gone in the middle of a cycle", true, |mut stream| {
        welcome(&mut stream, WIRE_VERSION);
        let _ = stream.read_exact(&mut [0; 150]);
    }),
    // Until the end of the test: one that is stopped, or waits for a debugger.
    ("takes nothing", false, |mut stream| {
        welcome(&mut stream, WIRE_VERSION);
        std::mem::forget(stream);
    }),
];

#[test]
fn an_inspector_that_breaks_changes_nothing_and_the_next_one_has_it_all() {
    for (fault, tries_again, act) in FAULTS {
        let mut watch = Watch::not_yet(256 << 20);
        let socket = watch.socket();
        let listener = UnixListener::bind(&socket).unwrap();
        let app = App::attached(&socket);
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let inspector = std::thread::spawn(move || act(stream));
        for _ in 0..10 {
            assert_answers(&app, fault);
        }
        inspector.join().unwrap();
        listener.set_nonblocking(true).unwrap();
        assert!(tries_again || listener.accept().is_err(), "{fault}: again");
        // It comes again, and is not welcome any more.
        drop(listener);
        std::fs::remove_file(&socket).unwrap();
        assert_answers(&app, fault);
        if !tries_again {
            app.shut_down();
            continue;
        }
        watch.start();
        watch.wait_for(11);
        assert_eq!(watch.listed().len(), 11, "{fault}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn where_nobody_asks_nothing_wakes_the_app_but_the_look_for_an_inspector() {
    let app = App::start(ONIONSKIN, &[]);
    assert_answers(&app, "it works");
    let begun = Instant::now();
    loop {
        let before = app.waits_of("onionskin");
        std::thread::sleep(Duration::from_secs(1));
        // Two rests of half a second; at work it is 200.
        let waits = app.waits_of("onionskin") - before;
        if waits <= 20 {
            break;
        }
        assert!(begun.elapsed() < LONG, "{waits} in a second");
    }
    assert_answers(&app, "it works after a rest");
}

#[test]
fn an_app_whose_runtime_is_blocked_still_answers_the_inspector() {
    let mut watch = Watch::not_yet(256 << 20);
    let socket = watch.socket();
    let environment = [("ONIONSKIN_SOCKET", socket.to_str().unwrap())];
    let mut app = command(BODIES, &environment);
    app.args(["onionskin", "alone"]);
    let app = App::start_command(app);
    ask(app.at, "GET /figures HTTP/1.1", b"");
    let head = b"GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
    let at = app.at;
    // Its only thread is kept from here on.
    let stuck = TcpStream::connect(at).unwrap();
    (&stuck).write_all(&head).unwrap();
    watch.start();
    watch.wait_for_app();
    watch.until("the one that is stuck is open, the other is stored", || {
        let counters = watch.counters();
        (counters.open, counters.stored) == (1, 1)
    });
    assert_eq!(watch.listed()[0].cycle.target, "/figures");
    let mut unheard = TcpStream::connect(at).unwrap();
    unheard.write_all(b"GET /figures HTTP/1.1\r\n\r\n").unwrap();
    unheard
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    assert!(unheard.read(&mut [0]).is_err(), "it is blocked indeed");
}

/// Runs many requests at once: how many were answered, bytes of memory for each at the most.
fn open(framework: &str, n: usize, environment: &[(&str, &str)]) -> ([usize; 2], String) {
    let mut open = command(BODIES, environment);
    let output = open.args([framework, "open", &n.to_string()]).output();
    let Output { stdout, stderr, .. } = output.unwrap();
    let said = String::from_utf8(stderr).unwrap();
    let figures = String::from_utf8(stdout).unwrap();
    let mut figures = figures.split_whitespace();
    let figures = std::array::from_fn(|_| figures.next().expect(&said).parse().unwrap());
    (figures, said)
}

#[test]
fn ten_thousand_at_once_are_answered_and_cost_little() {
    const N: usize = 10_000;
    let ([answered, axum], _) = open("axum", N, &[]);
    assert_eq!(answered, 2 * N);
    for bodies in ["always", "no"] {
        let ([answered, ours], said) = open("onionskin", N, &[("ONIONSKIN_BODIES", bodies)]);
        assert_eq!(answered, 2 * N, "{said}");
        assert!(
            ours < axum + (4 << 10),
            "{ours} bytes of ours, {axum} of axum's"
        );
    }
}

#[test]
fn without_a_thread_the_app_serves_and_says_that_nothing_is_recorded() {
    // No stack is that large, so no thread can be made.
    let environment = [("RUST_MIN_STACK", "1000000000000000")];
    let ([answered, _], said) = open("onionskin", 10, &environment);
    assert_eq!(answered, 20);
    assert!(
        said.contains("onionskin: nothing is recorded, because its thread can't be started"),
        "{said}"
    );
}

/// What a program answers that may have so many files open at once, and what it says; none if it can't serve so.
fn with_files(program: &str, files: u32) -> Option<(Vec<u8>, String)> {
    let mut shell = command("sh", &[]);
    let script = "ulimit -n \"$1\" && exec \"$2\"";
    let mut child = shell
        .args(["-c", script, "sh", &files.to_string(), program])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let answer = (|| {
        let mut line = String::new();
        let stdout = BufReader::new(child.stdout.take()?);
        { stdout }.read_line(&mut line).ok()?;
        let mut stream = TcpStream::connect(line.trim()).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        let request = raw::request("GET / HTTP/1.1", b"");
        stream.write_all(&request).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        (!answer.is_empty()).then_some(answer)
    })();
    let mut said = String::new();
    if program == ONIONSKIN {
        // It may come later than the answer.
        let stderr = child.stderr.take().unwrap();
        let (line, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut said = String::new();
            let _ = BufReader::new(stderr).read_line(&mut said);
            let _ = line.send(said);
        });
        said = lines.recv_timeout(LONG).expect("it says something");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    Some((raw::without_date(&answer?), said))
}

#[test]
fn without_files_to_open_the_app_serves_and_says_that_nothing_is_recorded() {
    // As few as axum can do with.
    let served = (6..40).find_map(|n| Some((n, with_files(AXUM, n)?)));
    let (least, (axum, _)) = served.expect("some are enough");
    let (ours, said) = with_files(ONIONSKIN, least).expect("it serves too");
    assert_eq!(ours, axum);
    assert!(
        said.contains("onionskin: nothing is recorded, because its runtime can't be started"),
        "{said}"
    );
}

#[test]
fn of_a_panic_the_app_says_what_it_says_without_us() {
    let said_by = |program| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("said");
        let mut shell = command("sh", &[]);
        let script = "exec \"$0\" 2> \"$1\"";
        shell
            .args(["-c", script, program, file.to_str().unwrap()])
            .env("RUST_BACKTRACE", "0");
        let app = App::start_command(shell);
        ask(app.at, "GET /panic HTTP/1.1", b"");
        app.shut_down();
        let said = std::fs::read_to_string(file).unwrap();
        // Without the thread and the place, which differ from build to build.
        let lines = said.lines().filter(|line| !line.contains(" panicked at "));
        (
            said.matches(" panicked at ").count(),
            lines.collect::<Vec<_>>().join("\n"),
        )
    };
    let axum = said_by(AXUM);
    assert_eq!(axum.0, 1, "{axum:?}");
    assert_eq!(said_by(ONIONSKIN), axum);
}
