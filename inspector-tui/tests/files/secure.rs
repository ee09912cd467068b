//! To a Jaeger behind TLS, and back.

use crate::{
    authority::Authority,
    fixture::{RUN, cycle},
    real_jaeger::{Kind, RealJaeger},
    sending::Kept,
};
use onionskin::{
    spans::{trace_of, without_bodies},
    wire::Cycle,
};
use std::{
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

#[tokio::test(flavor = "multi_thread")]
async fn cycles_go_to_a_jaeger_behind_tls_and_come_back() {
    let authority = Authority::new("one");
    authority.sign("jaeger", "127.0.0.1");
    let kind = Kind::TwoSecure(authority.file("jaeger.pem"), authority.file("jaeger.key"));
    let Some(jaeger) = RealJaeger::start(kind).await else {
        return;
    };
    tokio::task::spawn_blocking(move || there_and_back(&authority, &jaeger))
        .await
        .unwrap();
}

fn there_and_back(authority: &Authority, jaeger: &RealJaeger) {
    let kept = Kept::new(2);
    let trusting = |trusted: &Path, args: &[&str]| -> (Option<i32>, Output) {
        let mut command = kept.place.command(args);
        command
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR");
        let output = command.output().unwrap();
        (output.status.code(), output)
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let (ca, ui) = (authority.file("ca.pem"), format!("jaeger:{}", jaeger.ui()));

    let http = ["send", &jaeger.http(), "--id", &format!("{RUN}-1")];
    let grpc = [
        "send",
        &jaeger.grpc(),
        "--grpc",
        "--id",
        &format!("{RUN}-2"),
    ];
    for (args, number) in [(&http[..], 1), (&grpc, 2)] {
        let (code, output) = trusting(&ca, args);
        assert_eq!(code, Some(0), "{}", said(&output));
        let original = cycle(RUN, number);
        let trace = trace_of(&original).0.to_string();
        let until = Instant::now() + Duration::from_secs(60);
        let back = loop {
            let (code, output) = trusting(&ca, &["open", &ui, "--print", &trace, "--json"]);
            match code {
                Some(0) => break serde_json::from_slice::<Cycle>(&output.stdout).unwrap(),
                // It takes a moment to store what it was sent.
                _ => assert!(Instant::now() < until, "{}", said(&output)),
            }
        };
        assert_eq!(back, without_bodies(&original));
    }

    // Who trusts others says whom to trust, and what nobody can be.
    let other = Authority::new("other");
    for (args, hint) in [
        (
            [&http[..], &["--wait", "1"]].concat(),
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
        ),
        (vec!["open", &ui], "SSL_CERT_FILE"),
    ] {
        let (code, output) = trusting(&other.file("ca.pem"), &args);
        assert_eq!(code, Some(1), "{args:?}");
        let said = said(&output);
        assert!(
            said.contains("UnknownIssuer (name a file") && said.contains(hint),
            "{said}"
        );
    }
    for args in [&http[..], &["open", &ui]] {
        let (code, output) = trusting(Path::new("/dev/null"), args);
        assert_eq!(code, Some(1), "{args:?}");
        assert!(
            said(&output).contains("trusts no certificates"),
            "{}",
            said(&output)
        );
    }
}
