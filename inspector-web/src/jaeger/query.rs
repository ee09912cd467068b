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
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:09}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since.subsec_nanos()
    )
}

/// Year, month and day of a number of days since 1970. Years are counted from March here, so that the leap day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_has_it() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000000Z"),
            (1_764_000_000, "2025-11-24T16:00:00.000000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

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
