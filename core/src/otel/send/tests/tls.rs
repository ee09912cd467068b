//! By TLS, to a real server with a certificate of its own.

use super::{authority::Authority, grpc::GrpcReceiver, *};
use crate::otel::SettingsError;
use axum::serve::Listener;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use std::{fs, net::SocketAddr};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

const BOTH: [Protocol; 2] = [Protocol::HttpProtobuf, Protocol::Grpc];

struct Secure {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, from) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// Takes both protocols behind TLS.
struct SecureReceiver {
    http: Receiver,
    grpc: GrpcReceiver,
    address: SocketAddr,
}

impl SecureReceiver {
    /// With the certificate of `server`; it may ask clients for one.
    async fn start(authority: &Authority, asks: bool) -> Self {
        let provider = || Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap();
        let read = |path| CertificateDer::from_pem_file(authority.file(path)).unwrap();
        let builder = if asks {
            let mut roots = RootCertStore::empty();
            roots.add(read("ca.pem")).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from_pem_file(authority.file("server.key")).unwrap();
        let mut config = builder
            .with_single_cert(vec![read("server.pem")], key)
            .unwrap();
        config.alpn_protocols = ["h2", "http/1.1"].map(Into::into).to_vec();

        let http = Receiver::default();
        let grpc = GrpcReceiver::new(vec![grpc::taken()]);
        let app = http.app().merge(grpc.app(4 << 20));
        let listener = Secure {
            tcp: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            tls: Arc::new(config).into(),
        };
        let address = listener.tcp.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Self {
            http,
            grpc,
            address,
        }
    }

    fn settings(&self, protocol: Protocol) -> Settings {
        Settings::new(&format!("https://{}", self.address), protocol).unwrap()
    }

    /// How many requests it has.
    fn got(&self) -> usize {
        self.http.spans().len() + self.grpc.ids().len()
    }

    /// Why it takes nothing, by what is said first.
    async fn why_not(&self, settings: Settings) -> String {
        let outlet = Outlet::new(settings).unwrap();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        tokio::select! {
            sent = outlet.deliver(&[], cycles(), |why| tell.send(why.to_owned()).unwrap()) => panic!("{sent:?}"),
            why = told.recv() => why.unwrap(),
        }
    }
}

#[tokio::test]
async fn who_is_trusted_gets_all_of_it() {
    let authority = Authority::new("one");
    authority.sign("server", "127.0.0.1");
    for protocol in BOTH {
        let receiver = SecureReceiver::start(&authority, false).await;
        let mut settings = receiver.settings(protocol);
        settings.certificate = Some(authority.file("ca.pem"));
        let outlet = Outlet::new(settings).unwrap();
        let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
        assert_eq!((sent.spans, sent.requests), (count(), 1), "{protocol}");
        assert_eq!(receiver.got(), 1, "{protocol}");
    }
}

#[tokio::test]
async fn who_is_not_trusted_gets_nothing_and_that_is_said() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    authority.sign("server", "elsewhere.example");
    let receiver = SecureReceiver::start(&authority, false).await;
    for protocol in BOTH {
        let mut settings = receiver.settings(protocol);
        settings.certificate = Some(other.file("ca.pem"));
        let why = receiver.why_not(settings.clone()).await;
        assert!(why.contains("UnknownIssuer (name a file"), "{why}");
        settings.certificate = Some(authority.file("ca.pem"));
        let why = receiver.why_not(settings).await;
        assert!(why.contains("elsewhere.example"), "{why}");
    }
    assert_eq!(receiver.got(), 0);
}

#[tokio::test]
async fn a_receiver_that_asks_who_sends_is_told() {
    let authority = Authority::new("one");
    authority.sign("server", "127.0.0.1");
    authority.sign("client", "us.example");
    let receiver = SecureReceiver::start(&authority, true).await;
    for (protocol, before) in BOTH.into_iter().zip(0..) {
        let mut settings = receiver.settings(protocol);
        settings.certificate = Some(authority.file("ca.pem"));
        let why = receiver.why_not(settings.clone()).await;
        assert!(why.contains("CertificateRequired"), "{why}");
        assert_eq!(receiver.got(), before);
        settings.client_certificate = Some(authority.file("client.pem"));
        settings.client_key = Some(authority.file("client.key"));
        let outlet = Outlet::new(settings).unwrap();
        let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
        assert_eq!(sent.spans, count(), "{protocol}");
    }
}

#[test]
fn files_of_no_use_are_told_before_anything_is_sent() {
    let authority = Authority::new("one");
    authority.sign("client", "us.example");
    authority.sign("other", "us.example");
    fs::write(authority.file("empty.pem"), "").unwrap();
    fs::write(
        authority.file("damaged.pem"),
        "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let told = |trusted: &str, ours: Option<&str>, key: Option<&str>| {
        let mut settings = Settings::new("https://127.0.0.1:1", Protocol::Grpc).unwrap();
        settings.certificate = Some(authority.file(trusted));
        settings.client_certificate = ours.map(|name| authority.file(name));
        settings.client_key = key.map(|name| authority.file(name));
        match Outlet::new(settings).unwrap_err() {
            SettingsError::Tls { why } => why,
            other => panic!("{other}"),
        }
    };
    for (why, wanted) in [
        (told("nowhere.pem", None, None), "nowhere.pem: No such file"),
        (
            told("empty.pem", None, None),
            "empty.pem has not a certificate in it",
        ),
        (
            told("client.key", None, None),
            "client.key has not a certificate in it",
        ),
        (told("damaged.pem", None, None), "damaged.pem is damaged"),
        (told("ca.pem", Some("client.pem"), None), "set both or none"),
        (told("ca.pem", None, Some("client.key")), "set both or none"),
        (
            told("ca.pem", Some("client.pem"), Some("ca.pem")),
            "ca.pem has not a private key in it",
        ),
        (
            told("ca.pem", Some("client.pem"), Some("other.key")),
            "client.pem and its key",
        ),
    ] {
        assert!(why.contains(wanted), "{why}");
    }
}

/// Files are for `https` only, as the standard has it.
#[tokio::test]
async fn without_tls_no_file_is_read() {
    let mut settings = Settings::new("http://127.0.0.1:1", Protocol::HttpJson).unwrap();
    settings.certificate = Some("/nowhere".into());
    Outlet::new(settings).unwrap();
}
