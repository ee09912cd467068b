//! Spans of other services beside the shop's cycles: sent by OpenTelemetry's own exporters to a real inspector.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::spans::{self, Content, Options};
use axum::wire::Cycle;
use onionskin_web::{
    Client, Config, Inspector, Otlp,
    model::{CycleSpans, Relation, SpanKind},
};
use opentelemetry::{
    Context, KeyValue,
    trace::{
        Span as _, SpanContext, SpanId, SpanKind as Kind, TraceContextExt as _, TraceFlags,
        TraceId, TraceState, Tracer as _, TracerProvider as _,
    },
};
use opentelemetry_otlp::{
    Compression, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
    WithTonicConfig as _,
};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};

const PATIENCE: Duration = Duration::from_secs(60);

/// The shop as a process, closed when dropped.
pub(crate) struct Shop {
    process: Child,
    pub(crate) url: String,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Shop {
    /// Opens it without visitors, watched by the inspector on a socket, to which it also exports its cycles.
    pub(crate) fn open(dir: &Path, socket: &Path, otlp: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_bookshop"))
            .args(["--port", "0", "--headless", "--no-visitors", "--data"])
            .arg(dir.join("data"))
            .env("ONIONSKIN_SOCKET", socket)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp)
            .env("OTEL_SERVICE_NAME", "shop")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = lines
            .find_map(|line| {
                let line = line.unwrap();
                let (_, rest) = line.split_once("shop http://")?;
                let end = rest.find([',', ' ']).unwrap_or(rest.len());
                Some(format!("http://{}", &rest[..end]))
            })
            .unwrap();
        // What it says later is read too, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }
}

/// A service that exports its spans as OpenTelemetry's SDK does.
fn service(name: &'static str, exporter: SpanExporter) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_simple_exporter(exporter)
        .with_resource(Resource::builder_empty().with_service_name(name).build())
        .build()
}

fn http(endpoint: &str, protocol: Protocol) -> SpanExporter {
    SpanExporter::builder()
        .with_http()
        .with_protocol(protocol)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_headers([("x-tenant".to_owned(), "a".to_owned())].into())
        .build()
        .unwrap()
}

fn grpc(endpoint: &str) -> SpanExporter {
    SpanExporter::builder()
        .with_tonic()
        .with_compression(Compression::Gzip)
        .with_endpoint(endpoint)
        .build()
        .unwrap()
}

/// A span of a service in the trace of a cycle, beneath the span with this id.
fn within(services: &SdkTracerProvider, name: &'static str, trace: TraceId, parent: SpanId) {
    let remote = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, TraceState::NONE);
    let context = Context::new().with_remote_span_context(remote);
    let tracer = services.tracer("test");
    let span = tracer.span_builder(name).with_kind(Kind::Server);
    let mut span = span.start_with_context(&tracer, &context);
    span.set_attribute(KeyValue::new("db.system", "ledger"));
    span.add_event("charged", vec![KeyValue::new("pence", 1_200)]);
    span.end();
}

/// Waits until the inspector tells of a cycle what is wanted.
async fn until(client: &Client, id: &str, so: impl Fn(&CycleSpans) -> bool) -> CycleSpans {
    let wait = async {
        loop {
            let spans = client.spans(id).await.unwrap();
            if so(&spans) {
                return spans;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

async fn newest(inspector: &Inspector, client: &Client) -> Cycle {
    let wait = async {
        loop {
            let page = client.cycles(1, None, None).await.unwrap();
            if let Some(listed) = page.cycles.first() {
                return inspector.store().cycle(&listed.cycle.id).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_real_exporters_stand_beside_a_cycle_in_every_protocol() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let config = Config {
        port: 0,
        socket: dir.path().join("link.sock"),
        otlp: Some(Otlp {
            addresses: vec!["127.0.0.1:0".parse().unwrap()],
            ..Otlp::default()
        }),
        ..Config::default()
    };
    let inspector = onionskin_web::start(config).await.unwrap();
    let client = Client::new(inspector.url()).unwrap();
    let endpoint = format!("http://{}", inspector.otlp()[0]);
    let shop = Shop::open(dir.path(), inspector.socket(), &endpoint);

    // A caller with a span of its own asks the shop.
    let front = service("front", http(&endpoint, Protocol::HttpBinary));
    let tracer = front.tracer("test");
    let call = tracer.span_builder("GET /books").with_kind(Kind::Client);
    let mut call = call.start_with_context(&tracer, &Context::new());
    let context = call.span_context().clone();
    let (trace, caller) = (context.trace_id(), context.span_id());
    let answer = super::support::client()
        .get(format!("{}/books/1", shop.url))
        .header("traceparent", format!("00-{trace}-{caller}-01"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap();
    call.end();

    // The view asks a bank, and somebody else does something for the same caller.
    let cycle = newest(&inspector, &client).await;
    let options = Options {
        content: Content::Spans,
        ..Options::default()
    };
    let own = spans::encode(&cycle, &options);
    let view = own
        .iter()
        .find(|span| span.name.starts_with("view "))
        .unwrap();
    let bank = service("bank", grpc(&endpoint));
    within(&bank, "charge", trace, SpanId::from_bytes(view.id.0));
    let mail = service("mail", http(&endpoint, Protocol::HttpJson));
    within(&mail, "send", trace, caller);

    // The cycle's own spans come from the shop's exporter, which takes its time, and are not shown twice.
    let beside = until(&client, &cycle.id, |s| s.spans.len() == 3 && s.own > 0).await;
    assert_eq!(beside.own, own.len() as u64);
    assert!(beside.joined && beside.trace == trace.to_string());
    let told: Vec<_> = beside
        .spans
        .iter()
        .map(|s| {
            (
                s.service.as_deref().unwrap(),
                s.name.as_str(),
                s.relation,
                s.depth,
            )
        })
        .collect();
    let wanted = [
        ("front", "GET /books", Relation::Above, 0),
        ("mail", "send", Relation::Beside, 1),
        ("bank", "charge", Relation::Beneath, 0),
    ];
    assert_eq!(told, wanted);
    let (call, charge) = (&beside.spans[0], &beside.spans[2]);
    assert_eq!(
        (call.kind, charge.kind),
        (SpanKind::Client, SpanKind::Server)
    );
    assert_eq!(charge.under.as_ref(), Some(&view.name));
    assert_eq!(charge.events[0].name, "charged");
    // One clock here: the call was there before the cycle, and after it.
    let end = call.from_ns.unwrap() + i64::try_from(call.duration_ns.unwrap()).unwrap();
    assert!(call.from_ns.unwrap() < 0 && end > 0, "{call:?}");

    let figures = client.status().await.unwrap().otlp.unwrap().spans;
    assert_eq!(figures.received, figures.kept, "{figures:?}");
    assert_eq!(figures.refused_requests, 0);
    drop(shop);
    inspector.shutdown().await;
}
