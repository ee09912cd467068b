//! What holds for all formats; `readers` gives them to others.

mod readers;

use super::*;
use onionskin::wire::Octets;

fn export(format: Format, cycles: &[Cycle], redact: bool) -> Vec<u8> {
    let mut exporter = Exporter::new(format, redact);
    let mut out: Vec<u8> = cycles.iter().flat_map(|c| exporter.add(c)).collect();
    out.extend(exporter.end());
    out
}

fn text(format: Format, cycle: &Cycle) -> String {
    String::from_utf8_lossy(&export(format, std::slice::from_ref(cycle), false)).into_owned()
}

#[test]
fn formats_of_one_hold_one_and_the_others_all() {
    let cycles = [samples::cycle(), samples::hostile()];
    for format in Format::ALL {
        let mut exporter = Exporter::new(format, false);
        let second = cycles.iter().map(|c| exporter.add(c)).last().unwrap();
        assert_eq!(second.is_empty(), !format.holds_many(), "{format}");
        assert_eq!(exporter.written(), if format.holds_many() { 2 } else { 1 });
    }
}

#[test]
fn json_is_json_with_no_cycle_one_and_many() {
    for n in 0..3 {
        let cycles = vec![samples::hostile(); n];
        for (format, list) in [
            (Format::Har, "/log/entries"),
            (Format::Trace, "/traceEvents"),
            (Format::Otlp, "/resourceSpans"),
        ] {
            let value: serde_json::Value =
                serde_json::from_slice(&export(format, &cycles, false)).unwrap();
            let list = value.pointer(list).unwrap().as_array().unwrap();
            assert!(list.len() >= n && (n > 0) != list.is_empty(), "{format}");
        }
        assert_eq!(
            export(Format::Jsonl, &cycles, false)
                .split(|b| *b == b'\n')
                .count(),
            n + 1
        );
    }
    let line = export(Format::Jsonl, &[samples::hostile()], false);
    assert_eq!(
        serde_json::from_slice::<Cycle>(&line).unwrap(),
        samples::hostile()
    );
}

#[test]
fn otlp_json_holds_all_of_a_cycle_but_the_heads_of_its_bodies() {
    use onionskin::spans;
    let mut cycles = [samples::cycle(), samples::hostile()];
    cycles[1].id = format!("{}-8", cycles[1].run);
    let file: serde_json::Value =
        serde_json::from_slice(&export(Format::Otlp, &cycles, false)).unwrap();
    let batches = spans::from_json(&file).unwrap();
    assert_eq!(batches[0].service(), Some(&*cycles[0].app));
    let found = spans::decode(batches.iter().flat_map(|batch| &batch.spans));
    let back: Vec<_> = found.into_iter().map(|one| one.cycle.unwrap()).collect();
    let wanted: Vec<_> = cycles.iter().map(spans::without_bodies).collect();
    assert_eq!(back, wanted);
}

#[test]
fn addresses_are_masked_in_every_format() {
    let cycle = samples::with_addresses();
    for format in Format::ALL {
        let plain = export(format, std::slice::from_ref(&cycle), false);
        let masked = export(format, std::slice::from_ref(&cycle), true);
        let contains =
            |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(
            samples::ADDRESSES.iter().any(|a| contains(&plain, a)),
            "{format}"
        );
        for address in samples::ADDRESSES {
            assert!(!contains(&masked, address), "{format}: {address}");
        }
    }
}

#[test]
fn what_was_masked_at_capture_stays_masked_and_is_said() {
    let masked = onionskin::wire::Header {
        redacted: true,
        ..samples::header("authorization", b"Bearer [redacted #12ab]")
    };
    let cycle = samples::asked("GET", "/", &[masked], b"");
    for format in [
        Format::Curl,
        Format::Httpie,
        Format::Markdown,
        Format::Har,
        Format::Html,
    ] {
        let text = text(format, &cycle);
        assert!(text.contains("Bearer [redacted #12ab]"), "{format}: {text}");
        assert!(
            text.contains("masked when they were recorded"),
            "{format}: {text}"
        );
    }
    let notes = notes(Format::HttpRequest, &cycle);
    assert!(notes[0].contains("masked"), "{notes:?}");
}

#[test]
fn bytes_go_out_as_they_came() {
    let cycle = samples::hostile();
    let raw = export(Format::HttpRequest, &[cycle], false);
    let mut expected = b"POST /books/%7B7%7D?q='$(id)'&x=[1]{2}!~/../y HTTP/1.1\r\n".to_vec();
    assert!(raw.starts_with(&expected));
    expected.clear();
    expected.extend(b"\r\n\r\n");
    expected.extend(0..=255u8);
    assert!(raw.ends_with(&expected));
    let value: Vec<u8> = (0x21..=0xff).filter(|b| *b != 0x7f).collect();
    assert!(raw.windows(value.len()).any(|window| window == value));
    let response = text(Format::HttpResponse, &samples::cycle());
    assert!(
        response.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n\0"),
        "{response:?}"
    );
}

