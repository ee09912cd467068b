//! Formats, given to those who read them: a schema, a HAR library, a real shell with a real curl, a real browser.

use super::{Format, export, samples};
use onionskin::wire::Cycle;
use serde_json::Value;
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Output},
    time::{Duration, Instant},
};

fn samples() -> Vec<Cycle> {
    let mut given_up = samples::cycle();
    given_up.steps.truncate(2);
    given_up.status = None;
    let form = samples::header("content-type", b"application/x-www-form-urlencoded");
    let cookie = samples::header("cookie", b"a=1; b; c=\xff");
    let posted = samples::asked("POST", "/a?b=1&c&=d", &[form, cookie], b"x=1&y=2");
    vec![
        samples::cycle(),
        samples::hostile(),
        samples::with_addresses(),
        given_up,
        posted,
    ]
}

#[test]
fn har_is_what_its_schema_says() {
    let schema: Value = serde_json::from_str(include_str!("har-1.2.schema.json")).unwrap();
    let schema = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let all = samples();
    for cycles in [&all[..], &all[..1], &[]] {
        let har: Value = serde_json::from_slice(&export(Format::Har, cycles, false)).unwrap();
        let errors: Vec<_> = schema
            .iter_errors(&har)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut broken: Value = serde_json::from_slice(&export(Format::Har, &all, false)).unwrap();
    broken["log"]["entries"][0]["startedDateTime"] = "yesterday".into();
    assert!(!schema.is_valid(&broken));
}

#[test]
fn times_of_har_add_up() {
    let har: Value = serde_json::from_slice(&export(Format::Har, &samples(), false)).unwrap();
    for entry in har["log"]["entries"].as_array().unwrap() {
        let parts =
            ["send", "wait", "receive"].map(|part| entry["timings"][part].as_f64().unwrap());
        assert!(
            (entry["time"].as_f64().unwrap() - parts.iter().sum::<f64>()).abs() < 1e-6,
            "{entry}"
        );
    }
}

#[test]
fn a_har_library_reads_it() {
    let cycles = samples();
    let read = har::from_slice(&export(Format::Har, &cycles, false)).unwrap();
    let har::Spec::V1_2(log) = read.log else {
        panic!("it is of version 1.2")
    };
    assert_eq!(log.entries.len(), cycles.len());
    for (entry, cycle) in log.entries.iter().zip(&cycles) {
        assert_eq!(entry.request.method, cycle.method);
        assert_eq!(entry.response.status, i64::from(cycle.status.unwrap_or(0)));
    }
}

/// What a client sent, head and body.
fn receive(mut stream: TcpStream) -> (Vec<u8>, Vec<u8>) {
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        let n = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        assert!(n > 0, "the client went: {}", bytes.escape_ascii());
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let len = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    while body.len() < len.unwrap_or(0) {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "the client went");
        body.extend_from_slice(&buffer[..n]);
    }
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        .unwrap();
    (bytes, body)
}

