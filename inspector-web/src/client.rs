//! The API from the other side: what a UI asks with.
//!
//! ```no_run
//! # async fn example() -> Result<(), onionskin_web::client::ClientError> {
//! let client = onionskin_web::Client::new("http://127.0.0.1:7335/#token=0123…")?;
//! let page = client.cycles(50, None, None).await?;
//! for line in page.cycles {
//!     println!("{} {:?}", line.cycle.method, line.cycle.status);
//! }
//! # Ok(())
//! # }
//! ```

pub(crate) mod error;
mod files;
mod list;
mod sse;

pub use error::ClientError;
pub use list::List;

use crate::{
    model::{
        App, BodyView, Comparison, CyclePage, CycleSpans, Insight, LiveEvent, Problem, RunInsights,
        Status, StepView, Timeline,
    },
    view::BodyOptions,
};
use bytes::Bytes;
use futures_util::Stream;
use http::{Request, Response, StatusCode, Uri, header, request::Builder};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::TokioExecutor,
};
use onionskin::{
    replay::Snapshot,
    wire::{Cycle, Stack},
};
use serde::de::DeserializeOwned;
use std::{fmt, time::Duration};

/// Longest answer that is taken.
const MAX_ANSWER: usize = 256 << 20;

/// How long an answer may take; live events are no answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection is kept that nothing is asked on. The inspector closes it after five seconds: a request that met
/// its closing would seem to find nobody there.
const IDLE: Duration = Duration::from_secs(2);

/// An event of `/api/live`, with its id if it has one: what to resume after.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Position of the cycle, or up to where figures tell all; other events have none.
    pub id: Option<u64>,
    /// What happened.
    pub event: LiveEvent,
}

/// Asks one inspector. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: String,
    token: String,
}

