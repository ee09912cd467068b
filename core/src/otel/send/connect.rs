//! Connections to a receiver: plain, or with the feature `otel-tls` by TLS too.

use super::Settings;
use crate::otel::SettingsError;
use hyper_util::client::legacy::connect::HttpConnector;

#[cfg(feature = "otel-tls")]
mod tls;

#[cfg(feature = "otel-tls")]
pub(super) use tls::advice;

/// What to do about an error, if that is for us to say.
#[cfg(not(feature = "otel-tls"))]
pub(super) fn advice(_: &(dyn std::error::Error + 'static)) -> &'static str {
    ""
}

/// Opens connections.
#[cfg(feature = "otel-tls")]
pub(in crate::otel) type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
/// Opens connections.
#[cfg(not(feature = "otel-tls"))]
pub(in crate::otel) type Connector = HttpConnector;

/// What opens connections to the receiver of these settings. Reads the certificates that they name.
///
/// # Errors
/// If these are of no use.
pub(in crate::otel) fn connector(settings: &Settings) -> Result<Connector, SettingsError> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    #[cfg(feature = "otel-tls")]
    return tls::over(tcp, settings);
    #[cfg(not(feature = "otel-tls"))]
    {
        let _ = settings;
        Ok(tcp)
    }
}
