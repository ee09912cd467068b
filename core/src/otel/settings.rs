//! Where spans go, and what the standard variables say about it
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use crate::{redact, spans::Attribute};
use http::{HeaderName, HeaderValue, Uri};
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

/// How requests are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// `http/protobuf`.
    #[default]
    HttpProtobuf,
    /// `http/json`.
    HttpJson,
    /// `grpc`.
    Grpc,
}

impl Protocol {
    /// Its name, as `OTEL_EXPORTER_OTLP_PROTOCOL` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::Grpc => "grpc",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let all = [Self::HttpProtobuf, Self::HttpJson, Self::Grpc];
        let found = all.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| SettingsError::Value {
            name: "OTEL_EXPORTER_OTLP_PROTOCOL",
            value: text.into(),
            wanted: "grpc, http/protobuf or http/json",
        })
    }
}

/// Where and how to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whole URL for HTTP (`http://host:4318/v1/traces`), base URL for gRPC (`http://host:4317`).
    pub endpoint: Uri,
    /// How.
    pub protocol: Protocol,
    /// Sent with every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// File with the certificates that are trusted over `https` (PEM); without one, those that the machine trusts.
    pub certificate: Option<PathBuf>,
    /// File with our own certificate (PEM), for a receiver that asks who sends. It needs [`client_key`](Self::client_key).
    pub client_certificate: Option<PathBuf>,
    /// File with the key of that (PEM).
    pub client_key: Option<PathBuf>,
}

/// Settings that can't be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// Not a URL to send to.
    Endpoint {
        /// As given, credentials in it masked.
        endpoint: String,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// A variable or setting with a value that it can't have.
    Value {
        /// Which.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it can be.
        wanted: &'static str,
    },
    /// Certificates, or a key, that are of no use.
    Tls {
        /// Which, why, and what to do.
        why: String,
    },
    /// Something is sent already: one exporter a process.
    Started,
    /// The system gives no thread.
    Thread {
        /// Why.
        why: String,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint { endpoint, why } => {
                write!(f, "can't send to {endpoint:?}: {why}")
            }
            Self::Value {
                name,
                value,
                wanted,
            } => write!(f, "{name} is {value:?} and must be {wanted}"),
            Self::Tls { why } => write!(f, "can't speak TLS: {why}"),
            Self::Started => f.write_str("an exporter runs already in this process"),
            Self::Thread { why } => write!(f, "can't start the thread that sends: {why}"),
        }
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Settings for an endpoint, all else by default. Of a URL without a path `/v1/traces` is asked over HTTP; `https` takes the
    /// feature `otel-tls`.
    ///
    /// # Errors
    /// If it is no URL that can be sent to.
    pub fn new(endpoint: &str, protocol: Protocol) -> Result<Self, SettingsError> {
        let bad = |why| SettingsError::Endpoint {
            endpoint: masked(endpoint),
            why,
        };
        let mut whole = endpoint.trim().to_owned();
        if !whole.contains("://") {
            return Err(bad("it must begin with http:// or https://"));
        }
        let uri: Uri = whole.parse().map_err(|_| bad("it is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") if cfg!(feature = "otel-tls") => {}
            Some("https") => {
                return Err(bad(
                    "this build speaks no TLS: give the crate the feature otel-tls, or send to a Collector nearby over http:// \
                     and let it go on from there",
                ));
            }
            _ => return Err(bad("it must begin with http:// or https://")),
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(bad("it names no host"));
        }
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(bad(
                "a user and password in it would not be sent; say them in a header: \
                 OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20…",
            ));
        }
        if protocol != Protocol::Grpc && matches!(uri.path(), "" | "/") {
            whole = format!("{}/v1/traces", whole.trim_end_matches('/'));
        }
        Ok(Self {
            endpoint: whole.parse().map_err(|_| bad("it is no URL"))?,
            protocol,
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            gzip: false,
            certificate: None,
            client_certificate: None,
            client_key: None,
        })
    }

    /// What the variables of the environment say; none if they name no endpoint, or say that nothing is to be sent.
    ///
    /// # Errors
    /// If they say something that can't be done.
    pub fn from_env() -> Result<Option<Self>, SettingsError> {
        Self::from_vars(&|name| std::env::var(name).ok())
    }

    pub(super) fn from_vars(var: Vars<'_>) -> Result<Option<Self>, SettingsError> {
        if said(var, "OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"))
            || said(var, "OTEL_TRACES_EXPORTER").is_some_and(|v| v == "none")
        {
            return Ok(None);
        }
        let own = said(var, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let Some(endpoint) = own
            .clone()
            .or_else(|| said(var, "OTEL_EXPORTER_OTLP_ENDPOINT"))
        else {
            return Ok(None);
        };
        let protocol = match of_traces(var, "PROTOCOL") {
            None => Protocol::default(),
            Some(protocol) => protocol.parse()?,
        };
        // What is for traces only is used as it is, what is for all signals is a base.
        let mut settings = match (own, protocol) {
            (None, Protocol::HttpProtobuf | Protocol::HttpJson) => Self::new(
                &format!("{}/v1/traces", endpoint.trim_end_matches('/')),
                protocol,
            )?,
            _ => Self::new(&endpoint, protocol)?,
        };
        if let Some(headers) = of_traces(var, "HEADERS") {
            if headers
                .split(',')
                .any(|pair| !pair.trim().is_empty() && !pair.contains('='))
            {
                // It may be a credential whose name was forgotten.
                return Err(bad_header("…"));
            }
            for (name, value) in pairs(&headers) {
                settings.header(&name, &value)?;
            }
        }
        if let Some(timeout) = of_traces(var, "TIMEOUT") {
            let ms = timeout.parse().map_err(|_| SettingsError::Value {
                name: "OTEL_EXPORTER_OTLP_TIMEOUT",
                value: timeout.clone(),
                wanted: "a number of milliseconds",
            })?;
            settings.timeout = Duration::from_millis(ms);
        }
        settings.gzip = match of_traces(var, "COMPRESSION").as_deref() {
            None | Some("none") => false,
            Some("gzip") => true,
            Some(other) => {
                return Err(SettingsError::Value {
                    name: "OTEL_EXPORTER_OTLP_COMPRESSION",
                    value: other.into(),
                    wanted: "gzip or none",
                });
            }
        };
        let file = |name| of_traces(var, name).map(PathBuf::from);
        settings.certificate = file("CERTIFICATE");
        settings.client_certificate = file("CLIENT_CERTIFICATE");
        settings.client_key = file("CLIENT_KEY");
        Ok(Some(settings))
    }

    /// One more header for every request.
    ///
    /// # Errors
    /// If it is none.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), SettingsError> {
        let parsed = HeaderName::try_from(name).map_err(|_| bad_header(name))?;
        // The value may be a credential: the name has to do for the message.
        let mut value = HeaderValue::try_from(value).map_err(|_| bad_header(name))?;
        value.set_sensitive(true);
        self.headers.push((parsed, value));
        Ok(())
    }

    /// The endpoint, to be shown: credentials in its parameters are masked.
    pub fn shown(&self) -> String {
        masked(&self.endpoint.to_string())
    }
}