#[test]
fn a_body_that_was_not_kept_whole_says_so() {
    let mut cycle = samples::asked("POST", "/", &[], b"head");
    cycle.bodies[1].len = 5000;
    for format in [Format::Curl, Format::Httpie, Format::Markdown, Format::Har] {
        assert!(
            text(format, &cycle).contains("only the first 4 B of the body were kept, of 4.88 KiB"),
            "{format}"
        );
    }
}

#[test]
fn a_cycle_that_contradicts_itself_or_has_no_response_is_exported_all_the_same() {
    let mut broken = samples::cycle();
    broken.steps[2].seq = 9;
    let mut given_up = samples::cycle();
    given_up.steps.truncate(2);
    given_up.status = None;
    let mut empty = samples::cycle();
    empty.steps.clear();
    for cycle in [broken, given_up, empty] {
        for format in Format::ALL {
            let text = text(format, &cycle);
            if format != Format::HttpResponse {
                assert!(text.contains("/books/7"), "{format}: {text}");
            }
        }
    }
}

#[test]
fn nothing_in_text_formats_steers_a_terminal() {
    for format in [Format::Curl, Format::Httpie, Format::Markdown] {
        let text = text(format, &samples::hostile());
        for line in text.lines() {
            assert_eq!(onionskin::text::escape(line), line, "{format}");
        }
    }
}

#[test]
fn a_har_file_is_read_back_as_edges() {
    let mut cycle = samples::asked(
        "POST",
        "/a?b=1",
        &[
            samples::header("host", b"h:1"),
            samples::header("x-a", b"1"),
            samples::header("x-a", b"2"),
        ],
        b"\x00\xff",
    );
    cycle.bodies[0].head = Octets(b"text".to_vec());
    let har = export(Format::Har, &[cycle.clone(), samples::cycle()], false);
    let read = read_har(&har, "00000000000a").unwrap();
    assert_eq!(read.len(), 2);
    let again = &read[0];
    assert_eq!(
        (&*again.method, &*again.target, again.status),
        ("POST", "/a?b=1", Some(200))
    );
    assert_eq!(again.started_unix_us, cycle.started_unix_us);
    assert_eq!(again.duration_ns, cycle.duration_ns);
    assert!(
        onionskin::text::timeline(again)
            .to_string()
            .contains(har::read::UNSEEN)
    );
    let raw = |cycle: &Cycle, format| export(format, std::slice::from_ref(cycle), false);
    for format in [Format::HttpRequest, Format::HttpResponse] {
        assert_eq!(raw(again, format), raw(&cycle, format));
    }
}

#[test]
fn a_har_file_of_others_is_read_and_its_credentials_masked() {
    let file = r#"{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"1"},"entries":[
        {"startedDateTime":"2025-11-21T13:01:07.411+01:00","time":-1,
         "request":{"method":"GET","url":"https://ann:canary@example.org?x=1&token=canary#top","httpVersion":"h2","headers":[{"name":":path","value":"/"},{"name":"Cookie","value":"sid=canary"}],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0,
           "postData":{"mimeType":"application/json","text":"{\"password\":\"canary\"}"}},
         "response":{"status":0,"statusText":"","httpVersion":"","headers":[],"cookies":[],"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"","headersSize":-1,"bodySize":-1},
         "cache":{},"timings":{"send":-1,"wait":-1,"receive":-1}}]}}"#;
    let read = read_har(format!("\u{feff}{file}").as_bytes(), "00000000000a").unwrap();
    assert_eq!(
        (&*read[0].target, read[0].status, &*read[0].app),
        ("/?x=1&token=[redacted]", None, "HAR of WebInspector")
    );
    assert!(!serde_json::to_string(&read).unwrap().contains("canary"));
    assert!(text(Format::Curl, &read[0]).contains("http://example.org/"));
    let long = file.replace("\"send\":-1,\"wait\":-1", "\"send\":1,\"wait\":1e300");
    let long = long.replace("\"time\":-1", "\"time\":2");
    let times = |cycle: &Cycle| cycle.steps.iter().map(|s| s.t_ns).collect::<Vec<_>>();
    let long = read_har(long.as_bytes(), "00000000000a").unwrap();
    assert_eq!(times(&long[0]), [0, 1_000_000, 1_000_000, 2_000_000]);
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"log":{}}"#,
        &file.replace("2025-11", "2025-99"),
    ] {
        let error = read_har(bad.as_bytes(), "00000000000a").unwrap_err();
        assert!(error.to_string().contains("HAR file"), "{error}");
    }
}
