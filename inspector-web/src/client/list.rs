//! Questions with a filter.

use super::{Client, ClientError, Event, escape, sse, timely};
use crate::model::{CyclePage, FilterHelp, KeyGroup, StackView};
use futures_util::Stream;

/// Which part of the list is wanted: see `GET /api/cycles` in docs/API.md.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List<'a> {
    /// How many cycles, 1 to 1,000; 100 where it is not said.
    pub limit: Option<usize>,
    /// Only those before this position.
    pub before: Option<u64>,
    /// Only those up to this position.
    pub until: Option<u64>,
    /// How many of the newest are left out.
    pub skip: u32,
    /// Only those of this run.
    pub run: Option<&'a str>,
    /// Only those that match: docs/FILTER.md.
    pub filter: &'a str,
}

impl Client {
    /// A page of the list, newest first.
    ///
    /// # Errors
    /// See [`Client::status`]; a filter that is not understood is refused, and the problem says where it is wrong.
    pub async fn list(&self, list: &List<'_>) -> Result<CyclePage, ClientError> {
        let number = |name, value: Option<u64>| value.map(|value| format!("{name}={value}"));
        let text =
            |name, value: Option<&str>| value.map(|value| format!("{name}={}", escape(value)));
        let parameters = [
            number("limit", list.limit.map(|limit| limit as u64)),
            number("before", list.before),
            number("until", list.until),
            number("skip", (list.skip > 0).then_some(list.skip.into())),
            text("run", list.run),
            text(
                "filter",
                Some(list.filter).filter(|filter| !filter.is_empty()),
            ),
        ];
        let parameters: Vec<_> = parameters.into_iter().flatten().collect();
        self.json(&format!("/api/cycles?{}", parameters.join("&")))
            .await
    }

    /// As [`Client::live`], only cycles that match.
    ///
    /// # Errors
    /// See [`Client::list`].
    pub async fn live_matching(
        &self,
        filter: &str,
        last_event_id: Option<u64>,
    ) -> Result<impl Stream<Item = Result<Event, ClientError>> + Send + Unpin + 'static, ClientError>
    {
        let path = format!("/api/live?filter={}", escape(filter));
        let response = timely(self.send(&path, last_event_id)).await?;
        Ok(sse::events(response.into_body()))
    }

    /// Whether a filter is understood, and what could be written at the cursor, which is counted in UTF-16 code units.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn filter(&self, text: &str, cursor: u32) -> Result<FilterHelp, ClientError> {
        let text = escape(text);
        self.json(&format!("/api/filter?q={text}&cursor={cursor}"))
            .await
    }

    /// The map of an app run with figures, of the cycles that match.
    ///
    /// # Errors
    /// See [`Client::list`].
    pub async fn map(&self, run: &str, filter: &str) -> Result<StackView, ClientError> {
        let (run, filter) = (escape(run), escape(filter));
        self.json(&format!("/api/apps/{run}/map?filter={filter}"))
            .await
    }

    /// The keys of both UIs.
    ///
    /// # Errors
    /// See [`Client::status`].
    pub async fn keys(&self) -> Result<Vec<KeyGroup>, ClientError> {
        self.json("/api/keys").await
    }
}