fn masked(url: &str) -> String {
    let masked = redact::mask_url(url.as_bytes());
    masked.map_or_else(
        || url.into(),
        |url| String::from_utf8_lossy(&url).into_owned(),
    )
}

fn bad_header(value: &str) -> SettingsError {
    SettingsError::Value {
        name: "OTEL_EXPORTER_OTLP_HEADERS",
        value: value.into(),
        wanted: "a list of name=value, the values percent-encoded",
    }
}

/// The variables of an environment.
pub(super) type Vars<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable, if it is set to something: the standard takes an empty one for none.
pub(super) fn said(var: Vars<'_>, name: &str) -> Option<String> {
    let value = var(name)?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// A variable of the exporter: for traces, else for all signals.
fn of_traces(var: Vars<'_>, name: &str) -> Option<String> {
    said(var, &format!("OTEL_EXPORTER_OTLP_TRACES_{name}"))
        .or_else(|| said(var, &format!("OTEL_EXPORTER_OTLP_{name}")))
}

/// What `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say of the service.
pub(super) fn resource(var: Vars<'_>) -> Vec<Attribute> {
    let listed = said(var, "OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let mut all: Vec<Attribute> = pairs(&listed)
        .map(|(key, value)| Attribute::new(key, value))
        .collect();
    if let Some(name) = said(var, "OTEL_SERVICE_NAME") {
        put(&mut all, "service.name", &name);
    }
    all
}

/// Sets an attribute.
pub(super) fn put(all: &mut Vec<Attribute>, key: &str, value: &str) {
    all.retain(|a| a.key != key);
    all.push(Attribute::new(key, value));
}

/// `a=b,c=d`, percent-encoded.
fn pairs(list: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((unescape(name.trim()), unescape(value.trim())))
    };
    list.split(',').filter_map(pair)
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = (*first == b'%')
            .then(|| behind.get(..2))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = &behind[if code.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Result<Option<Settings>, SettingsError> {
        Settings::from_vars(&|name| {
            let found = vars.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_standard_variables_are_followed() {
        let endpoint = |vars: &[(&str, &str)]| of(vars).unwrap().unwrap().endpoint.to_string();
        const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
        const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        assert_eq!(endpoint(&[(ALL, "http://a:1")]), "http://a:1/v1/traces");
        assert_eq!(
            endpoint(&[(ALL, "http://a:1/x/")]),
            "http://a:1/x/v1/traces"
        );
        assert_eq!(
            endpoint(&[(ALL, "http://a:1"), (TRACES, "http://b:2/y")]),
            "http://b:2/y"
        );
        assert_eq!(endpoint(&[(ALL, "http://a:1"), grpc]), "http://a:1/");
        let settings = of(&[
            (ALL, "http://a:1"),
            grpc,
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%3Db, x=1"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/all.pem"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/traces.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/client.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/client.key"),
        ]);
        let settings = settings.unwrap().unwrap();
        assert_eq!(settings.protocol, Protocol::Grpc);
        assert_eq!(settings.headers[0].1, "a=b");
        assert_eq!(settings.headers[1].0, "x");
        assert_eq!(settings.timeout, Duration::from_millis(250));
        assert!(settings.gzip);
        let files = [
            settings.certificate,
            settings.client_certificate,
            settings.client_key,
        ];
        let wanted = ["/traces.pem", "/client.pem", "/client.key"];
        assert_eq!(files, wanted.map(|path| Some(PathBuf::from(path))));
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_where() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), Ok(None));
        assert_eq!(of(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]), Ok(None));
        assert_eq!(of(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
    }

    #[test]
    fn what_can_not_be_done_is_said() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://a:1"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke signals"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ann:hunter2@a:1"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x=1,hunter2"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
        ] {
            let vars = [(name, value), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1")];
            let error = of(&vars).expect_err(value).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_name_of_the_service_wins_over_the_list() {
        let vars = |name: &str| match name {
            "OTEL_RESOURCE_ATTRIBUTES" => {
                Some("service.name=a,deployment.environment.name=x%2Cy".into())
            }
            "OTEL_SERVICE_NAME" => Some("b".into()),
            _ => None,
        };
        let wanted = [
            Attribute::new("deployment.environment.name", "x,y"),
            Attribute::new("service.name", "b"),
        ];
        assert_eq!(resource(&vars), wanted);
    }
}
