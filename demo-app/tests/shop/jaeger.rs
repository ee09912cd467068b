//! The shop's cycles through a real Jaeger and back: each equal to the original, and what is not there said so.
//!
//! `tests/jaeger/build` builds the Jaeger. Where it can't these tests say so and pass, unless `CI` is set.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use crate::real_jaeger::{Kind, RealJaeger};
use axum::spans::{self, TraceId, trace_of, without_bodies};
use axum::wire::Cycle;
use onionskin_web::jaeger::{Jaeger, Search};

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the shop for some visits, watched by an inspector of the test and with these variables. Gives the cycles that the
/// inspector got over the link, by trace, and what the shop said at its end.
async fn traffic(
    dir: &Path,
    visits: u32,
    vars: &[(&str, &str)],
) -> (BTreeMap<TraceId, Cycle>, String) {
    let socket = dir.join("link.sock");
    let config = onionskin_web::Config {
        port: 0,
        socket: socket.clone(),
        ..onionskin_web::Config::default()
    };
    let inspector = onionskin_web::start(config).await.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bookshop"));
    command
        .args([
            "--port",
            "0",
            "--inspector-port",
            "0",
            "--pace-ms",
            "5",
            "--headless",
        ])
        .args(["--visits", &visits.to_string()])
        .arg("--data")
        .arg(dir.join("data"))
        .env("ONIONSKIN_SOCKET", &socket)
        .envs(vars.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let client = onionskin_web::client::Client::new(inspector.url()).unwrap();
    let page = client.cycles(1000, None, None).await.unwrap();
    let mut cycles = BTreeMap::new();
    for listed in &page.cycles {
        let cycle = inspector.store().cycle(&listed.cycle.id).unwrap();
        cycles.insert(trace_of(&cycle).0, cycle);
    }
    assert_eq!(
        cycles.len(),
        page.cycles.len(),
        "each has a trace of its own"
    );
    inspector.shutdown().await;
    (cycles, said)
}

/// Every cycle that went out comes back equal: over HTTP or gRPC, out of this store.
async fn all_come_back(kind: Kind, protocol: &str) {
    let Some(jaeger) = RealJaeger::start(kind).await else {
        return;
    };
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let endpoint = match protocol {
        "grpc" => jaeger.grpc(),
        _ => jaeger.http(),
    };
    let vars = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_SERVICE_NAME", "the shop"),
    ];
    let (cycles, said) = traffic(dir.path(), 120, &vars).await;
    assert!(cycles.len() >= 120, "{}", cycles.len());
    assert!(
        said.contains(&format!("{} cycles sent as ", cycles.len())),
        "{said}"
    );
    assert!(said.contains("; 0 lost"), "{said}");

    let client = Jaeger::new(&jaeger.ui()).unwrap();
    for (id, original) in &cycles {
        let trace = client.whole_trace(*id, PATIENCE).await.unwrap();
        let trace = trace.unwrap_or_else(|| panic!("trace {id} is not there: {}", original.target));
        assert_eq!(trace.batches[0].service(), Some("the shop"));
        let mut found = trace.cycles();
        assert_eq!(found.len(), 1);
        let back = found.remove(0).cycle.unwrap();
        assert_eq!(back, without_bodies(original), "{}", original.target);
    }

    // The same by searching.
    let search = Search {
        service: Some("the shop".into()),
        limit: 1000,
        ..Search::default()
    };
    let traces = client.search(&search).await.unwrap();
    let found: BTreeMap<_, _> = traces
        .iter()
        .map(|trace| (trace.id, trace.cycles()))
        .collect();
    assert!(found.keys().eq(cycles.keys()));
    let whole = |all: &Vec<spans::Found>| all.iter().all(|found| found.cycle.is_ok());
    assert!(found.values().all(whole));
    let by_route = Search {
        attributes: vec![("http.route".into(), "/api/books".into())],
        ..search
    };
    let listed = client.search(&by_route).await.unwrap();
    let expected = cycles
        .values()
        .filter(|c| c.route.as_deref() == Some("/api/books"));
    assert_eq!(listed.len(), expected.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_memory_of_the_1_line_over_http() {
    all_come_back(Kind::One, "http/protobuf").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_memory_of_the_2_line_over_json() {
    all_come_back(Kind::TwoMemory, "http/json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_badger_over_grpc() {
    all_come_back(Kind::TwoBadger, "grpc").await;
}
