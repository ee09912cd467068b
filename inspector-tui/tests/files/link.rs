//! `--link`: apps by TCP, and where an inspector runs already.

use crate::command::Place;

#[test]
fn an_app_is_told_where_and_the_key_and_it_stays() {
    let place = Place::new();
    let args = ["run", "--headless", "--link=0", "--", "true"];
    let key = || {
        let (text, code) = place.said(&args);
        assert_eq!(code, Some(0), "{text}");
        let (_, link) = text.split_once("ONIONSKIN_LINK=tcp://").unwrap();
        let (key, host) = link.split_once('@').unwrap();
        assert!(host.starts_with("127.0.0.1:"), "{text}");
        assert!(!text.contains("not encrypted"), "{text}");
        key.to_owned()
    };
    let first = key();
    assert_eq!(first.len(), 32);
    assert_eq!(key(), first, "containers are told it by hand");
    let (text, _) = place.said(&["run", "--headless", "--link=0.0.0.0:0", "--", "true"]);
    assert!(text.contains("is not encrypted"), "{text}");
    assert!(text.contains("in place of 0.0.0.0:"), "{text}");
}

#[test]
fn an_inspector_that_listens_elsewhere_is_not_taken_for_one_that_does_there() {
    let place = Place::new();
    let _running = place.inspector(None);
    let (text, code) = place.said(&["run", "--link", "--", "touch", "made"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("start it with --link"), "{text}");
    assert!(!place.path("made").exists(), "nothing is begun");
}

#[test]
fn an_app_that_is_started_here_is_watched_here() {
    let place = Place::new();
    let elsewhere = "tcp://000102030405060708090a0b0c0d0e0f@192.0.2.1:1";
    let seen = [
        "run",
        "--headless",
        "--",
        "sh",
        "-c",
        "echo \"<$ONIONSKIN_LINK>\"",
    ];
    let output = place
        .command(&seen)
        .env("ONIONSKIN_LINK", elsewhere)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("<>"), "{said}");
}

#[test]
fn a_key_that_is_none_is_refused() {
    let place = Place::new();
    let output = place
        .command(&["--headless", "--link=0"])
        .env("ONIONSKIN_LINK_KEY", "short")
        .output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("32 hexadecimal digits"), "{said}");
}
