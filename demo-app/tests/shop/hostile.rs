//! Bytes that would steer a terminal, sent to the shop by everything that a client can choose, and shown.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use portable_pty::CommandBuilder;

use crate::pty::Pty;

/// A title, a clipboard, a cursor, modes, colours, a screen that is cleared, as C0 and as C1, text that runs backwards.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}]52;c;b3duZWQ=\u{7}\u{1b}[?25h\u{1b}[?1049l\u{1b}[?2004h\u{1b}[31m\
    \u{9b}2J\u{9b}?1000l\u{9d}0;owned\u{9c}\u{1b}c\u{1b}#8\u{202e}\u{2066}\u{2028}";

#[test]
fn what_clients_send_is_shown_and_steers_nothing() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bookshop"));
    command.args([
        "--port",
        "0",
        "--inspector-port",
        "0",
        "--no-visitors",
        "--data",
    ]);
    command.arg(dir.path().join("data"));
    command.env("ONIONSKIN_SOCKET", &socket);
    let mut pty = Pty::run(command, socket, Some(dir), 200, 50);
    let shop = "shop http://127.0.0.1:";
    pty.wait_for(shop);
    let screen = pty.screen();
    let port = screen.split_once(shop).unwrap().1;
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();

    // What HTTP lets through: C1 and more in a path and in a header, all of it in a body and, unescaped by the app, in a log.
    let c1: String = EVIL.chars().filter(|c| !c.is_ascii_control()).collect();
    let body = format!("reader={0}&stars=3&body={0}", encoded(EVIL));
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let json = serde_json::to_string(&[EVIL]).unwrap();
    let kind = "content-type: application/json\r\n";
    let query = encoded(EVIL);
    for (head, body, listed) in [
        (
            format!("GET /books/{c1} HTTP/1.1\r\nuser-agent: {c1}\r\n"),
            "",
            "/books/",
        ),
        (
            format!("GET /books?q={query} HTTP/1.1\r\n"),
            "",
            "/books?q=",
        ),
        (
            format!("POST /books/1/reviews HTTP/1.1\r\n{form}"),
            &body,
            "/reviews",
        ),
        (
            format!("POST /api/books HTTP/1.1\r\n{kind}"),
            &json,
            "/api/books",
        ),
        ("PUT /upload HTTP/1.1\r\n".to_owned(), EVIL, "/upload"),
    ] {
        ask(&port, &head, body);
        // They are listed in this order.
        pty.wait_for(listed);
    }

    // Each of them, from the newest on: what to search for in it, and what is seen then.
    let c0 = r"\x1b]0;owned\x07";
    for (up, (text, shown)) in [
        ("upload", "/upload"),
        ("api", "answered by require_api_key"),
        ("reader", c0),
        ("owned", c0),
        ("owned", r"\u{9b}2J\u{9b}?1000l\u{9d}0;owned\u{9c}"),
    ]
    .into_iter()
    .enumerate()
    {
        for keys in ["\x1b", "\x1b", "\x1b", "\x1b", "k"] {
            pty.type_keys(keys);
        }
        pty.type_keys(&"k".repeat(up));
        pty.type_keys("\r");
        pty.wait_for("step 1/");
        for keys in [
            "\x1b[C", "\x1b[C", "\x1b[C", "\x1b[F", "v", "v", "v", "V", "2", "4", "5", "3", "1",
        ] {
            pty.type_keys(keys);
        }
        pty.type_keys(&format!("/{text}\r"));
        pty.wait_for(shown);
    }
    let raw = pty.raw(0);
    let odd = unknown(&raw);
    assert!(odd.is_empty(), "{odd:?}");
    assert_eq!(pty.title(), "", "the title is the user's");
    assert!(pty.has_mouse(), "the modes are ours");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

/// Sends a request as it is, and reads the answer to its end.
fn ask(port: &str, head: &str, body: &str) {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let length = body.len();
    let end = "host: shop\r\nconnection: close\r\n";
    let request = format!("{head}{end}content-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 "), "{head}");
}

/// For a query or a form.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Sequences that neither ratatui nor crossterm write, with what follows them: all but moves of the cursor, colours and
/// attributes, what takes and gives back a terminal, and a cursor that is shown where something is written.
fn unknown(raw: &[u8]) -> Vec<String> {
    const TAKEN: [&str; 5] = ["?1049h", "?25l", "?1002h", "?1006h", "2J"];
    let text = String::from_utf8_lossy(raw);
    let steers = |c: &char| c.is_control() || "\u{202e}\u{2066}\u{2028}".contains(*c);
    let mut odd = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| steers(c)) {
        let rest = &text[at + c.len_utf8()..];
        let known = c == '\u{1b}'
            && rest.strip_prefix('[').is_some_and(|rest| {
                let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
                let sequence = &rest[..=end];
                let plain = sequence[..end]
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == ';');
                let is_placed = || rest[end + 1..].starts_with("\u{1b}[50;");
                TAKEN.contains(&sequence)
                    || plain && sequence.ends_with(['H', 'm'])
                    || sequence == "?25h" && is_placed()
            });
        if !known {
            odd.push(
                text[at..]
                    .chars()
                    .take(24)
                    .collect::<String>()
                    .escape_debug()
                    .to_string(),
            );
        }
    }
    odd
}
