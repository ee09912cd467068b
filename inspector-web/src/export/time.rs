//! Dates as RFC 3339 has them.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// So many microseconds since the Unix epoch; the largest that a calendar has for a figure beyond it.
pub(crate) fn rfc3339(unix_us: u64) -> String {
    let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_us) * 1000);
    let date = date.unwrap_or(time::PrimitiveDateTime::MAX.assume_utc());
    date.format(&Rfc3339).expect("years have four digits")
}

/// The other way. None for what is no date and time with a zone, or lies before 1970.
pub(super) fn parse_rfc3339(text: &str) -> Option<u64> {
    let date = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(date.unix_timestamp_nanos() / 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_lead_back() {
        for us in [0, 1, 951_782_400_000_000, 1_763_726_467_411_999] {
            assert_eq!(parse_rfc3339(&rfc3339(us)), Some(us));
        }
        assert_eq!(
            rfc3339(1_763_726_467_411_999),
            "2025-11-21T12:01:07.411999Z"
        );
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert!(rfc3339(u64::MAX).starts_with("9999-12-31"));
        assert_eq!(
            parse_rfc3339("2025-11-21T13:01:07+01:00"),
            parse_rfc3339("2025-11-21T12:01:07Z")
        );
        for text in ["", "2025-11-21", "1969-12-31T23:59:59Z"] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
