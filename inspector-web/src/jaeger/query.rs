//! Questions to Jaeger.

use super::Trace;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Which traces are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Of this service; none: of every one that Jaeger knows.
    pub service: Option<String>,
    /// Begun at most so long ago.
    pub since: Duration,
    /// So many at most, the newest.
    pub limit: usize,
    /// With spans that have these attributes, as text.
    pub attributes: Vec<(String, String)>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            service: None,
            since: Duration::from_secs(3600),
            limit: 200,
            attributes: Vec::new(),
        }
    }
}

impl Search {
    /// The question, in both dialects: each passes over what it does not know.
    pub(super) fn path(&self, service: &str) -> String {
        let now = SystemTime::now();
        let (from, to) = (now.checked_sub(self.since), now + Duration::from_secs(60));
        let from = rfc3339(from.unwrap_or(UNIX_EPOCH));
        let to = rfc3339(to);
        let limit = self.limit.to_string();
        let mut parts: Vec<(&str, &str)> = vec![
            ("query.service_name", service),
            ("query.serviceName", service),
            ("query.start_time_min", &from),
            ("query.startTimeMin", &from),
            ("query.start_time_max", &to),
            ("query.startTimeMax", &to),
            ("query.num_traces", &limit),
            ("query.search_depth", &limit),
            ("query.searchDepth", &limit),
            ("query.raw_traces", "true"),
            ("query.rawTraces", "true"),
        ];
        let attributes: serde_json::Map<_, _> = self
            .attributes
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        let attributes = serde_json::Value::Object(attributes).to_string();
        if !self.attributes.is_empty() {
            parts.push(("query.attributes", &attributes));
        }
        let escaped =
            |(name, value): &(&str, &str)| format!("{name}={}", crate::client::escape(value));
        let parts: Vec<_> = parts.iter().map(escaped).collect();
        format!("/api/v3/traces?{}", parts.join("&"))
    }

    /// Not every Jaeger looks at attributes, so they are looked at here too.
    pub(super) fn matches(&self, trace: &Trace) -> bool {
        self.attributes.iter().all(|(key, value)| {
            trace.spans().any(|span| {
                let found = span.attribute(key);
                found.is_some_and(|found| super::text::shown(found) == *value)
            })
        })
    }
}

/// A time as RFC 3339 has it, in UTC.
fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    crate::export::rfc3339(since.as_micros() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_are_spoken_and_values_are_escaped() {
        let search = Search {
            attributes: vec![("a&b".into(), "\"x\"".into())],
            ..Search::default()
        };
        let path = search.path("my shop");
        for part in [
            "query.service_name=my%20shop&",
            "query.serviceName=my%20shop&",
            "query.num_traces=200&",
            "query.attributes=%7B%22a%26b%22%3A%22%5C%22x%5C%22%22%7D",
        ] {
            assert!(path.contains(part), "{path}");
        }
    }
}
