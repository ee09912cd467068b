//! A real Jaeger on free ports, for one test. The tests of the demo app use this file too.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use onionskin_web::jaeger::Jaeger;
use tempfile::TempDir;

/// How long it may take to start, and how often that is tried: a port that was free may be taken by somebody else.
const STARTS_IN: Duration = Duration::from_secs(60);
const TRIES: usize = 3;

/// Which Jaeger, and where it keeps traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All-in-one of the 1.x line, in memory.
    One,
    /// The 2.x line, in memory.
    TwoMemory,
    /// The 2.x line, in Badger on disk.
    TwoBadger,
    /// The 2.x line, in memory, all of it behind TLS with this certificate and key. Whether it answers is not looked at.
    TwoSecure(PathBuf, PathBuf),
}

/// Ends with the test.
pub(crate) struct RealJaeger {
    child: Child,
    scheme: &'static str,
    ports: [u16; 3],
    _folder: TempDir,
}

impl RealJaeger {
    /// Starts one; none if it is not built and need not be.
    pub(crate) async fn start(kind: Kind) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/jaeger");
        let program = folder.join(if kind == Kind::One {
            "all-in-one"
        } else {
            "jaeger"
        });
        if !program.exists() {
            let said = format!(
                "{} is not there: tests/jaeger/build makes it",
                program.display()
            );
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "{said}"
            );
            eprintln!("skipped: {said}");
            return None;
        }
        for _ in 0..TRIES {
            if let Some(jaeger) = Self::try_start(&program, &kind).await {
                return Some(jaeger);
            }
        }
        panic!("{} does not start", program.display());
    }

    async fn try_start(program: &Path, kind: &Kind) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
        let ports = free_ports();
        let mut command = Command::new(program);
        match kind {
            Kind::One => flags(&mut command, &ports),
            _ => {
                let path = folder.path().join("config.yaml");
                std::fs::write(&path, config(kind, &ports, folder.path())).unwrap();
                command.arg("--config").arg(path);
            }
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let is_secure = matches!(kind, Kind::TwoSecure(..));
        let mut jaeger = Self {
            child,
            scheme: if is_secure { "https" } else { "http" },
            ports,
            _folder: folder,
        };
        let client = Jaeger::new(&jaeger.ui()).unwrap();
        let deadline = tokio::time::Instant::now() + STARTS_IN;
        while tokio::time::Instant::now() < deadline {
            if jaeger.child.try_wait().unwrap().is_some() {
                return None;
            }
            let mut receives = true;
            for port in ports {
                let there = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
                receives &= there.is_ok();
            }
            if receives && (is_secure || client.services().await.is_ok()) {
                return Some(jaeger);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }

    /// Where it takes OTLP over HTTP.
    pub(crate) fn http(&self) -> String {
        self.url(0)
    }

    /// Where it takes OTLP over gRPC.
    pub(crate) fn grpc(&self) -> String {
        self.url(1)
    }

    fn url(&self, port: usize) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.ports[port])
    }

    /// Where it answers.
    pub(crate) fn ui(&self) -> String {
        self.url(2)
    }
}

impl Drop for RealJaeger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn flags(command: &mut Command, [http, grpc, ui]: &[u16; 3]) {
    command.args([
        "--memory.max-traces=10000".into(),
        format!("--collector.otlp.http.host-port=127.0.0.1:{http}"),
        format!("--collector.otlp.grpc.host-port=127.0.0.1:{grpc}"),
        format!("--query.http-server.host-port=127.0.0.1:{ui}"),
    ]);
    // What is not used gets any port.
    for other in [
        "admin.http.host-port",
        "collector.grpc-server.host-port",
        "collector.http-server.host-port",
        "query.grpc-server.host-port",
        "http-server.host-port",
        "processor.jaeger-binary.server-host-port",
        "processor.jaeger-compact.server-host-port",
        "processor.zipkin-compact.server-host-port",
    ] {
        command.arg(format!("--{other}=127.0.0.1:0"));
    }
}

fn config(kind: &Kind, [http, grpc, ui]: &[u16; 3], folder: &Path) -> String {
    let store = match kind {
        Kind::TwoBadger => format!(
            "badger: {{ ephemeral: false, directories: {{ keys: {0}/keys, values: {0}/values }} }}",
            folder.display()
        ),
        _ => "memory: { max_traces: 10000 }".into(),
    };
    let tls = match kind {
        Kind::TwoSecure(certificate, key) => format!(
            ", tls: {{ cert_file: '{}', key_file: '{}' }}",
            certificate.display(),
            key.display()
        ),
        _ => String::new(),
    };
    format!(
        "service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{ receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter] }}
  telemetry: {{ metrics: {{ level: none }}, logs: {{ level: warn }} }}
extensions:
  jaeger_query:
    storage: {{ traces: store }}
    http: {{ endpoint: '127.0.0.1:{ui}'{tls} }}
    grpc: {{ endpoint: '127.0.0.1:0' }}
  jaeger_storage:
    backends:
      store: {{ {store} }}
receivers:
  otlp:
    protocols:
      http: {{ endpoint: '127.0.0.1:{http}'{tls} }}
      grpc: {{ endpoint: '127.0.0.1:{grpc}'{tls} }}
processors: {{ batch: }}
exporters:
  jaeger_storage_exporter: {{ trace_storage: store }}
"
    )
}