impl Client {
    /// A client for the URL that an inspector printed, the token in its fragment. Nothing is sent yet.
    ///
    /// # Errors
    /// If it is not such a URL.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let bad = || ClientError::Url;
        let (base, fragment) = url.split_once('#').ok_or_else(bad)?;
        let token = fragment.strip_prefix("token=").ok_or_else(bad)?;
        let base = base.trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|_| bad())?;
        if uri.scheme_str() != Some("http") || uri.authority().is_none() || uri.path() != "/" {
            return Err(bad());
        }
        let mut http = Http::builder(TokioExecutor::new());
        http.pool_idle_timeout(IDLE);
        Ok(Self {
            http: http.build_http(),
            base: base.into(),
            token: token.into(),
        })
    }

    /// The inspector itself.
    ///
    /// # Errors
    /// As for every question: if the inspector can't be reached, refuses, or answers something else.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.json("/api/status").await
    }

    /// Apps by name, each with its runs.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn apps(&self) -> Result<Vec<App>, ClientError> {
        self.json("/api/apps").await
    }

    /// The map of an app run.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn stack(&self, run: &str) -> Result<Stack, ClientError> {
        self.json(&format!("/api/apps/{}/stack", escape(run))).await
    }

    /// Up to `limit` cycles (1 to 1,000), newest first: those before a position, and of one run, if wanted.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn cycles(
        &self,
        limit: usize,
        before: Option<u64>,
        run: Option<&str>,
    ) -> Result<CyclePage, ClientError> {
        let limit = Some(limit);
        self.list(&List {
            limit,
            before,
            run,
            ..List::default()
        })
        .await
    }

    /// A cycle, whole.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn cycle(&self, id: &str) -> Result<Cycle, ClientError> {
        self.json(&format!("/api/cycles/{}", escape(id))).await
    }

    /// Request and response as they stood right after a step.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn snapshot(&self, id: &str, step: u32) -> Result<Snapshot, ClientError> {
        self.json(&format!("/api/cycles/{}/steps/{step}", escape(id)))
            .await
    }

    /// A cycle as rows, steps and marks.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn timeline(&self, id: &str) -> Result<Timeline, ClientError> {
        self.json(&format!("/api/cycles/{}/timeline", escape(id)))
            .await
    }

    /// Request and response as they stood right after a step, line by line, with who set what.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn step(&self, id: &str, step: u32) -> Result<StepView, ClientError> {
        self.json(&format!("/api/cycles/{}/steps/{step}/view", escape(id)))
            .await
    }

    /// What was kept of a body.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn body(&self, id: &str, number: usize) -> Result<Bytes, ClientError> {
        self.bytes(&format!("/api/cycles/{}/bodies/{number}", escape(id)))
            .await
    }

    /// What a reviewer would remark on a cycle.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn insights(&self, id: &str) -> Result<Vec<Insight>, ClientError> {
        self.json(&format!("/api/cycles/{}/insights", escape(id)))
            .await
    }

    /// What a reviewer would remark on an app run, over the cycles that match.
    ///
    /// # Errors
    /// See [`Client::list`].
    pub async fn run_insights(&self, run: &str, filter: &str) -> Result<RunInsights, ClientError> {
        let (run, filter) = (escape(run), escape(filter));
        self.json(&format!("/api/apps/{run}/insights?filter={filter}"))
            .await
    }

    /// What other services did in the trace of a cycle.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn spans(&self, id: &str) -> Result<CycleSpans, ClientError> {
        self.json(&format!("/api/cycles/{}/spans", escape(id)))
            .await
    }

    /// Two cycles, aligned by layer.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn compare(&self, a: &str, b: &str) -> Result<Comparison, ClientError> {
        self.json(&format!("/api/compare?a={}&b={}", escape(a), escape(b)))
            .await
    }

    /// A body, decoded and taken apart.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn body_view(
        &self,
        id: &str,
        number: usize,
        options: BodyOptions,
    ) -> Result<BodyView, ClientError> {
        let encoded = u8::from(options.encoded);
        let mut path = format!(
            "/api/cycles/{}/bodies/{number}/view?encoded={encoded}",
            escape(id)
        );
        if let Some(kind) = options.kind {
            path += &format!("&as={}", kind.as_str());
        }
        if let Some(against) = options.against {
            path += &format!("&against={against}");
        }
        self.json(&path).await
    }

    /// Events as they happen, those after an event id first. The stream ends when the connection does; call again with
    /// the id of the last event to go on.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn live(
        &self,
        last_event_id: Option<u64>,
    ) -> Result<impl Stream<Item = Result<Event, ClientError>> + Send + Unpin + 'static, ClientError>
    {
        let request = self.send("/api/live", last_event_id);
        let response = timely(request).await?;
        Ok(sse::events(response.into_body()))
    }

    async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let bytes = self.bytes(path).await?;
        serde_json::from_slice(&bytes).map_err(ClientError::Json)
    }

    async fn bytes(&self, path: &str) -> Result<Bytes, ClientError> {
        timely(async { collect(self.send(path, None).await?).await }).await
    }

    async fn send(&self, path: &str, last: Option<u64>) -> Result<Response<Incoming>, ClientError> {
        let mut request = Request::get(format!("{}{path}", self.base));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        self.ask(request, Bytes::new()).await
    }

    /// Sends a request with the token.
    async fn ask(&self, request: Builder, body: Bytes) -> Result<Response<Incoming>, ClientError> {
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let request = request
            .body(Full::new(body))
            .map_err(|_| ClientError::Url)?;
        let response = self.http.request(request).await;
        let response = response.map_err(|source| ClientError::Unreachable {
            url: self.base.clone(),
            source: source.into(),
        })?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let status = response.status();
        let problem = collect(response).await.unwrap_or_default();
        Err(ClientError::Refused(
            serde_json::from_slice(&problem).unwrap_or_else(|_| Problem {
                kind: "about:blank".into(),
                title: status.canonical_reason().unwrap_or("refused").into(),
                status: status.as_u16(),
                detail: "The inspector gave no reason.".into(),
                at: None,
                len: None,
            }),
        ))
    }
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, ClientError> {
    let body = Limited::new(response.into_body(), MAX_ANSWER);
    let collected = body.collect().await.map_err(ClientError::Broken)?;
    Ok(collected.to_bytes())
}

async fn timely<T>(answer: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    let timeout = tokio::time::timeout(PATIENCE, answer).await;
    timeout.unwrap_or(Err(ClientError::TooSlow(PATIENCE)))
}

/// Text as one segment of a path or one value of a query.
pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_with_a_token_are_taken() {
        let client = Client::new("http://127.0.0.1:7335/#token=abc").unwrap();
        assert_eq!(
            (&*client.base, &*client.token),
            ("http://127.0.0.1:7335", "abc")
        );
        assert!(!format!("{client:?}").contains("abc"));
        for bad in [
            "",
            "http://127.0.0.1:7335/",
            "https://127.0.0.1:7335/#token=abc",
            "http://127.0.0.1:7335/x#token=abc",
            "127.0.0.1:7335#token=abc",
        ] {
            assert!(matches!(Client::new(bad), Err(ClientError::Url)), "{bad}");
        }
        assert_eq!(escape("a/b c-1"), "a%2Fb%20c-1");
    }
}
