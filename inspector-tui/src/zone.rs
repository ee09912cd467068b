//! Times of day as they are where the UI is looked at.

use jiff::{Timestamp, tz::TimeZone};

/// A time zone; UTC by default.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// That of this machine, or what `TZ` names.
    pub fn here() -> Self {
        Self(TimeZone::system())
    }

    /// The time of day of so many microseconds since the Unix epoch: `12:01:07.411`.
    pub fn clock(&self, unix_us: u64) -> String {
        let us = i64::try_from(unix_us).unwrap_or(i64::MAX);
        let time = Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX);
        time.to_zoned_datetime(self.0.clone())
            .strftime("%H:%M:%S.%3f")
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::offset;

    #[test]
    fn a_time_of_day_is_that_of_the_zone() {
        let at = 1_763_726_467_411_999;
        let zone = Zone(TimeZone::fixed(offset(-5)));
        assert_eq!(Zone::default().clock(at), "12:01:07.411");
        assert_eq!(zone.clock(at), "07:01:07.411");
        assert_eq!(zone.clock(0), "19:00:00.000");
        assert_eq!(zone.clock(u64::MAX).len(), 12, "no time at all");
    }
}
