//! Cycles back from Jaeger.
//!
//! ```no_run
//! # async fn example() -> Result<(), onionskin_web::jaeger::JaegerError> {
//! use onionskin_web::jaeger::{Jaeger, Search};
//!
//! let jaeger = Jaeger::new("http://127.0.0.1:16686")?;
//! for trace in jaeger.search(&Search::default()).await? {
//!     for found in trace.cycles() {
//!         println!("{} {:?}", found.id, found.cycle.map(|c| c.status));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Jaeger's query API of version 3 is spoken in both of its dialects: 1.x and 2.x read parameters in snake case, later versions
//! in camel case, and each passes over what it does not know. What comes back needs no order: see [`onionskin::spans`].
//!
//! `query` writes the questions, `trace` reads the answers, `text` shows them.

mod query;
mod text;
mod trace;

pub use query::Search;
pub use text::waterfall;
pub use trace::Trace;

use crate::client::error::innermost;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use onionskin::spans::{self, TraceId};
use rustls::{ClientConfig, RootCertStore};
use std::{fmt, sync::Arc, time::Duration};

/// Longest answer that is taken.
const MAX_ANSWER: usize = 512 << 20;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why Jaeger's answer is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JaegerError {
    /// Not a URL to ask.
    #[error(
        "{url:?} is not where a Jaeger answers: give the URL of its UI, such as http://127.0.0.1:16686"
    )]
    Url {
        /// As given.
        url: String,
    },
    /// Behind TLS, and nobody is trusted here.
    #[error(
        "can't ask {url:?}: this machine trusts no certificates ({why}); install its package of them (ca-certificates), or name a \
         file (SSL_CERT_FILE)"
    )]
    Untrusting {
        /// As given.
        url: String,
        /// Why.
        why: String,
    },
    /// Nobody there.
    #[error("can't reach Jaeger at {base}: {why}")]
    Unreachable {
        /// Where.
        base: String,
        /// Why.
        why: String,
    },
    /// Somebody else, or a Jaeger of another time.
    #[error(
        "what answers at {base} is no Jaeger with a query API of version 3 (1.40 or later): {why}"
    )]
    Strange {
        /// Where.
        base: String,
        /// What is wrong with it.
        why: String,
    },
    /// It knows others.
    #[error("Jaeger at {base} knows no service {service:?}, but {}", known.join(", "))]
    Service {
        /// Where.
        base: String,
        /// The service that was asked for.
        service: String,
        /// Those that it knows.
        known: Vec<String>,
    },
    /// It says no.
    #[error("Jaeger at {base} answers {status}: {said}")]
    Refused {
        /// Where.
        base: String,
        /// Status.
        status: StatusCode,
        /// The start of what it says.
        said: String,
    },
}

/// Asks one Jaeger. Clones share its connections.
#[derive(Clone)]
pub struct Jaeger {
    http: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    base: String,
}

