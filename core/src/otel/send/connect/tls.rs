//! Who is trusted, and who we are.

use super::{Connector, Settings, SettingsError};
use crate::otel::Protocol;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};
use std::{error::Error, io, path::Path, sync::Arc};

/// TLS over these connections, where the endpoint wants it.
pub(super) fn over(
    mut tcp: HttpConnector,
    settings: &Settings,
) -> Result<Connector, SettingsError> {
    tcp.enforce_http(false);
    let builder = HttpsConnectorBuilder::new()
        .with_tls_config(config(settings)?)
        .https_or_http();
    Ok(match settings.protocol {
        Protocol::Grpc => builder.enable_http2().wrap_connector(tcp),
        _ => builder.enable_http1().wrap_connector(tcp),
    })
}

/// What to do about an error, if that is for us to say.
pub(in crate::otel::send) fn advice(error: &(dyn Error + 'static)) -> &'static str {
    // It comes in one error of the system, or in several.
    let mut inner = error;
    while let Some(within) = inner.downcast_ref().and_then(io::Error::get_ref) {
        inner = within;
    }
    match inner.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            " (name a file with the certificate of who signed it: OTEL_EXPORTER_OTLP_CERTIFICATE)"
        }
        _ => "",
    }
}

fn config(settings: &Settings) -> Result<ClientConfig, SettingsError> {
    // Named here: the app may use another one, and which is the default is the app's to say.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    if settings.endpoint.scheme_str() != Some("https") {
        let nobody = RootCertStore::empty();
        return Ok(builder.with_root_certificates(nobody).with_no_client_auth());
    }
    let builder = match &settings.certificate {
        Some(path) => builder.with_root_certificates(roots(path)?),
        None => builder.with_native_roots().map_err(|error| {
            wrong(format!(
                "this machine trusts no certificates ({error}): install its package of them (ca-certificates), or name a \
                 file (OTEL_EXPORTER_OTLP_CERTIFICATE)"
            ))
        })?,
    };
    match (&settings.client_certificate, &settings.client_key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let secret = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unreadable(key, "a private key", &error))?;
            builder
                .with_client_auth_cert(chain, secret)
                .map_err(|error| wrong(format!("{} and its key: {error}", certificate.display())))
        }
        _ => Err(wrong(
            "a certificate of the client goes with its key: set both or none (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, \
             OTEL_EXPORTER_OTLP_CLIENT_KEY)"
                .into(),
        )),
    }
}

fn roots(path: &Path) -> Result<RootCertStore, SettingsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| wrong(format!("{}: {error}", path.display())))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let all: Result<Vec<_>, pem::Error> = read;
    match all {
        Ok(all) if all.is_empty() => Err(pem::Error::NoItemsFound),
        all => all,
    }
    .map_err(|error| unreadable(path, "a certificate", &error))
}

fn unreadable(path: &Path, what: &str, error: &pem::Error) -> SettingsError {
    let path = path.display();
    wrong(match error {
        pem::Error::Io(error) => format!("can't read {path}: {error}"),
        pem::Error::NoItemsFound => format!("{path} has not {what} in it: a PEM file is wanted"),
        error => format!("{path} is damaged: {error}"),
    })
}

fn wrong(why: String) -> SettingsError {
    SettingsError::Tls { why }
}
