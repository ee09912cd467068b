//! The decoder, the fold and the text of a cycle take whatever bytes come.

use crate::{
    app::{App, BODIES, command},
    raw::{Act, LONG, ask, converse},
};
use onionskin::{
    codec::{Tables, decode},
    link::protocol::{Hello, MAX_MESSAGE, Message, Welcome, kind},
    replay::Replay,
    text::timeline,
    wire::{Side, WIRE_VERSION},
};
use onionskin_tests::random::Random;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    panic::catch_unwind,
};

const MUTATIONS: u64 = 60_000;

/// An inspector that only listens: the frames of the next `cycles` cycles, and what is needed to read them.
fn listen(
    listener: &UnixListener,
    cycles: usize,
    traffic: impl FnOnce(),
) -> (Vec<Vec<u8>>, Tables) {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let hello: Hello = serde_json::from_str(&line).unwrap();
    assert_eq!((&*hello.onionskin, hello.wire), ("link", WIRE_VERSION));
    let welcome = Welcome {
        onionskin: "link".into(),
        wire: WIRE_VERSION,
        next: 0,
    };
    let mut welcome = serde_json::to_vec(&welcome).unwrap();
    welcome.push(b'\n');
    reader.get_mut().write_all(&welcome).unwrap();
    traffic();
    let mut tables = Tables {
        app: hello.app,
        run: hello.run,
        ..Tables::default()
    };
    let mut frames = Vec::new();
    while frames.len() < cycles {
        let (kind, payload) = frame(&mut reader);
        if kind == kind::CYCLE {
            frames.push(payload);
            continue;
        }
        match serde_json::from_slice(&payload).unwrap() {
            Message::Site { site } => drop(tables.sites.insert(site.id, site)),
            Message::Types { from, names } => {
                assert_eq!(from as usize, tables.types.len());
                tables.types.extend(names);
            }
            Message::Stack { stack } => tables.stack = Some(stack),
            _ => {}
        }
    }
    (frames, tables)
}

fn frame(reader: &mut BufReader<UnixStream>) -> (u8, Vec<u8>) {
    let mut len = [0; 4];
    reader.read_exact(&mut len).unwrap();
    let len = u32::from_le_bytes(len) as usize;
    assert!((1..=MAX_MESSAGE).contains(&len));
    let mut bytes = vec![0; len];
    reader.read_exact(&mut bytes).unwrap();
    (bytes[0], bytes.split_off(1))
}

/// Frames of all kinds of cycles.
fn real_frames() -> (Vec<Vec<u8>>, Tables) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let app = App::attached(&socket);
    let cases: Vec<_> = crate::requests::cases()
        .into_iter()
        // Long ones are like short ones, and each mutation has less of a chance to matter.
        .filter(|case| !["echo", "long path", "100 long headers"].contains(&case.name))
        .collect();
    let cycles = cases.iter().map(|case| case.cycles).sum::<u64>() as usize;
    listen(&listener, cycles, || {
        for case in &cases {
            drop(converse(app.at, &case.acts));
        }
    })
}

fn mutate(random: &mut Random, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut frame = random.of(frames).clone();
    let byte = |random: &mut Random| match random.below(4) {
        0 => 0xff,
        1 => 0x80,
        2 => 0,
        _ => random.any() as u8,
    };
    match random.below(7) {
        0 => frame.truncate(random.below(frame.len())),
        1 => {
            let cut = random.below(frame.len());
            let other = random.of(frames);
            let from = random.below(other.len());
            frame.truncate(cut);
            frame.extend_from_slice(&other[from..]);
        }
        2 => {
            let at = random.below(frame.len());
            for _ in 0..=random.below(9) {
                let new = byte(random);
                frame.insert(at, new);
            }
        }
        3 => {
            let len = random.below(200);
            frame = (0..len).map(|_| byte(random)).collect();
            if random.percent(80) {
                frame.insert(0, frames[0][0]);
            }
        }
        4 => drop(frame.drain(random.below(frame.len())..).next()),
        _ => {
            for _ in 0..=random.below(4) {
                let at = random.below(frame.len());
                match random.percent(50) {
                    true => frame[at] ^= 1 << random.below(8),
                    false => frame[at] = byte(random),
                }
            }
        }
    }
    frame
}

#[test]
fn no_bytes_make_the_decoder_panic() {
    let (frames, tables) = real_frames();
    let mut decoded = 0;
    for frame in &frames {
        let cycle = decode(frame, &tables).unwrap();
        Replay::new(&cycle).unwrap();
        // What is whole is not whole with a byte less, or more.
        for cut in 0..frame.len() {
            assert!(decode(&frame[..cut], &tables).is_err());
        }
        assert!(decode(&[&frame[..], &[0]].concat(), &tables).is_err());
    }
    let first = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
    for seed in first..first + MUTATIONS {
        let bytes = mutate(&mut Random::new(seed), &frames);
        let survived = catch_unwind(|| match decode(&bytes, &tables) {
            Ok(cycle) => {
                // Replay may refuse; it may not panic. Neither may the text.
                drop(Replay::new(&cycle));
                drop(timeline(&cycle).to_string());
                true
            }
            Err(_) => false,
        });
        decoded += u64::from(survived.unwrap_or_else(|_| panic!("SEED={seed}")));
    }
    assert!(
        decoded > MUTATIONS / 50,
        "only {decoded} could be read at all"
    );
}

#[test]
fn bodies_that_are_equal_are_on_the_link_once() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let environment = [
        ("ONIONSKIN_SOCKET", socket.to_str().unwrap()),
        ("ONIONSKIN_BODIES", "always"),
    ];
    let mut app = command(BODIES, &environment);
    app.args(["onionskin", "serve"]);
    let app = App::start_command(app);
    let said = vec![b'x'; 20_000];
    let (frames, tables) = listen(&listener, 1, || {
        let answer = ask(app.at, "POST /again HTTP/1.1", &said);
        assert!(answer.ends_with(&said));
    });
    let cycle = decode(&frames[0], &tables).unwrap();
    let [request, response] = &cycle.bodies[..] else {
        panic!("{:?}", cycle.bodies);
    };
    assert_eq!(
        (request.side, response.side),
        (Side::Request, Side::Response)
    );
    for body in [request, response] {
        assert_eq!((body.len, &body.head.0), (20_000, &said));
    }
    let len = frames[0].len();
    assert!(len < 25_000, "{len} bytes");
}

#[test]
fn a_json_line_is_enough_to_say_hello() {
    // What an app says first is one line that other languages can write; see `link::protocol`.
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let app = App::attached(&socket);
    let (frames, tables) = listen(&listener, 1, || drop(ask(app.at, "GET / HTTP/1.1", b"")));
    let cycle = decode(&frames[0], &tables).unwrap();
    assert_eq!(
        (&*cycle.app, cycle.number, cycle.status),
        ("app-onionskin", 1, Some(200))
    );
    drop(Act::Leave);
}
