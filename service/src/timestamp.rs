// SPDX-License-Identifier: GPL-2.0-or-later

//! Points in time in the format of the interface.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

/// A point in time, shown as RFC 3339 in UTC with milliseconds: `2026-06-06T00:00:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The present moment of the system clock.
    #[must_use]
    pub fn now() -> Self {
        Self(OffsetDateTime::now_utc())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, second, millisecond) = self.0.to_hms_milli();
        let month = u8::from(month);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_z() {
        for (nanoseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_780_704_000_000_000_000, "2026-06-06T00:00:00.000Z"),
            (1_780_704_000_007_999_999, "2026-06-06T00:00:00.007Z"),
        ] {
            let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).expect("in range");
            assert_eq!(Timestamp(time).to_string(), text);
        }
    }
}
