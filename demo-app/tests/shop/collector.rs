//! Collectors that misbehave: the shop goes on as ever, and what becomes of its cycles is said.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::jaeger::bin;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

/// Takes what it is sent, once it has refused to so many times.
#[derive(Clone, Default)]
struct Collector {
    /// Requests that are to be answered with this status first.
    fails: Arc<Mutex<(usize, StatusCode)>>,
    cycles: Arc<Mutex<BTreeSet<String>>>,
}

async fn traces(State(this): State<Collector>, Json(data): Json<Value>) -> Response {
    {
        let mut fails = this.fails.lock().unwrap();
        if fails.0 > 0 {
            fails.0 -= 1;
            return (fails.1, [("retry-after", "0")], "not now").into_response();
        }
    }
    let batches = axum::spans::from_json(&data).unwrap();
    let spans = batches.iter().flat_map(|batch| &batch.spans);
    for found in axum::spans::decode(spans) {
        found.cycle.expect("a whole cycle in one request");
        this.cycles.lock().unwrap().insert(found.id);
    }
    Json(json!({})).into_response()
}

impl Collector {
    async fn failing(times: usize, status: StatusCode) -> (Self, String) {
        let collector = Self::default();
        *collector.fails.lock().unwrap() = (times, status);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/v1/traces", post(traces))
            .layer(DefaultBodyLimit::disable())
            .with_state(collector.clone());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        (collector, url)
    }
}

/// The shop with some visitors, sending there.
async fn shop(dir: &Path, endpoint: &str, vars: &[(&str, &str)]) -> Output {
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
            "--visits",
            "60",
        ])
        .arg("--data")
        .arg(dir.join("data"))
        .env("ONIONSKIN_SOCKET", dir.join("link.sock"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .envs(vars.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// How many cycles the shop printed.
fn printed(output: &Output) -> usize {
    output.stdout.iter().filter(|b| **b == b'\n').count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_down_for_a_while_gets_all_of_it_later() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let (collector, url) = Collector::failing(3, StatusCode::SERVICE_UNAVAILABLE).await;
    let output = shop(dir.path(), &url, &[]).await;
    let said = said(&output);
    assert_eq!(
        said.matches("takes no cycles, they wait").count(),
        1,
        "{said}"
    );
    assert_eq!(said.matches("takes cycles again").count(), 1, "{said}");
    assert!(said.contains("; 0 lost"), "{said}");
    assert_eq!(collector.cycles.lock().unwrap().len(), printed(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_refuses_is_told_of_once_and_what_it_refused_is_counted() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let (_, url) = Collector::failing(usize::MAX, StatusCode::BAD_REQUEST).await;
    let output = shop(dir.path(), &url, &[]).await;
    let said = said(&output);
    assert_eq!(said.matches("refuses what it is sent").count(), 1, "{said}");
    let lost = format!(
        " 0 cycles sent as 0 spans, 0 bytes; {} lost: it answers 400",
        printed(&output)
    );
    assert!(said.contains(&lost), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_costs_the_time_for_the_end_and_no_more() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let output = shop(dir.path(), &url, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "100")]).await;
    let said = said(&output);
    assert_eq!(
        said.matches("takes no cycles, they wait").count(),
        1,
        "{said}"
    );
    let lost = format!("{} lost: no answer within 100ms", printed(&output));
    assert!(said.contains(&lost), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_can_not_be_followed_are_said_and_the_shop_opens() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let output = shop(dir.path(), "localhost:4318", &[]).await;
    assert!(said(&output).contains("it must begin with http://"));
    assert!(printed(&output) >= 60);
}

/// `onionskin send` to this collector from the inspector on this socket.
fn send(socket: &Path, url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(bin("onionskin"));
    command
        .args(["send", "--socket"])
        .arg(socket)
        .args(args)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .stderr(Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_sends_what_it_has_what_matches_and_what_comes() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let socket = dir.path().join("link.sock");
    let inspector = onionskin_web::start(onionskin_web::Config {
        port: 0,
        socket: socket.clone(),
        ..onionskin_web::Config::default()
    })
    .await
    .unwrap();
    let client = onionskin_web::Client::new(inspector.url()).unwrap();
    let off = [("OTEL_SDK_DISABLED", "true")];
    let status = async |command: &mut Command| {
        let child = command.spawn().unwrap();
        let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        let ended = ended.await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        (ended.status.success(), said)
    };

    let (all, url) = Collector::failing(1, StatusCode::SERVICE_UNAVAILABLE).await;
    let following = send(&socket, &url, &["--follow"]).spawn().unwrap();
    said(&shop(dir.path(), "http://127.0.0.1:1", &off).await);
    let page = client.cycles(1000, None, None).await.unwrap();
    let ids: BTreeSet<_> = page.cycles.iter().map(|l| l.cycle.id.clone()).collect();
    let has_all = async {
        while *all.cycles.lock().unwrap() != ids {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), has_all)
        .await
        .expect("all that came is sent on");
    let id = rustix::process::Pid::from_child(&following);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let ended = following.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{told}");
    assert!(
        told.contains(&format!("{} cycles sent as ", ids.len())),
        "{told}"
    );

    let (some, url) = Collector::failing(0, StatusCode::OK).await;
    let (good, told) = status(&mut send(&socket, &url, &["--filter", "status:>=400"])).await;
    assert!(good, "{told}");
    let errors = page.cycles.iter().map(|l| &l.cycle);
    let errors = errors.filter(|c| c.status.is_some_and(|status| status >= 400));
    let errors: BTreeSet<_> = errors.map(|c| c.id.clone()).collect();
    assert!(!errors.is_empty());
    assert_eq!(*some.cycles.lock().unwrap(), errors);

    let (one, url) = Collector::failing(0, StatusCode::OK).await;
    let id = &page.cycles[0].cycle.id;
    let (good, told) = status(&mut send(&socket, &url, &["--id", id, "--id", "none-1"])).await;
    assert!(
        !good && told.contains("1 cycles could not be had"),
        "{told}"
    );
    assert_eq!(*one.cycles.lock().unwrap(), BTreeSet::from([id.clone()]));
    let (good, told) = status(&mut send(&socket, "", &[])).await;
    assert!(!good && told.contains("say where to send it"), "{told}");
    inspector.shutdown().await;
}
