//! Formats, outputs, exit codes.

use crate::{
    command::Place,
    fixture::{RUN, cycle},
};
use onionskin::wire::Cycle;
use std::fs;

/// A place with ten cycles as JSON lines, which `open` and `export` read as they read a recording.
fn place() -> Place {
    let place = Place::new();
    let lines: Vec<_> = (1..=10)
        .map(|n| serde_json::to_string(&cycle(RUN, n)).unwrap())
        .collect();
    fs::write(place.path("ten.jsonl"), lines.join("\n")).unwrap();
    place
}

#[test]
fn a_file_is_exported_by_filter_and_by_id() {
    let place = place();
    let har = place.out(&["export", "ten.jsonl", "-f", "har"]);
    let har: serde_json::Value = serde_json::from_str(&har).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 10);
    let curl = place.out(&[
        "export",
        "ten.jsonl",
        "-f",
        "curl",
        "--filter",
        "path:/books/7",
    ]);
    assert_eq!(curl.matches("curl ").count(), 1);
    assert!(curl.contains("http://localhost:3000/books/7"), "{curl}");
    let last = place.out(&["export", "ten.jsonl", "-f", "markdown", "--id", "last"]);
    assert!(last.starts_with("# `GET /books/10`: 200"), "{last}");
    place.out(&["export", "ten.jsonl", "-o", "x.trace.json"]);
    let trace: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("x.trace.json")).unwrap()).unwrap();
    assert!(trace["traceEvents"].as_array().unwrap().len() > 20);
    place.out(&[
        "export",
        "ten.jsonl",
        "-o",
        "one.html",
        "--id",
        &format!("{RUN}-3"),
    ]);
    assert!(
        fs::read_to_string(place.path("one.html"))
            .unwrap()
            .contains("Content-Security-Policy")
    );
}

#[test]
fn exit_codes_tell_what_happened() {
    let place = place();
    for (args, code, wanted) in [
        (
            &["export", "ten.jsonl", "-f", "har", "--filter", "status:404"][..],
            3,
            "no cycle matches",
        ),
        (
            &["export", "ten.jsonl", "-f", "har", "--id", "x-1"],
            3,
            "no cycle matches",
        ),
        (
            &[
                "export",
                "ten.jsonl",
                "-o",
                "none.har",
                "--filter",
                "status:404",
            ],
            3,
            "nothing was written",
        ),
        (&["export", "ten.jsonl", "-f", "pdf"], 2, "har"),
        (&["export", "ten.jsonl", "-f", "html"], 2, "--id last"),
        (&["export", "ten.jsonl"], 2, "--format"),
        (&["export", "ten.jsonl", "-o", "x.pdf"], 2, "--format"),
        (
            &["export", "ten.jsonl", "-f", "har", "--filter", "status:("],
            2,
            "^",
        ),
        (&["export", "-f", "har"], 1, "no inspector is running"),
        (&["send"], 2, "say where to send it"),
        (
            &["attach", "localhost:7335"],
            2,
            "not the URL of an inspector",
        ),
        (
            &["attach", "--headless", "http://127.0.0.1:1/#token=x"],
            1,
            "can't reach the inspector at http://127.0.0.1:1: Connection refused",
        ),
        (
            &["export", "ten.jsonl", "-o", "missing/x.har"],
            1,
            "can't write to missing: No such file or directory (os error 2)\n",
        ),
        (
            &["open", "ten.jsonl", "--print", "x-1"],
            3,
            "there is no cycle x-1",
        ),
        (&["show", "x-1", "ten.jsonl"], 3, "there is no cycle x-1"),
        (
            &[
                "merge",
                "ten.jsonl",
                "-o",
                "none.har",
                "--filter",
                "status:404",
            ],
            3,
            "no cycle matches; none.har is not made",
        ),
        (
            &["merge", "ten.jsonl", "-o", "missing/r.onionskin"],
            1,
            "can't make missing/r.onionskin: No such file or directory (os error 2)\n",
        ),
        (
            &["open", "http://localhost:16686"],
            2,
            "jaeger:http://HOST:16686",
        ),
    ] {
        let output = place.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}: half a file is none");
    }
    assert!(!place.path("none.har").exists());
}

#[test]
fn one_cycle_of_a_file_is_printed_as_text_and_as_json() {
    let place = place();
    let id = format!("{RUN}-3");
    let shown = place.out(&["open", "ten.jsonl", "--print", &id]);
    assert!(shown.contains("GET /books/3"), "{shown}");
    let json = place.out(&["open", "ten.jsonl", "--print", &id, "--json"]);
    assert_eq!(serde_json::from_str::<Cycle>(&json).unwrap(), cycle(RUN, 3));
}

#[test]
fn where_a_link_leads_is_written_and_a_pipe_takes_what_comes() {
    let place = place();
    fs::write(place.path("old.har"), "old").unwrap();
    std::os::unix::fs::symlink("old.har", place.path("newest.har")).unwrap();
    place.out(&["export", "ten.jsonl", "-o", "newest.har"]);
    assert!(place.path("newest.har").is_symlink());
    let har = fs::read_to_string(place.path("old.har")).unwrap();
    assert!(har.starts_with('{'), "{har}");

    let pipe = place.path("pipe.har");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    place.out(&["export", "ten.jsonl", "-o", "pipe.har"]);
    assert!(!pipe.is_file(), "it is still a pipe");
    assert_eq!(reader.join().unwrap(), har);
}

#[test]
fn what_is_no_file_is_read_once_and_to_no_end() {
    let place = place();
    let run = |args: &str| {
        let script = format!("ulimit -v 8000000; cat ten.jsonl | timeout -k 5 300 \"$0\" {args}");
        let own = place.command(&[]);
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &script]).arg(own.get_program());
        bash.current_dir(place.path("")).output().unwrap()
    };
    let output = run("show last /dev/stdin");
    let (shown, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(shown.contains("GET /books/10"), "{said}");
    let output = run("show last /dev/zero");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/dev/zero is no recording"), "{said}");
}

#[test]
fn who_reads_the_output_may_stop() {
    let place = place();
    for args in [
        "export ten.jsonl -f har",
        "export ten.jsonl -f jsonl",
        "open ten.jsonl --print last",
        "open ten.jsonl --port 0 --json",
    ] {
        let script = format!("\"$0\" {args} | head -c 9; exit ${{PIPESTATUS[0]}}");
        let own = place.command(&[]);
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &script]).arg(own.get_program());
        let output = bash.current_dir(place.path("")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args}: {said}");
        assert_eq!(output.stdout.len(), 9, "{args}");
        assert!(!said.contains("roken pipe"), "{said}");
    }
}