/// Runs a command that sends a request to `host`, in an empty directory, and takes what it sends.
fn sent(cycle: &Cycle, listener: &TcpListener) -> (Vec<u8>, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let script = export(Format::Curl, std::slice::from_ref(cycle), false);
    let script = String::from_utf8(script).unwrap();
    // Not as an argument: it may be longer than one can be.
    let file = tempfile::NamedTempFile::new().unwrap();
    let whole = format!(
        "curl() {{ command curl -q -sS -o /dev/null --noproxy '*' --max-time 60 \"$@\"; }}\n{script}"
    );
    std::fs::write(file.path(), whole).unwrap();
    let mut curl = Command::new("bash")
        .arg(file.path())
        .current_dir(dir.path())
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("bash and curl are there");
    listener.set_nonblocking(true).unwrap();
    let stream = loop {
        if let Ok((stream, _)) = listener.accept() {
            break stream;
        }
        if curl.try_wait().unwrap().is_some() {
            panic!("{script}\n{:?}", curl.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    stream.set_nonblocking(false).unwrap();
    let received = receive(stream);
    let output = curl.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        0,
        "something else ran"
    );
    received
}

#[test]
fn a_real_curl_sends_the_same_bytes_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let on_host = |mut cycle: Cycle| {
        let text = serde_json::to_string(&cycle).unwrap();
        cycle = serde_json::from_str(&text.replace("localhost:3000", &host)).unwrap();
        cycle
    };
    let local = samples::header("host", b"localhost:3000");
    let accept = samples::header("accept", b"*/*");
    let agent = samples::header("user-agent", b"x");
    let whole = |method: &str, target: &str, more: &[onionskin::wire::Header], body: &[u8]| {
        let headers = [&[local.clone(), accept.clone(), agent.clone()], more].concat();
        samples::asked(method, target, &headers, body)
    };
    for cycle in [
        samples::hostile(),
        whole("GET", "/", &[], b""),
        whole("HEAD", "/?a=[1]&b={2}", &[], b""),
        whole("OPTIONS", "*", &[], b""),
        whole("DELETE", "/a/../b/./c", &[], b""),
        whole(
            "PATCH",
            "/",
            &[samples::header("content-type", b"text/plain")],
            b"@/etc/passwd",
        ),
        whole("POST", "/%00%ff", &[], b"\0\xff\n\r'\"\\%s"),
        whole(
            "POST",
            "/",
            &[samples::header("x-a", b"'; touch pwned; '")],
            "snö\n".as_bytes(),
        ),
        whole("PUT", "/", &[], &b"%\\x\0".repeat(20_000)),
    ] {
        let cycle = on_host(cycle);
        let (head, body) = sent(&cycle, &listener);
        let raw = export(Format::HttpRequest, std::slice::from_ref(&cycle), false);
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        let lines = |head: &[u8]| {
            let mut lines: Vec<_> = head
                .split(|b| *b == b'\n')
                .map(|line| line.trim_ascii().to_vec())
                .filter(|line| !line.to_ascii_lowercase().starts_with(b"content-length:"))
                .collect();
            // curl sends `Host:` and the others as it is told, in its own order.
            for line in &mut lines[1..] {
                let name = line.iter().position(|b| *b == b':').unwrap_or(0);
                line[..name].make_ascii_lowercase();
            }
            lines[1..].sort();
            lines
                .into_iter()
                .map(|line| line.escape_ascii().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&head), lines(&raw[..end]), "{}", cycle.target);
        assert!(body == raw[end..], "{} {}", cycle.method, cycle.target);
    }
}

#[test]
fn words_of_httpie_are_those_that_were_meant() {
    let script = String::from_utf8(export(Format::Httpie, &[samples::hostile()], false)).unwrap();
    let output = Command::new("bash")
        .arg("-c")
        .arg(format!("http() {{ printf '%s\\0' \"$@\"; }}\n{script}"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let words: Vec<_> = output
        .stdout
        .split(|b| *b == 0)
        .map(|w| String::from_utf8_lossy(w).into_owned())
        .collect();
    for word in [
        "--path-as-is",
        "POST",
        "x-empty;",
        "x-at:\\@/etc/passwd",
        "x-json:\\:=1",
        "x`id`'$:!!",
        "accept:",
    ] {
        assert!(words.iter().any(|w| w == word), "{word}: {words:#?}");
    }
    assert!(
        script.contains("HTTPie has no way to say 1 of the headers"),
        "{script}"
    );
}

fn dump(page: &std::path::Path) -> Option<String> {
    let profile = tempfile::tempdir().unwrap();
    let browser = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .into_iter()
    .find(|path| std::path::Path::new(path).exists());
    let Some(browser) = browser else {
        assert!(
            std::env::var_os("CI").is_none(),
            "install chromium: the page that replays a cycle is tested in it"
        );
        eprintln!("skipped: there is no chromium");
        return None;
    };
    let started = Instant::now();
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--virtual-time-budget=4000",
            "--dump-dom",
        ])
        .args(["--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}#2", page.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(status.success(), "after {:?}: {said}", started.elapsed());
    assert!(!said.contains("CONSOLE"), "{said}");
    Some(String::from_utf8(stdout).unwrap())
}

#[test]
fn a_real_browser_replays_the_page_and_runs_nothing_of_the_data() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cycle.html");
    let cycle = samples::hostile();
    std::fs::write(
        &file,
        export(Format::Html, std::slice::from_ref(&cycle), false),
    )
    .unwrap();
    let Some(dom) = dump(&file) else { return };
    let title = dom
        .split_once("<title>")
        .unwrap()
        .1
        .split_once("</title>")
        .unwrap()
        .0;
    assert!(title.starts_with("POST /books/"), "{title}");
    assert!(dom.contains("step 2 of 3"), "{dom}");
    // The hostile name of the layer stands there as text, in the timeline and in the step.
    assert!(
        dom.contains("&lt;/script&gt;&lt;script&gt;document.title='pwned'"),
        "{dom}"
    );
    assert_eq!(dom.to_lowercase().matches("<script").count(), 2);
    assert!(dom.contains("<td>") && dom.contains("x-hostile"));
}
