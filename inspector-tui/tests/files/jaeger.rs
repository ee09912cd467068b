//! Cycles in a real Jaeger, and back by the command.

use crate::{
    command::Place,
    fixture::{RUN, cycle},
    real_jaeger::{Kind, RealJaeger},
};
use onionskin::{
    otel::{Outlet, Protocol, Settings},
    spans::{self, Content, Flaw, Options, SpanId, TraceId, encode, trace_of, without_bodies},
    wire::{Cycle, Mark, MarkKind},
};
use onionskin_web::{
    Client,
    jaeger::{Jaeger, Search},
    model::Relation,
};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Stdio,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a file to where OTLP is taken over HTTP, as `curl` does.
fn upload(base: &str, json: &str) -> String {
    let host = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        json.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(json.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn grpc_to(jaeger: &RealJaeger) -> Outlet {
    Outlet::new(Settings::new(&jaeger.grpc(), Protocol::Grpc).unwrap()).unwrap()
}

/// A file of OTLP JSON is taken, and all of it comes back equal.
async fn a_file_is_uploaded_to(kind: Kind) {
    let Some(jaeger) = RealJaeger::start(kind).await else {
        return;
    };
    let place = Place::new();
    let cycles: Vec<Cycle> = (1..=10).map(|number| cycle(RUN, number)).collect();
    let lines: Vec<_> = cycles
        .iter()
        .map(|cycle| serde_json::to_string(cycle).unwrap())
        .collect();
    std::fs::write(place.path("ten.jsonl"), lines.join("\n")).unwrap();
    place.out(&["export", "ten.jsonl", "-o", "ten.otlp.json"]);
    let json = std::fs::read_to_string(place.path("ten.otlp.json")).unwrap();
    let answer = upload(&jaeger.http(), &json);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let client = Jaeger::new(&jaeger.ui()).unwrap();
    for original in &cycles {
        let trace = client.whole_trace(trace_of(original).0, PATIENCE).await;
        let trace = trace.unwrap().expect("it is there");
        assert_eq!(trace.batches[0].service(), Some(&*original.app));
        let found = trace.cycles().remove(0);
        assert_eq!(found.cycle.unwrap(), without_bodies(original));
    }

    let from = format!("jaeger:{}", jaeger.ui());
    let args = [
        "open", &from, "--since", "9999d", "--port", "0", "--json", "--count", "10",
    ];
    let opened = place.out(&args);
    let opened: Vec<Cycle> = opened
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: Vec<_> = opened.iter().map(|cycle| cycle.number).collect();
    assert_eq!(
        numbers,
        Vec::from_iter(1..=10),
        "in the order in which they came"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_to_the_1_line() {
    a_file_is_uploaded_to(Kind::One).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_to_the_2_line() {
    a_file_is_uploaded_to(Kind::TwoMemory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_cycle_a_part_of_one_and_a_trace_of_others() {
    let Some(jaeger) = RealJaeger::start(Kind::TwoBadger).await else {
        return;
    };
    let mut large = cycle(RUN, 1);
    let last = large.steps.len() as u32 - 1;
    let long = "9 MB in pieces of ö, so that no request over gRPC takes all of it ".repeat(2000);
    let mark = Mark {
        t_ns: large.duration_ns,
        after: last,
        inside: None,
        what: MarkKind::Error { chain: vec![long] },
    };
    large.marks.extend(std::iter::repeat_n(mark, 70));
    let mut part = large.clone();
    (part.number, part.id) = (
        part.number + 1000,
        format!("{}-{}", part.run, part.number + 1000),
    );
    part.marks.truncate(3);

    let options = Options {
        content: Content::Bodies,
        ..Options::default()
    };
    let spans = encode(&large, &options);
    let mut some = encode(&part, &options);
    let carries = some.iter().rposition(|span| !span.events.is_empty());
    some.remove(carries.unwrap());
    let mut foreign = encode(&part, &Options::default());
    foreign.truncate(2);
    for (i, span) in foreign.iter_mut().enumerate() {
        span.trace = TraceId([9; 16]);
        span.name = format!("foreign {i}");
        span.attributes.clear();
        span.events.clear();
    }
    let outlet = grpc_to(&jaeger);
    let service = [spans::Attribute::new("service.name", "bank")];
    let given = vec![spans, some, foreign];
    let count: usize = given.iter().map(Vec::len).sum();
    let sent = outlet.send(&service, given, PATIENCE).await.unwrap();
    assert!(sent.requests > 2 && sent.refused.is_empty(), "{sent:?}");
    assert_eq!(sent.spans, count as u64);

    let client = Jaeger::new(&jaeger.ui()).unwrap();
    let trace = client
        .whole_trace(trace_of(&large).0, PATIENCE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(trace.cycles()[0].cycle.as_ref(), Ok(&large));

    let incomplete = client
        .whole_trace(trace_of(&part).0, Duration::from_secs(2))
        .await
        .unwrap()
        .unwrap();
    let flaw = incomplete.cycles().remove(0).cycle.unwrap_err();
    assert!(
        matches!(flaw, Flaw::Incomplete { have, of: Some(of) } if have < of),
        "{flaw}"
    );

    let place = Place::new();
    let open = |id: TraceId, json: bool| {
        let (url, id) = (format!("jaeger:{}", jaeger.ui()), id.to_string());
        let mut command = place.command(&["open", &url, "--print", &id]);
        command.args(json.then_some("--json"));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (good, shown, said) = open(trace_of(&large).0, true);
    assert!(good, "{said}");
    assert_eq!(serde_json::from_str::<Cycle>(&shown).unwrap(), large);
    let (good, shown, _) = open(trace_of(&large).0, false);
    assert!(good && shown.contains(&large.target), "{shown}");
    let (good, _, said) = open(trace_of(&part).0, false);
    assert!(!good && said.contains("events are there"), "{said}");
    let (good, shown, _) = open(TraceId([9; 16]), false);
    assert!(
        good && shown.contains("no deltas") && shown.contains("foreign 1"),
        "{shown}"
    );
    let (good, _, said) = open(TraceId([8; 16]), false);
    assert!(!good && said.contains("has no trace"), "{said}");

    // What is not as it was asked for, and where no Jaeger answers.
    let end = |url: &str, more: &[&str]| {
        let url = format!("jaeger:{url}");
        let output = place.run(&[&["open", &url], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let nine = TraceId([9; 16]).to_string();
    let ui = jaeger.ui();
    let (code, said) = end(&ui, &["--service", "bank", "--attribute", "no=such"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("--since 1d"), "{said}");
    let (code, said) = end(&ui, &["--service", "nobody"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("knows no service \"nobody\", but bank"),
        "{said}"
    );
    let (code, said) = end(&ui, &["--print", &TraceId([8; 16]).to_string()]);
    assert_eq!(code, Some(3), "{said}");
    for more in [&[][..], &["--print", &nine]] {
        let (code, said) = end(&jaeger.http(), more);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("is no Jaeger"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_of_other_apps_alone_are_named_with_the_way_to_see_them() {
    let Some(jaeger) = RealJaeger::start(Kind::One).await else {
        return;
    };
    let mut foreign = encode(&cycle(RUN, 1), &Options::default());
    foreign.truncate(1);
    foreign[0].trace = TraceId([9; 16]);
    foreign[0].attributes.clear();
    foreign[0].events.clear();
    // Now: a search looks back an hour.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    foreign[0].start = now.unwrap().as_nanos() as u64;
    foreign[0].end = foreign[0].start + 5;
    let outlet = grpc_to(&jaeger);
    let service = [spans::Attribute::new("service.name", "bank")];
    outlet
        .send(&service, vec![foreign], PATIENCE)
        .await
        .unwrap();
    let client = Jaeger::new(&jaeger.ui()).unwrap();
    client
        .whole_trace(TraceId([9; 16]), PATIENCE)
        .await
        .unwrap();

    let (place, url) = (Place::new(), format!("jaeger:{}", jaeger.ui()));
    let output = place.run(&["open", &url]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let command = format!("onionskin open {url} --print {}", TraceId([9; 16]));
    assert!(
        said.contains("1 trace of other apps") && said.contains(&command),
        "{said}"
    );
}

#[test]
fn a_url_that_is_none_of_a_jaeger_says_what_one_is() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("jaeger:http://{}", free.local_addr().unwrap());
    drop(free);
    for (args, code, wanted) in [
        (
            &["open", "jaeger:"][..],
            2,
            "such as http://127.0.0.1:16686",
        ),
        (
            &["open", "jaeger:localhost:16686"],
            2,
            "such as http://127.0.0.1:16686",
        ),
        (
            &["open", "jaeger:http://h/?x"],
            2,
            "such as http://127.0.0.1:16686",
        ),
        (&["open", &nobody], 1, "Connection refused"),
        (
            &["open", &nobody, "--print", "xyz"],
            2,
            "32 hexadecimal digits",
        ),
        (
            &["send", "h:4318"],
            2,
            "must begin with http:// or https://",
        ),
    ] {
        let output = place.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_other_services_stand_beside_the_cycles_of_their_traces() {
    let Some(jaeger) = RealJaeger::start(Kind::One).await else {
        return;
    };
    let mut original = cycle(RUN, 1);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    original.started_unix_us = now.unwrap().as_micros() as u64;
    let own = encode(&original, &Options::default());
    let mut charge = own[0].clone();
    charge.id = SpanId([7; 8]);
    charge.parent = Some(own[0].id);
    charge.name = "charge".into();
    charge.attributes.clear();
    charge.events.clear();
    let outlet = grpc_to(&jaeger);
    for (service, spans) in [("shop", own), ("bank", vec![charge])] {
        let service = [spans::Attribute::new("service.name", service)];
        outlet.send(&service, vec![spans], PATIENCE).await.unwrap();
    }
    let ui = Jaeger::new(&jaeger.ui()).unwrap();
    let search = Search {
        service: Some("bank".into()),
        ..Search::default()
    };
    while !matches!(ui.search(&search).await, Ok(found) if !found.is_empty()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ui.whole_trace(trace_of(&original).0, PATIENCE)
        .await
        .unwrap();

    let url = format!("jaeger:{}", jaeger.ui());
    let place = Place::new();
    let mut open = place.command(&["open", &url, "--headless", "--port", "0"]);
    let mut open = open.stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(open.stderr.take().unwrap()).lines();
    let told = said.map_while(Result::ok).find_map(|line| {
        let at = line.find("http://")?;
        line.contains("#token=").then(|| line[at..].to_owned())
    });
    let client = Client::new(told.unwrap().trim()).unwrap();
    let beside = client.spans(&original.id).await.unwrap();
    open.kill().unwrap();
    open.wait().unwrap();
    let shown: Vec<_> = beside.spans.iter().collect();
    let [charge] = shown[..] else {
        panic!("{beside:#?}");
    };
    assert_eq!(
        (&*charge.name, charge.service.as_deref(), charge.relation),
        ("charge", Some("bank"), Relation::Beneath)
    );
    assert!(beside.own > 0 && !beside.receiving, "{beside:#?}");
}