impl fmt::Debug for Jaeger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jaeger")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Why there is no connection.
fn unreached(error: &(dyn std::error::Error + 'static)) -> String {
    let why = innermost(error).to_string();
    match why.contains("UnknownIssuer") {
        true => why + " (name a file with the certificate of who signed it: SSL_CERT_FILE)",
        false => why,
    }
}

/// Connections, by TLS where that is wanted: then whom the machine trusts is read.
fn connector(is_secure: bool) -> std::io::Result<HttpsConnector<HttpConnector>> {
    let ring = rustls::crypto::ring::default_provider();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?;
    let builder = match is_secure {
        true => builder.with_native_roots()?,
        false => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(builder.with_no_client_auth())
        .https_or_http()
        .enable_http1()
        .build())
}

impl Jaeger {
    /// A client for the URL of a Jaeger's UI. Nothing is asked yet.
    ///
    /// # Errors
    /// If it is not such a URL.
    pub fn new(url: &str) -> Result<Self, JaegerError> {
        let bad = || JaegerError::Url { url: url.into() };
        let base = url.trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|_| bad())?;
        if !matches!(uri.scheme_str(), Some("http" | "https"))
            || uri.host().is_none_or(str::is_empty)
            || uri.query().is_some()
        {
            return Err(bad());
        }
        let is_secure = uri.scheme_str() == Some("https");
        let connector = connector(is_secure).map_err(|error| JaegerError::Untrusting {
            url: url.into(),
            why: error.to_string(),
        })?;
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            base: base.into(),
        })
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Names of the services that it knows.
    ///
    /// # Errors
    /// If Jaeger can't be reached, or answers something else.
    pub async fn services(&self) -> Result<Vec<String>, JaegerError> {
        const PATH: &str = "/api/v3/services";
        let json = self.json(PATH).await?;
        let json = json.ok_or_else(|| self.strange(format!("it has no {PATH}")))?;
        let all = json.get("services").and_then(|all| all.as_array());
        let names = all.into_iter().flatten().filter_map(|name| name.as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// The traces of a service, newest first; of all services, if none is named.
    ///
    /// # Errors
    /// See [`Jaeger::services`].
    pub async fn search(&self, search: &Search) -> Result<Vec<Trace>, JaegerError> {
        let known = self.services().await?;
        let services = match &search.service {
            Some(service) if known.contains(service) => vec![service.clone()],
            Some(service) => {
                return Err(JaegerError::Service {
                    base: self.base.clone(),
                    service: service.clone(),
                    known,
                });
            }
            None => known,
        };
        let mut traces = Vec::new();
        for service in services {
            let Some(json) = self.json(&search.path(&service)).await? else {
                continue;
            };
            traces.append(&mut self.read(&json)?);
        }
        let mut traces = trace::merged(traces);
        traces.retain(|trace| search.matches(trace));
        traces.truncate(search.limit);
        Ok(traces)
    }

    /// One trace; none if Jaeger does not have it (yet).
    ///
    /// # Errors
    /// See [`Jaeger::services`].
    pub async fn trace(&self, id: TraceId) -> Result<Option<Trace>, JaegerError> {
        let path = format!("/api/v3/traces/{id}?rawTraces=true&raw_traces=true");
        let Some(json) = self.json(&path).await? else {
            return Ok(None);
        };
        Ok(self.read(&json)?.into_iter().find(|trace| trace.id == id))
    }

    /// One trace, when all of its cycles are there: Jaeger takes a moment to store what it was sent. After `patience` it is
    /// given as it is.
    ///
    /// # Errors
    /// See [`Jaeger::services`].
    pub async fn whole_trace(
        &self,
        id: TraceId,
        patience: Duration,
    ) -> Result<Option<Trace>, JaegerError> {
        const PAUSE: Duration = Duration::from_millis(100);
        let deadline = tokio::time::Instant::now() + patience;
        let mut is_known = false;
        loop {
            let trace = self.trace(id).await?;
            let whole = trace
                .as_ref()
                .is_some_and(|trace| !trace.may_be_incomplete());
            if trace.is_none() && !is_known {
                // Whoever is no Jaeger has no trace either.
                self.services().await?;
                is_known = true;
            }
            if whole || tokio::time::Instant::now() >= deadline {
                return Ok(trace);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn read(&self, json: &serde_json::Value) -> Result<Vec<Trace>, JaegerError> {
        let batches = spans::from_json(json).map_err(|error| self.strange(error.to_string()))?;
        Ok(trace::grouped(batches))
    }

    fn strange(&self, why: String) -> JaegerError {
        JaegerError::Strange {
            base: self.base.clone(),
            why,
        }
    }

    /// The answer to a question; none if there is nothing.
    async fn json(&self, path: &str) -> Result<Option<serde_json::Value>, JaegerError> {
        let asked = tokio::time::timeout(PATIENCE, self.ask(path)).await;
        let unreachable = |why: String| JaegerError::Unreachable {
            base: self.base.clone(),
            why,
        };
        let response = asked
            .map_err(|_| unreachable(format!("no answer within {PATIENCE:?}")))?
            .map_err(unreachable)?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let body = response.body();
        if status != StatusCode::OK {
            let said = String::from_utf8_lossy(&body[..body.len().min(300)])
                .trim()
                .to_owned();
            return Err(JaegerError::Refused {
                base: self.base.clone(),
                status,
                said,
            });
        }
        // A path that it does not know it answers with its UI, and 200.
        let json = serde_json::from_slice(body);
        json.map(Some)
            .map_err(|_| self.strange("its answer is no JSON".into()))
    }

    async fn ask(&self, path: &str) -> Result<Response<Bytes>, String> {
        let request = Request::get(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json")
            .body(Empty::new());
        let request = request.map_err(|error| error.to_string())?;
        let response = self
            .http
            .request(request)
            .await
            .map_err(|error| unreached(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| format!("its answer breaks off: {error}"))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}
