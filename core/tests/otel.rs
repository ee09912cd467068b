//! An app that sends its cycles and has spans of its own. One process has one exporter, so this is one test.

use axum::{body::Bytes, extract::State, http::StatusCode, routing};
use onionskin::{
    Router,
    otel::{self, Protocol, from_proto},
    routing::get,
    spans::{self, Span, Status},
};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use prost::Message as _;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tracing::Instrument as _;
use tracing_subscriber::{Layer as _, filter::filter_fn, layer::SubscriberExt as _};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

type Received = Arc<Mutex<Vec<Span>>>;

/// A collector: plain axum, so that what it does is no cycle.
async fn collector() -> (Received, String) {
    async fn take(State(received): State<Received>, body: Bytes) -> StatusCode {
        let (batches, bad) = from_proto(ExportTraceServiceRequest::decode(body).unwrap());
        assert_eq!(bad, 0);
        let spans = batches.into_iter().flat_map(|batch| batch.spans);
        received.lock().unwrap().extend(spans);
        StatusCode::OK
    }
    let received = Received::default();
    let app = axum::Router::new()
        .route("/v1/traces", routing::post(take))
        .with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    (received, url)
}

async fn app() -> SocketAddr {
    async fn show() -> &'static str {
        async { tokio::task::yield_now().await }
            .instrument(tracing::info_span!("work"))
            .await;
        "shown"
    }
    let app = Router::new()
        .route("/show", get(show))
        .route("/fail", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/quiet", get(async || "quiet"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { onionskin::serve(listener, app).await.unwrap() });
    address
}

async fn ask(address: SocketAddr, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_is_joined_and_spans_of_the_app_hang_below_its_view() {
    let own = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(own.clone())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("app"))
        .with_filter(filter_fn(|meta| meta.name() == "work"));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let (received, url) = collector().await;
    let exporter = otel::exporter()
        .endpoint(&url, Protocol::HttpProtobuf)
        .skip(|cycle| cycle.target == "/quiet")
        .trace_id_header(true)
        .start()
        .unwrap();
    assert!(
        otel::exporter()
            .endpoint(&url, Protocol::Grpc)
            .start()
            .is_err()
    );

    let address = app().await;
    // Whoever calls does not sample; our decision is our own.
    let joining = format!("traceparent: 00-{TRACE}-{PARENT}-00\r\n");
    let shown = ask(address, "/show", &joining).await;
    assert!(
        shown.contains(&format!("x-trace-id: {TRACE}\r\n")),
        "{shown}"
    );
    let failed = ask(address, "/fail", "traceparent: nonsense\r\n").await;
    ask(address, "/quiet", "").await;

    let left = tokio::task::spawn_blocking(|| exporter.shutdown(Duration::from_secs(60)));
    let left = left.await.unwrap();
    let counters = &left.counters;
    let figures = (counters.offered, counters.sent, counters.sampled_out);
    assert_eq!((left.cycles, figures), (0, (3, 2, 1)), "{left:?}");

    let spans = received.lock().unwrap().clone();
    let mut cycles = spans::decode(&spans);
    cycles.sort_by_key(|found| found.id.clone());
    let targets: Vec<_> = cycles
        .iter()
        .map(|found| found.cycle.as_ref().unwrap().target.as_str())
        .collect();
    assert_eq!(targets, ["/show", "/fail"]);

    let named = |name: &str| {
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("no span {name} in {spans:#?}"))
    };
    let root = named("GET /show");
    assert_eq!(root.trace.to_string(), TRACE);
    assert_eq!(root.parent.unwrap().to_string(), PARENT);
    let view = spans
        .iter()
        .find(|span| span.trace == root.trace && span.name.starts_with("view "));
    let view = view.expect("a span of the view");
    let own = own.get_finished_spans().unwrap();
    let [work] = &own[..] else { panic!("{own:#?}") };
    assert_eq!(work.span_context.trace_id().to_bytes(), root.trace.0);
    assert_eq!(work.parent_span_id.to_bytes(), view.id.0);

    let root = named("GET /fail");
    assert!(matches!(root.status, Status::Error { .. }), "{root:?}");
    assert_eq!(root.parent, None);
    assert!(
        failed.contains(&format!("x-trace-id: {}\r\n", root.trace)),
        "{failed}"
    );
}
